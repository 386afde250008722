/** The velocity between two Gaussians along straight lines, whose divergence is known. */
import * as tf from '@tensorflow/tfjs-core'
import { scoped } from '@bdl/core'
import { withDivergence, type PartlyKnownVelocity } from './divergence.js'
import { perRow } from './velocity.js'

/**
 * Velocity that carries N(0, sourceScale^2) to N(mean, scale^2), entry by entry, along straight lines: mean, scale [d]. With
 * r = scale / sourceScale it is (x - t mean) (r - 1) / (1 - t + t r) + mean, whose divergence is the sum of the slopes.
 */
export const gaussianVelocity = (mean: tf.Tensor, scale: tf.Tensor, sourceScale = 1): PartlyKnownVelocity => {
  const slope = (at: tf.Tensor): tf.Tensor => {
    const ratio = tf.div(scale, sourceScale)
    return tf.div(tf.sub(ratio, 1), tf.add(tf.sub(1, at), tf.mul(at, ratio)))
  }
  return withDivergence(
    (t, x) =>
      scoped(() => {
        const at = perRow(t)
        return tf.add(tf.mul(tf.sub(x, tf.mul(at, mean)), slope(at)), mean)
      }),
    (t, x) => {
      const d = x.shape[x.rank - 1] ?? 1
      return scoped(() => tf.sum(tf.add(slope(perRow(t)), tf.zeros([d])), -1))
    }
  )
}
