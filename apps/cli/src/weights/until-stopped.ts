/** The job with a signal: what a stage left half done when the signal fired is not a result, and is taken back. */
import type { Reporter } from '../progress.js'
import type { Problem } from './problem.js'
import { emptyResults } from './results.js'
import type { Results } from './results.js'
import { runJob } from './run.js'
import type { Settings } from './settings.js'

export interface JobOptions {
  readonly problem: Problem
  readonly settings: Settings
  readonly reporter: Reporter
  readonly signal: AbortSignal
}

/** A copy that later stages do not add to. */
const copyOf = (results: Results): Results => ({
  ...results,
  methods: [...results.methods],
  convergence: [...results.convergence],
  arms: [...results.arms],
  importance: [...results.importance],
  repairs: [...results.repairs],
  timings: [...results.timings]
})

/** Results of all stages, or of those that ended before the signal fired. */
export const runUntilStopped = async (options: JobOptions): Promise<Results> => {
  const { reporter, signal } = options
  const results = emptyResults()
  let finished = copyOf(results)
  const stage: Reporter['stage'] = (name) => {
    finished = copyOf(results)
    return reporter.stage(name)
  }
  try {
    await runJob({ ...options, results, reporter: { ...reporter, stage } })
  } catch (error) {
    // a stage cut short may have nothing to go on with: no draws, no networks
    if (!signal.aborted) throw error
  }
  return results.isComplete ? results : finished
}
