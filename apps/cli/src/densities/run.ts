/** The comparison: every model on every set. A model whose sets are not all done when the user stops is left out. */
import { key as keyOf, scoped, type Key } from '@bdl/core'
import type { ToyDataset } from '@bdl/flows/toy'
import { Interrupted, staged, type Watched } from '../stages.js'
import { childKey, evaluate, problemOf, truth, type Problem } from './evaluate.js'
import type { DensityModel } from './models/model.js'
import { emptyResults, type Evaluation, type Results } from './results.js'
import type { Settings } from './settings.js'

export interface Comparison extends Watched {
  readonly settings: Settings
  readonly sets: readonly ToyDataset[]
  readonly models: readonly DensityModel[]
}

/** Children of the root key: by what they are for, then by set, so that leaving sets or models out changes no number. */
const USE = { data: 0, truth: 1, model: 2 } as const
const PER_SET = { fit: 0, draw: 1 } as const

/** A number for a name, the same wherever it stands in a list: FNV-1a, 31 bits. */
const numberOf = (name: string): number =>
  Array.from(name).reduce((h, c) => Math.imul(h ^ (c.codePointAt(0) ?? 0), 16777619), 2166136261) >>> 1

const drawProblems = async (run: Comparison, root: Key, results: Results): Promise<readonly Problem[]> =>
  staged(run, 'data sets', async (stage) => {
    const problems: Problem[] = []
    for (const set of run.sets) {
      const problem = await problemOf(childKey(root, USE.data, numberOf(set.name)), set, run.settings)
      const evaluation = await truth(childKey(root, USE.truth, numberOf(set.name)), problem, run.settings)
      results.sets.push({ name: set.name, title: set.title, window: set.window, truth: evaluation })
      problems.push(problem)
      stage.update(problems.length, run.sets.length)
    }
    return [problems, `${problems.length} of ${run.settings.train.toLocaleString('en-US')} points`]
  })

const runModel = async (
  run: Comparison,
  root: Key,
  problems: readonly Problem[],
  model: DensityModel,
  results: Results
) =>
  staged(run, model.title, async (stage) => {
    const begun = performance.now()
    const prepared = model.prepare(run.settings)
    const evaluations = new Map<string, Evaluation>()
    try {
      for (const [i, problem] of problems.entries()) {
        const key = childKey(root, USE.model, numberOf(model.name), numberOf(problem.set.name))
        const onShare = (share: number): void => stage.update(i + 0.9 * share, problems.length)
        const fitted = await prepared.fit(childKey(key, PER_SET.fit), problem.train, { signal: run.signal, onShare })
        evaluations.set(problem.set.name, await evaluate(childKey(key, PER_SET.draw), fitted, problem, run.settings))
        fitted.dispose()
        stage.update(i + 1, problems.length)
        if (run.signal.aborted) break
      }
    } finally {
      await prepared.dispose()
    }
    if (evaluations.size === problems.length) {
      const seconds = (performance.now() - begun) / 1000
      results.models.push({ name: model.name, title: model.title, evaluations, seconds })
    }
    const scores = [...evaluations.values()].map(({ score }) => score.mean)
    return [undefined, `mean log-likelihood ${(scores.reduce((a, b) => a + b, 0) / scores.length).toFixed(3)}`]
  })

/** Results of all models, or of those that were done when the signal fired. */
export const compareDensities = async (run: Comparison): Promise<Results> => {
  const results = emptyResults()
  const root = scoped(() => keyOf(run.settings.seed))
  try {
    const problems = await drawProblems(run, root, results)
    for (const model of run.models) await runModel(run, root, problems, model, results)
    results.isComplete = true
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error
  }
  return results
}
