// Mixtures of one family: the components are the last batch axis of a distribution.
import * as tf from '@tensorflow/tfjs-core'
import { stopGradient } from '@bdl/compiler'
import { BdlError, categorical as drawIndex, logsumexp, split } from '@bdl/core'
import { constraint, type Constraint } from '../constraint.js'
import { expectWeights, logProbsOf, probsOf, type ClassWeights } from '../discrete/weights.js'
import { oneHotVectors } from '../discrete/values.js'
import { distribution, type Distribution } from '../distribution.js'
import { following } from './newton.js'

export interface Mixture extends Distribution {
  readonly weights: ClassWeights
  readonly components: Distribution
}

/** Inserts the axis of components before the event. */
const besideComponents = (x: tf.Tensor, eventNdims: number): tf.Tensor => tf.expandDims(x, x.rank - eventNdims)

/** Adds n axes at the end. */
const withEvent = (x: tf.Tensor, n: number): tf.Tensor => tf.reshape(x, [...x.shape, ...Array<number>(n).fill(1)])

/** sum_k w_k f_k for w [..., k] and f [..., k, ...E], without 0 * inf. */
const weighted = (weights: tf.Tensor, f: tf.Tensor, eventNdims: number): tf.Tensor => {
  const w = tf.add(withEvent(weights, eventNdims), tf.zerosLike(f))
  return tf.sum(tf.where(tf.greater(w, 0), tf.mul(w, f), 0), f.rank - eventNdims - 1)
}

const expectComponents = (fn: string, shape: readonly number[], components: Distribution): void => {
  if (components.batchShape.join() !== shape.join())
    throw new BdlError({
      code: 'ShapeMismatch',
      fn,
      argument: 'components',
      expected: `batch shape [${shape.join(', ')}], that of the weights`,
      got: `[${components.batchShape.join(', ')}]`
    })
}

/** Values that some component allows. */
const someOf = ({ support, eventShape }: Distribution, k: number): Constraint => {
  const outer = eventShape.length - support.eventNdims
  return constraint({
    name: `someOf(${k})(${support.name})`,
    eventNdims: eventShape.length,
    isDiscrete: support.isDiscrete === true,
    contains: (x) => {
      const inside = support.contains(besideComponents(x, eventShape.length))
      const whole =
        outer === 0
          ? inside
          : tf.all(
              inside,
              [...Array(outer).keys()].map((i) => inside.rank - 1 - i)
            )
      // a support without parameters has one answer for all components
      return tf.any(whole, -1)
    },
    ...(support.fromReals && support.fromReals.name === 'identity' && { fromReals: support.fromReals }),
    ...(support.members && { members: support.members })
  })
}

/** Moments by the laws of total expectation and total variance. */
const moments = (weights: ClassWeights, { mean, variance, eventShape }: Distribution): Partial<Distribution> => {
  const average = (f: tf.Tensor): tf.Tensor => weighted(probsOf(weights), f, eventShape.length)
  if (mean === undefined) return {}
  return {
    mean: () => average(tf.cast(mean(), 'float32')),
    ...(variance && {
      variance: () => {
        const each = tf.cast(mean(), 'float32')
        const gap = tf.sub(each, besideComponents(average(each), eventShape.length))
        return average(tf.add(variance(), tf.square(gap)))
      }
    })
  }
}

/**
 * p(x) = sum_k w_k p_k(x), with components of one family.
 *
 * Draws of scalar, reparameterised components are reparameterised, implicitly: they keep their place in the distribution
 * function. All components are drawn, and one is chosen.
 *
 * @param weights `{ logits }` [...B, k], unnormalised, -inf is impossible; or `{ probs }` [...B, k], rows sum to one
 * @param components a distribution of batch shape [...B, k]
 * @error ShapeMismatch if the batch of the components is not the shape of the weights
 * @precision derivatives of draws are right to third order
 * @source Figurnov, Mohamed & Mnih (2018), Implicit Reparameterization Gradients, arXiv:1805.08498
 * @example mixture({ probs: tf.tensor1d([0.25, 0.75]) }, normal(tf.tensor1d([-1, 1]), 0.5)).mean() // => 0.5
 */
export const mixture = (weights: ClassWeights, components: Distribution): Mixture => {
  const { shape } = expectWeights('mixture', weights)
  expectComponents('mixture', shape, components)
  const batchShape = shape.slice(0, -1)
  const k = shape.at(-1)!
  const { eventShape } = components
  const logProb = (x: tf.Tensor): tf.Tensor =>
    logsumexp(tf.add(logProbsOf(weights), components.logProb(besideComponents(x, eventShape.length))), -1)
  const componentCdf = components.cdf
  const cdf =
    componentCdf &&
    ((x: tf.Tensor): tf.Tensor => weighted(probsOf(weights), componentCdf(besideComponents(x, eventShape.length)), 0))
  const isReparameterised = components.isReparameterised && cdf !== undefined && eventShape.length === 0
  return distribution<tf.Tensor, Pick<Mixture, 'weights' | 'components'>>({
    name: `mixture(${components.name})`,
    weights,
    components,
    batchShape,
    eventShape,
    isReparameterised,
    support: someOf(components, k),
    logProb,
    sampleAndLogProb: (key, sampleShape) => {
      const [keyIndex, keyValue] = split(key)
      const index = drawIndex(keyIndex, logProbsOf(weights), [...sampleShape, ...batchShape])
      const each = components.sample(keyValue, sampleShape)
      const chosen = tf.cast(withEvent(oneHotVectors(index, k), eventShape.length), 'bool')
      const axis = each.rank - eventShape.length - 1
      const drawn = tf.cast(
        tf.sum(tf.where(tf.logicalAnd(chosen, tf.onesLike(tf.cast(each, 'bool'))), each, 0), axis),
        each.dtype
      )
      const x = isReparameterised ? following(drawn, cdf, logProb) : stopGradient(drawn)
      return [x, logProb(x)]
    },
    ...moments(weights, components),
    ...(cdf && { cdf })
  })
}
