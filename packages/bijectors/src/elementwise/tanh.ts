// The hyperbolic tangent.
import * as tf from '@tensorflow/tfjs-core'
import { bijector, type Bijector } from '../bijector.js'
import { logCosh } from '../numerics/log-cosh.js'

/** log(1 - y^2): of the square near 0, of the factors near the ends, where 1 - |y| is exact. */
const logRest = (y: tf.Tensor): tf.Tensor => {
  const isNear = tf.less(tf.abs(y), 0.5)
  const near = tf.log1p(tf.neg(tf.square(tf.where(isNear, y, tf.zerosLike(y)))))
  return tf.where(isNear, near, tf.add(tf.log1p(y), tf.log1p(tf.neg(y))))
}

/**
 * y = tanh x, onto (-1, 1); log-det = -2 log cosh x, finite for every x.
 *
 * @precision log-dets are right to a few ulp of themselves; beyond |x| = 9 y rounds to ±1 and the inverse is infinite
 * @example tanh.forwardAndLogDet(tf.scalar(100))[1] // => -198.6137
 */
export const tanh: Bijector = bijector({
  name: 'tanh',
  eventNdims: 0,
  forwardAndLogDet: (x) => [tf.tanh(x), tf.mul(logCosh(x), -2)],
  inverseAndLogDet: (y) => [tf.mul(tf.sub(tf.log1p(y), tf.log1p(tf.neg(y))), 0.5), tf.neg(logRest(y))]
})
