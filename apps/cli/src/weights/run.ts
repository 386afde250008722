/** The job from data to results: each stage adds to the results, so that an interrupted run still has a report. */
import { key as keyOf, scoped } from '@bdl/core'
import { Interrupted } from '../stages.js'
import type { Run } from './stages/context.js'
import { weights } from './stages/density-stages.js'
import { generators } from './stages/generator-stages.js'
import { canonical, posterior } from './stages/posterior-stages.js'

/** Runs every stage; returns early, with what there is, when the signal fires. */
export const runJob = async (options: Omit<Run, 'root'>): Promise<void> => {
  const run: Run = { ...options, root: scoped(() => keyOf(options.settings.seed)) }
  try {
    const hmc = await posterior(run)
    const forms = await canonical(run, hmc)
    const arms = await generators(run, hmc, forms)
    await weights(run, forms, hmc, arms)
    run.results.isComplete = true
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error
  }
}
