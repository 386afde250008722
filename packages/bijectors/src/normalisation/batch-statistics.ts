// Moments of a batch, channel by channel, and their moving average.
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, scoped } from '@bdl/core'

export type BatchStatistics = {
  /** [n] */
  readonly mean: tf.Tensor
  /** [n], biased: the mean square of deviations */
  readonly variance: tf.Tensor
}

/**
 * Mean and biased variance over all leading axes.
 *
 * @param batch [..., n], at least one vector
 * @error ShapeMismatch if there is none
 * @precision the variance in two passes: no digits are lost where the mean is large
 */
export const batchStatistics = (batch: tf.Tensor): BatchStatistics => {
  const n = batch.shape[batch.rank - 1]
  if (n === undefined || batch.rank < 2 || batch.size === 0)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'batchStatistics',
      argument: 'batch',
      expected: 'at least one vector, [..., n]',
      got: `[${batch.shape.join(', ')}]`
    })
  return scoped(() => {
    const rows = tf.reshape(batch, [batch.size / n, n])
    const mean = tf.mean(rows, 0)
    return { mean, variance: tf.mean(tf.square(tf.sub(rows, mean)), 0) }
  })
}

/**
 * momentum previous + (1 - momentum) batch, of both moments: what batch normalisation evaluates with.
 *
 * @param momentum in [0, 1], default 0.9
 * @error InvalidArgument if `momentum` is not
 */
export const movingStatistics = (
  previous: BatchStatistics,
  batch: BatchStatistics,
  momentum = 0.9
): BatchStatistics => {
  if (!(momentum >= 0 && momentum <= 1))
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'movingStatistics',
      argument: 'momentum',
      expected: 'a number in [0, 1]',
      got: `${momentum}`
    })
  const moved = (from: tf.Tensor, to: tf.Tensor): tf.Tensor =>
    scoped(() => tf.add(tf.mul(from, momentum), tf.mul(to, 1 - momentum)))
  return { mean: moved(previous.mean, batch.mean), variance: moved(previous.variance, batch.variance) }
}
