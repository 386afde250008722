// The rectifier with a slope below zero.
import * as tf from '@tensorflow/tfjs-core'
import { bijector, type Bijector } from '../bijector.js'
import { expectPositiveEntries, filled, logMagnitude, type Parameter } from '../parameters.js'

/**
 * y = x where x >= 0, slope x below; at 0 its derivative is that from above.
 *
 * @param slope > 0; a tensor broadcasts against x
 * @error InvalidArgument if an entry of `slope` is not finite and positive
 * @example leakyRelu(0.1).forward(tf.tensor1d([-2, 3])) // => [-0.2, 3]
 */
export const leakyRelu = (slope: Parameter): Bijector => {
  expectPositiveEntries('leakyRelu', 'slope', slope)
  const logDet = (isBelow: tf.Tensor, y: tf.Tensor): tf.Tensor =>
    tf.where(isBelow, filled(logMagnitude(slope), y.shape), tf.zerosLike(y))
  return bijector({
    name: 'leakyRelu',
    eventNdims: 0,
    forwardAndLogDet: (x) => {
      const below = tf.mul(x, slope)
      const isBelow = tf.less(x, 0)
      return [tf.where(isBelow, below, x), logDet(isBelow, below)]
    },
    inverseAndLogDet: (y) => {
      const below = tf.div(y, slope)
      const isBelow = tf.less(y, 0)
      return [tf.where(isBelow, below, y), tf.neg(logDet(isBelow, below))]
    }
  })
}
