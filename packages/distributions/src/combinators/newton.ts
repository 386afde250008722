// Derivatives of draws whose distribution function is known, by the implicit function theorem.
import * as tf from '@tensorflow/tfjs-core'
import { stopGradient } from '@bdl/compiler'
import type { Distribution } from '../distribution.js'

/**
 * A step of Newton's method on F(x) = u. At a root it moves nothing, and has the derivatives of the root: those of order one
 * after one step, of orders up to three after two.
 */
const step = (x: tf.Tensor, cdf: tf.Tensor, u: tf.Tensor, density: tf.Tensor): tf.Tensor => {
  const isUsable = tf.greater(density, 0)
  const move = tf.div(tf.sub(cdf, u), tf.where(isUsable, density, 1))
  return tf.sub(x, tf.where(isUsable, move, 0))
}

/**
 * `x` with derivatives in whatever parameters the distribution was made of, for scalar events with `cdf`: x keeps its place
 * F(x) while they change. Right up to third derivatives.
 *
 * @source Figurnov, Mohamed & Mnih (2018), Implicit Reparameterization Gradients, arXiv:1805.08498
 */
export const following = (
  x: tf.Tensor,
  cdf: (x: tf.Tensor) => tf.Tensor,
  logProb: Distribution['logProb']
): tf.Tensor => {
  const found = stopGradient(x)
  const u = stopGradient(cdf(found))
  const once = step(found, cdf(found), u, tf.exp(logProb(found)))
  return step(once, cdf(once), u, tf.exp(logProb(once)))
}
