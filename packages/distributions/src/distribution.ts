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

/**
 * A function of values, [...S, ...B, ...E] -> [...S, ...B]. Of no values it is nothing, said here once: TensorFlow.js
 * broadcasts a number to [1] where there is a tensor of shape [0].
 */
const ofValues = <T extends Tree>(
  f: (value: T) => tf.Tensor,
  batchShape: readonly number[],
  eventRank: number
): ((value: T) => tf.Tensor) =>
  tidied((value: T) => {
    if (!isTensor(value)) return f(value)
    const lead = value.shape.slice(0, value.rank - eventRank)
    const shape = lead.includes(0) && tf.broadcast_util.assertAndGetBroadcastShape(lead, [...batchShape])
    return shape === false ? f(value) : tf.zeros(shape)
  })

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
    ...(mean && { mean: tidied(mean) }),
    ...(variance && { variance: tidied(variance) }),
    ...(mode && { mode: tidied(mode) }),
    ...(covariance && { covariance: tidied(covariance) }),
    ...(entropy && { entropy: tidied(entropy) }),
    ...(cdf && { cdf: ofValues(cdf, batchShape, eventShape.length) }),
    ...(icdf && { icdf: tidied(icdf) })
  })
}
