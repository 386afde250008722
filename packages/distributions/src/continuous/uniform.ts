// The uniform distribution on an interval.
import * as tf from '@tensorflow/tfjs-core'
import { uniform as standardUniform } from '@bdl/core'
import { interval } from '../constraint.js'
import { distribution, type Distribution } from '../distribution.js'
import { batchShapeOf, expectFiniteParameter, expectOrdered, filled, type Parameter } from '../parameters.js'

export interface Uniform extends Distribution {
  readonly name: 'uniform'
  readonly low: Parameter
  readonly high: Parameter
}

const outside = (x: tf.Tensor, low: Parameter, high: Parameter): tf.Tensor =>
  tf.logicalOr(tf.less(x, low), tf.greater(x, high))

/**
 * Density 1 / (high - low) on [low, high], both ends counted; draws are in [low, high).
 *
 * @error InvalidArgument if an end is not finite, or low >= high; ShapeMismatch if shapes do not broadcast
 * @precision float32: draws lie on a grid of 2^23 points
 * @example uniform(-1, 3).logProb(tf.scalar(0)) // => -1.3863
 */
export const uniform = (low: Parameter, high: Parameter): Uniform => {
  expectFiniteParameter('uniform', 'low', low)
  expectFiniteParameter('uniform', 'high', high)
  const batchShape = batchShapeOf('uniform', { low, high })
  expectOrdered('uniform', low, high)
  const width = (): tf.Tensor => tf.sub(filled(high, batchShape), low)
  const middle = (): tf.Tensor => tf.mul(tf.add(filled(low, batchShape), high), 0.5)
  const at = (u: tf.Tensor): tf.Tensor => tf.add(tf.mul(u, width()), low)
  const logDensity = (x: tf.Tensor): tf.Tensor => tf.sub(tf.zerosLike(x), tf.log(width()))
  return distribution<tf.Tensor, Pick<Uniform, 'name' | 'low' | 'high'>>({
    name: 'uniform',
    low,
    high,
    batchShape,
    eventShape: [],
    isReparameterised: true,
    support: interval(low, high),
    logProb: (x) => tf.where(outside(x, low, high), -Infinity, logDensity(x)),
    sampleAndLogProb: (key, sampleShape) => {
      const x = at(standardUniform(key, [...sampleShape, ...batchShape]))
      return [x, logDensity(x)]
    },
    mean: middle,
    variance: () => tf.div(tf.square(width()), 12),
    entropy: () => tf.log(width()),
    cdf: (x) => tf.clipByValue(tf.div(tf.sub(x, low), width()), 0, 1),
    icdf: (p) => {
      const isChance = tf.logicalAnd(tf.greaterEqual(p, 0), tf.lessEqual(p, 1))
      return tf.where(isChance, at(p), NaN)
    }
  })
}
