/**
 * A probability distribution over tensors or trees, as a frozen record of functions.
 *
 * Shapes read [...S, ...B, ...E]: sample, batch, event. `sampleAndLogProb` is the primitive: where a transformation
 * saturates in float32, the pair stays right when `logProb(sample(key))` does not. Laws (public as `distributionLaws`): the
 * pair's log-probability is that of its value; shapes; moments of the draws are the stated ones.
 */
import * as tf from '@tensorflow/tfjs-core'
import { isTensor, scoped, type Key, type Tree } from '@bdl/core'
import type { Constraint } from './constraint.js'

export interface Distribution<T extends Tree = tf.Tensor> {
  readonly name: string
  readonly batchShape: readonly number[]
  /** Of a tree: the shape [n] of its raveled vector. */
  readonly eventShape: readonly number[]
  readonly support: Constraint
  /** Whether draws are differentiable in the parameters (by a transformation of noise, or implicitly). */
  readonly isReparameterised: boolean
  /** An angle: `mean` is a direction, `variance` is 1 - E cos(x - mean). */
  readonly isCircular?: boolean
  /** Uses the key up. Leaves are [...sampleShape, ...B, ...E]; default one draw. */
  readonly sample: (key: Key, sampleShape?: readonly number[]) => T
  /** [...S, ...B, ...E] -> [...S, ...B], in nats; -inf outside the support. */
  readonly logProb: (value: T) => tf.Tensor
  readonly sampleAndLogProb: (key: Key, sampleShape?: readonly number[]) => readonly [value: T, logProb: tf.Tensor]
  /** [...B, ...E] each, where they exist. */
  readonly mean?: () => T
  readonly variance?: () => T
  readonly mode?: () => T
  /** [...B, n, n], of events that are vectors of n. */
  readonly covariance?: () => tf.Tensor
  /** [...B], in nats. */
  readonly entropy?: () => tf.Tensor
  /** [...S, ...B, ...E] -> [...S, ...B], P(X <= value): of vectors, that no entry exceeds its bound. */
  readonly cdf?: (value: T) => tf.Tensor
  /** For scalar events: the least value whose distribution function reaches p; +-inf or the support's ends at 0 and 1. */
  readonly icdf?: (p: tf.Tensor) => T
}

/** Any distribution, over tensors or trees: what it draws is a tree, what it scores is its own business. */
export interface AnyDistribution extends Pick<
  Distribution,
  'name' | 'batchShape' | 'eventShape' | 'support' | 'isReparameterised' | 'entropy'
> {
  readonly logProb: (value: never) => tf.Tensor
  readonly sample: (key: Key, sampleShape?: readonly number[]) => Tree
  readonly sampleAndLogProb: (key: Key, sampleShape?: readonly number[]) => readonly [value: Tree, logProb: tf.Tensor]
  readonly mean?: () => Tree
  readonly variance?: () => Tree
  readonly mode?: () => Tree
}

/** What an author writes: all but `sample`, which is derived unless it is cheaper alone. */
export type DistributionSpec<T extends Tree> = Omit<Distribution<T>, 'sample' | 'sampleAndLogProb'> & {
  readonly sample?: (key: Key, sampleShape: readonly number[]) => T
  readonly sampleAndLogProb: (key: Key, sampleShape: readonly number[]) => readonly [value: T, logProb: tf.Tensor]
}

const tidied =
  <A extends readonly unknown[], R>(f: (...args: A) => R) =>
  (...args: A): R =>
    scoped(() => f(...args))

/** The shape that two broadcast to, if it has no entries: TensorFlow.js makes [1] of a number and a tensor of shape [0]. */
const noneOf = (lead: readonly number[], batchShape: readonly number[]): readonly number[] | undefined =>
  lead.includes(0) || batchShape.includes(0)
    ? tf.broadcast_util.assertAndGetBroadcastShape([...lead], [...batchShape])
    : undefined

/** A function of values, [...S, ...B, ...E] -> [...S, ...B]. Of no values it is nothing, said here once for every family. */
const ofValues = <T extends Tree>(
  f: (value: T) => tf.Tensor,
  batchShape: readonly number[],
  eventRank: number
): ((value: T) => tf.Tensor) =>
  tidied((value: T) => {
    const none = isTensor(value) ? noneOf(value.shape.slice(0, value.rank - eventRank), batchShape) : undefined
    return none === undefined ? f(value) : tf.zeros([...none])
  })

/** What a function gives, in the shape that nothing of its kind has. */
const asNone = <T extends Tree>(x: T, shape: readonly number[] | undefined): T =>
  shape === undefined || !isTensor(x) ? x : (tf.zeros([...shape], x.dtype) as tf.Tensor & T)

/** A function of the parameters alone, [...B, ...tail]. */
const ofBatch = <T extends Tree>(f: () => T, batchShape: readonly number[], tail: readonly number[]): (() => T) =>
  tidied(() => asNone(f(), batchShape.includes(0) ? [...batchShape, ...tail] : undefined))

/** Quantiles: scalar events of chances [...S, ...B]. */
const ofChances = <T extends Tree>(f: (p: tf.Tensor) => T, batchShape: readonly number[]): ((p: tf.Tensor) => T) =>
  tidied((p: tf.Tensor) => asNone(f(p), noneOf(p.shape, batchShape)))

/**
 * Every distribution is made here: intermediates are released, `sample` is derived. Extra fields (parameters that `kl`
 * reads, say) are kept.
 */
export const distribution = <T extends Tree, Extra extends object = object>(
  spec: DistributionSpec<T> & Extra
): Distribution<T> & Extra => {
  const { sample, sampleAndLogProb, logProb, mean, variance, mode, covariance, entropy, cdf, icdf } = spec
  const { batchShape, eventShape } = spec
  return Object.freeze({
    ...spec,
    logProb: ofValues(logProb, batchShape, eventShape.length),
    sampleAndLogProb: (key: Key, sampleShape: readonly number[] = []) =>
      scoped(() => sampleAndLogProb(key, sampleShape)),
    sample: (key: Key, sampleShape: readonly number[] = []) =>
      scoped(() => (sample === undefined ? sampleAndLogProb(key, sampleShape)[0] : sample(key, sampleShape))),
    ...(mean && { mean: ofBatch(mean, batchShape, eventShape) }),
    ...(variance && { variance: ofBatch(variance, batchShape, eventShape) }),
    ...(mode && { mode: ofBatch(mode, batchShape, eventShape) }),
    ...(covariance && { covariance: ofBatch(covariance, batchShape, [...eventShape, ...eventShape.slice(-1)]) }),
    ...(entropy && { entropy: ofBatch(entropy, batchShape, []) }),
    ...(cdf && { cdf: ofValues(cdf, batchShape, eventShape.length) }),
    ...(icdf && { icdf: ofChances(icdf, batchShape) })
  })
}
