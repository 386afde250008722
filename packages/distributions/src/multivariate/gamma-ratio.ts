// Differences of log Γ that do not cancel, by Stirling's formula with its exact correction.
import * as tf from '@tensorflow/tfjs-core'
import { lgammaCorrection, log1pmx } from '@bdl/core'

/**
 * log Γ(a + h) - log Γ(a), elementwise, for a > 0 and h >= 0: right to a few ulp of h log(a + h) where a is large.
 *
 * @source NIST Digital Library of Mathematical Functions, 5.11.1, with what it leaves out
 */
export const logGammaRatio = (a: tf.Tensor, h: tf.Tensor | number): tf.Tensor => {
  const sum = tf.add(a, h)
  const main = tf.add(tf.mul(tf.sub(a, 0.5), tf.log1p(tf.div(h, a))), tf.mul(h, tf.sub(tf.log(sum), 1)))
  return tf.add(main, tf.sub(lgammaCorrection(sum), lgammaCorrection(a)))
}

/**
 * a log s - s - log Γ(a), the log-density of log s for a gamma variable s, elementwise: a (log(s / a) - s / a + 1) + log(a / 2
 * pi) / 2 less Stirling's correction.
 */
export const logGammaKernel = (a: tf.Tensor, s: tf.Tensor): tf.Tensor => {
  const excess = tf.div(tf.sub(s, a), a)
  return tf.add(tf.mul(a, log1pmx(excess)), logGammaPeak(a))
}

/** Its largest value, at s = a. */
export const logGammaPeak = (a: tf.Tensor): tf.Tensor =>
  tf.sub(tf.mul(tf.log(tf.div(a, 2 * Math.PI)), 0.5), lgammaCorrection(a))
