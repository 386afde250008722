// The hyperbolic tangent.
import * as tf from '@tensorflow/tfjs-core'
import { bijector, type Bijector } from '../bijector.js'

/**
 * log sech^2 x: near 0 by log cosh x = log1p(2 sinh^2(x / 2)), which does not cancel there and has no kink; farther out by
 * |x| + log1p(exp(-2 |x|)) - log 2, which does not overflow.
 */
const logSlope = (x: tf.Tensor): tf.Tensor => {
  const isNear = tf.less(tf.abs(x), 1)
  // each form is kept away from the other's ground
  const near = tf.log1p(tf.mul(tf.square(tf.sinh(tf.mul(tf.where(isNear, x, tf.zerosLike(x)), 0.5))), 2))
  const z = tf.abs(tf.where(isNear, tf.onesLike(x), x))
  const far = tf.add(tf.sub(z, Math.LN2), tf.log1p(tf.exp(tf.mul(z, -2))))
  return tf.mul(tf.where(isNear, near, far), -2)
}

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
  forwardAndLogDet: (x) => [tf.tanh(x), logSlope(x)],
  inverseAndLogDet: (y) => [tf.mul(tf.sub(tf.log1p(y), tf.log1p(tf.neg(y))), 0.5), tf.neg(logRest(y))]
})
