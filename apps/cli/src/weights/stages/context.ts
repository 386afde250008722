/** What every stage has: the run and a bar. */
import { evaluate } from '../evaluate.js'
import type { Key } from '@bdl/core'
import type { MlpParams } from '@bdl/nn'
import type { Stage } from '../../progress.js'
import type { Watched } from '../../stages.js'
import type { GenerateOptions } from '../fields/generate.js'
import type { Watch } from '../job.js'
import { stageKey } from '../posterior.js'
import type { Problem } from '../problem.js'
import type { Results } from '../results.js'
import type { Settings } from '../settings.js'

export interface Run extends Watched {
  readonly problem: Problem
  readonly settings: Settings
  readonly results: Results
  readonly root: Key
}

export const watch = (run: Run, stage: Stage): Watch => ({
  signal: run.signal,
  onProgress: ({ done, total }) => stage.update(done, total)
})

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

/** Scores a stack of networks as a method of the report. */
export const addMethod = async (run: Run, name: string, positions: MlpParams): Promise<string> => {
  const evaluation = await evaluate(run.problem, positions, run.settings.averaged)
  run.results.methods.push({ name, evaluation })
  const { accuracy, nll } = evaluation.scores
  return `accuracy ${percent(accuracy)}, NLL ${nll.toFixed(3)}`
}

/** How generated networks are drawn, by the number of the stage that draws them. */
export const generation = (run: Run, stage: Stage, stageNumber: number): GenerateOptions => ({
  ...watch(run, stage),
  key: stageKey(run.root, stageNumber),
  count: run.settings.flow.generated,
  dim: run.problem.dim,
  sourceScale: run.problem.priorScale,
  steps: run.settings.flow.sampleSteps
})
