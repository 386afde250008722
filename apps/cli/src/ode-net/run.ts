/** The comparison: both networks trained as often, then one equation watched and solved to several tolerances. */
import * as tf from '@tensorflow/tfjs-core'
import { disposeTree, foldIn, key as keyOf } from '@bdl/core'
import type { Key, Learnable, Tree } from '@bdl/core'
import { Interrupted, staged } from '../stages.js'
import type { Watched } from '../stages.js'
import { atEulerSteps, atTolerance, evaluationCounter } from './effort.js'
import { odeNet, residualNet, toTolerance, weightCount } from './networks.js'
import type { Classify, OdeNetParams, Shape } from './networks.js'
import { emptyResults } from './results.js'
import type { Results } from './results.js'
import type { PartRows, Rows } from './rows.js'
import { train } from './train.js'
import type { TrainOptions } from './train.js'
import type { Settings } from './settings.js'

export interface Comparison extends Watched {
  readonly settings: Settings
  readonly shape: Shape
  readonly rows: PartRows
}

export const NAMES = { ode: 'ODE-Net', residual: 'residual network' } as const

const USE = { ode: 0, residual: 1 } as const

const trained = <P extends Tree>(
  comparison: Comparison,
  results: Results,
  part: {
    readonly name: string
    readonly net: Learnable<P, Classify>
    readonly key: Key
    readonly onCheck?: TrainOptions<P>['onCheck']
  }
): Promise<P> =>
  staged(comparison, `${part.name}, ${comparison.settings.runs} trainings`, async (stage) => {
    const begun = performance.now()
    const { settings, rows, signal } = comparison
    const onShare = (share: number): void => stage.update(share, 1)
    const { name, net, key, onCheck } = part
    const { runs, params } = await train({ net, rows, settings, key, signal, onShare, ...(onCheck && { onCheck }) })
    if (!signal.aborted)
      results.networks.push({ name, weights: weightCount(params), runs, seconds: (performance.now() - begun) / 1000 })
    const mean = runs.reduce((sum, { test }) => sum + test.accuracy, 0) / runs.length
    return [params, `test accuracy ${(100 * mean).toFixed(1)} %`]
  })

/** The first rows, as many as a batch. */
const firstBatch = ({ x, y }: Rows, size: number): Rows => {
  const [n, d] = x.shape as [number, number]
  const count = Math.min(size, n)
  return { x: tf.slice(x, [0, 0], [count, d]), y: tf.slice(y, [0], [count]) }
}

const trainedOdeNet = async (comparison: Comparison, results: Results, key: Key): Promise<OdeNetParams> => {
  const { settings, shape, rows } = comparison
  const batch = firstBatch(rows.train, settings.batchSize)
  const counter = evaluationCounter(settings, batch, settings.watchTolerance)
  try {
    return await trained(comparison, results, {
      name: NAMES.ode,
      net: odeNet(shape, settings, toTolerance(settings.tolerance)),
      key,
      // Before the first step the field is zero, and there is nothing to solve.
      onCheck: async (step, params) =>
        void (step > 0 && results.efforts.push({ step, ...(await counter.count(params)) }))
    })
  } finally {
    await counter.dispose()
    disposeTree(batch)
  }
}

const sweep = (comparison: Comparison, results: Results, params: OdeNetParams): Promise<undefined> =>
  staged(comparison, 'tolerances and steps', async (stage) => {
    const { settings, shape, rows, signal } = comparison
    const { tolerances, eulerSteps } = settings
    const subject = { shape, settings, params, rows: rows.test }
    const tell = (): void =>
      stage.update(results.tolerances.length + results.eulers.length, tolerances.length + eulerSteps.length)
    for (const tolerance of tolerances) {
      if (signal.aborted) break
      results.tolerances.push(await atTolerance(subject, tolerance))
      tell()
    }
    for (const steps of eulerSteps) {
      if (signal.aborted) break
      results.eulers.push(await atEulerSteps(subject, steps))
      tell()
    }
    return [undefined, `${results.tolerances.length} tolerances, ${results.eulers.length} numbers of steps`]
  })

/** Results, or what was found of them when the signal fired. */
export const compareNetworks = async (comparison: Comparison): Promise<Results> => {
  const { settings, shape } = comparison
  const results = emptyResults()
  const root = keyOf(settings.seed)
  const [keyOde, keyResidual] = [foldIn(root, USE.ode), foldIn(root, USE.residual)]
  try {
    const params = await trainedOdeNet(comparison, results, keyOde)
    const net = residualNet(shape, settings)
    disposeTree(await trained(comparison, results, { name: NAMES.residual, net, key: keyResidual }))
    await sweep(comparison, results, params)
    disposeTree(params)
    results.isComplete = true
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error
  } finally {
    disposeTree([root, keyOde, keyResidual])
  }
  return results
}
