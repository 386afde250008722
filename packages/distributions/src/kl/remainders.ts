// Divergences of exponential families are gaps between a convex function and its tangents; here are the common ones, in forms
// that are small where the parameters nearly agree.
import * as tf from '@tensorflow/tfjs-core'
import { logRemainder } from '@bdl/compiler'
import { lgammaCorrection, log1pmx, logMinusDigamma } from '@bdl/core'

/** r - 1 - log r at r = a / b: below 1 the digits are in r, near it in r - 1. */
export const logGap = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
  tf.neg(logRemainder(tf.div(a, b), tf.div(tf.sub(a, b), b)))

/** (r^2 - 1) / 2 - log r, given r - 1 too, without cancellation. */
export const squareGap = (r: tf.Tensor, excess: tf.Tensor): tf.Tensor =>
  tf.sub(tf.mul(tf.square(excess), 0.5), logRemainder(r, excess))

/** The same at r = a / b: the divergence of Gaussians of those scales. */
export const scaleGap = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => squareGap(tf.div(a, b), tf.div(tf.sub(a, b), b))

/**
 * log Γ(b) - log Γ(a) - (b - a) ψ(a) >= 0: how far log Γ lies above its tangent. By Stirling's formula, with r = b / a - 1,
 * a (log(1 + r) - r + r log(1 + r)) - (log(1 + r) - r) / 2 and what corrections leave.
 */
export const lgammaGap = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => {
  const r = tf.div(tf.sub(b, a), a)
  const remainder = log1pmx(r)
  const main = tf.add(tf.mul(tf.sub(a, 0.5), remainder), tf.mul(tf.mul(a, r), tf.log1p(r)))
  const slope = tf.sub(tf.div(0.5, a), logMinusDigamma(a))
  const corrections = tf.sub(tf.sub(lgammaCorrection(b), lgammaCorrection(a)), tf.mul(tf.sub(b, a), slope))
  return tf.add(main, corrections)
}
