/**
 * Flow matching: a velocity field is regressed on the velocities of paths from source to data, so training needs no solver,
 * and the trained field carries the source to the data.
 */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, scoped, split, uniform, type Key, type Learnable, type Tree } from '@bdl/core'
import type { Distribution } from '@bdl/distributions'
import type { Velocity } from '../continuous/velocity.js'
import type { Pairing } from './pairing.js'
import { samplePath, type OfTime, type PathSample, type ProbabilityPath } from './path.js'
import { linearPath } from './paths.js'

/**
 * A point of the straight path between given ends, with Gaussian width sigmaMin: x = (1 - t) x0 + t x1 + sigmaMin e, velocity
 * x1 - x0. t [n], x0 and x1 [n, d]. `samplePath` of `linearPath`.
 * @source Tong et al. 2023, arXiv:2302.00482
 */
export const conditionalPath = (sigmaMin = 0): ((key: Key, t: tf.Tensor, x0: tf.Tensor, x1: tf.Tensor) => PathSample) =>
  samplePath(linearPath({ width: sigmaMin }))

/** What any flow-matching loss chooses, whether or not its field has a context. */
export interface MatchingOptions {
  /** Default `linearPath({ width: 1e-4 })`. */
  readonly path?: ProbabilityPath
  /** Distribution at time 0, event shape [d]; default that of the path. */
  readonly source?: Distribution
  /** Times to train at, [n], within the path's; default uniform. */
  readonly times?: (key: Key, n: number) => tf.Tensor
  /** Of the squared error at each time; default one. */
  readonly weight?: OfTime
  /** Which source goes with which row of the data; default as drawn, which is independent. */
  readonly pair?: Pairing
}

export interface FlowMatchingOptions<P extends Tree> extends MatchingOptions {
  readonly field: Learnable<P, Velocity>
  /** Width of the linear path, in units of the data, instead of a `path`. */
  readonly sigmaMin?: number
  /**
   * Any joint draw of sources and data, [n, d] each, whose marginals stay the source and the data, instead of a `pair`.
   */
  readonly couple?: (x0: tf.Tensor, x1: tf.Tensor, key: Key) => readonly [x0: tf.Tensor, x1: tf.Tensor]
}

const refuseBoth = (fn: string, one: string, other: string): never => {
  throw new BdlError({
    code: 'InvalidArgument',
    fn,
    argument: one,
    expected: `${one} or ${other}, not both`,
    got: 'both'
  })
}

/** Rows of a batch [n, d], and d. */
const sizeOf = (fn: string, batch: tf.Tensor, source: Distribution | undefined): readonly [n: number, d: number] => {
  const [n, d] = batch.shape
  const given = source?.eventShape ?? [d]
  if (batch.rank === 2 && n !== undefined && d !== undefined && given.length === 1 && given[0] === d) return [n, d]
  throw new BdlError({
    code: 'ShapeMismatch',
    fn,
    argument: 'batch',
    expected: source === undefined ? 'shape [n, d]' : `shape [n, ${given.join(', ')}], the events of the source`,
    got: `[${batch.shape.join(', ')}]`
  })
}

/** Uniform over the times of a path. */
const uniformTimes =
  ({ times: [first, last] }: ProbabilityPath) =>
  (key: Key, n: number): tf.Tensor =>
    uniform(key, [n], { minval: first, maxval: last })

/** Regression points of a batch: times [n], positions and velocities [n, d]; `couple` sees ends and a key of its own. */
export const matchingPoints = (
  fn: string,
  options: MatchingOptions,
  batch: tf.Tensor,
  key: Key,
  couple: FlowMatchingOptions<Tree>['couple']
): PathSample & { readonly t: tf.Tensor } => {
  const { path = linearPath({ width: 1e-4 }), source, times = uniformTimes(path) } = options
  const [n, d] = sizeOf(fn, batch, source)
  const [sourceKey, timeKey, pathKey] = split(key, 3)
  const drawn = (source ?? path.source(d)).sample(sourceKey, [n])
  const t = times(timeKey, n)
  if (couple === undefined) return { ...samplePath(path)(pathKey, t, drawn, batch), t }
  const [noiseKey, coupleKey] = split(pathKey)
  const [x0, x1] = couple(drawn, batch, coupleKey)
  return { ...samplePath(path)(noiseKey, t, x0, x1), t }
}

/** Squared errors of rows, per entry, weighted by time: [n]. */
export const matchingErrors = (
  velocity: Velocity,
  { t, x, velocity: target }: PathSample & { readonly t: tf.Tensor },
  weight: OfTime | undefined
): tf.Tensor => {
  const errors = tf.mean(tf.square(tf.sub(velocity(t, x), target)), -1)
  return weight === undefined ? errors : tf.mul(errors, weight(t))
}

/**
 * The flow-matching loss of a batch x1 [n, d]: E weight(t) |v(t, x_t) - d x_t / dt|^2 / d, scalar, over times, sources and
 * the path's noise. The shape that `trainSteps` takes.
 *
 * @error InvalidArgument for both `path` and `sigmaMin`, or both `pair` and `couple`; ShapeMismatch if the batch is not
 *   [n, d] with the source's d
 * @source Lipman et al. 2022, arXiv:2210.02747; Albergo & Vanden-Eijnden 2022, arXiv:2209.15571; Liu et al. 2022, arXiv:2209.03003
 * @example
 * const loss = flowMatching({ field, source: standardNormal(2) })
 * const trainer = trainSteps({ loss, optimiser: adam({ learningRate: 1e-3 }), steps: 100, batchSize: 128 })
 */
export const flowMatching = <P extends Tree>(options: FlowMatchingOptions<P>) => {
  const { field, path, sigmaMin, pair, weight } = options
  if (path && sigmaMin !== undefined) refuseBoth('flowMatching', 'path', 'sigmaMin')
  if (pair && options.couple) refuseBoth('flowMatching', 'pair', 'couple')
  const chosen = { ...options, path: path ?? linearPath({ width: sigmaMin ?? 1e-4 }) }
  const couple = pair
    ? (x0: tf.Tensor, x1: tf.Tensor, key: Key) => [tf.gather(x0, pair(x0, x1, key)), x1] as const
    : options.couple
  return (params: P, batch: tf.Tensor, key: Key): tf.Tensor =>
    scoped(() => {
      const points = matchingPoints('flowMatching', chosen, batch, key, couple)
      return tf.mean(matchingErrors(field.build(params), points, weight))
    })
}
