// The logarithm of the hyperbolic cosine.
import * as tf from '@tensorflow/tfjs-core'

/**
 * log cosh x: near 0 as log1p(2 sinh^2(x / 2)), which neither cancels nor has a kink; farther out as
 * |x| + log1p(exp(-2 |x|)) - log 2, which does not overflow.
 */
export const logCosh = (x: tf.Tensor): tf.Tensor => {
  const isNear = tf.less(tf.abs(x), 1)
  // each form is kept away from the other's ground
  const near = tf.log1p(tf.mul(tf.square(tf.sinh(tf.mul(tf.where(isNear, x, tf.zerosLike(x)), 0.5))), 2))
  const z = tf.abs(tf.where(isNear, tf.onesLike(x), x))
  const far = tf.add(tf.sub(z, Math.LN2), tf.log1p(tf.exp(tf.mul(z, -2))))
  return tf.where(isNear, near, far)
}
