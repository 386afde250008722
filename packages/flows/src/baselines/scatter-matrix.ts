/** Mean and covariance of rows with weights. */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, expectInteger } from '@bdl/core'

export interface Moments {
  /** [d]. */
  readonly mean: tf.Tensor
  /** Sum of w_i (x_i - mean)(x_i - mean)^T with weights that sum to one, [d, d]: the maximum-likelihood covariance. */
  readonly covariance: tf.Tensor
}

/** Rows and columns of data. @error ShapeMismatch if it is no matrix; InvalidArgument if there are fewer than two rows */
export const rowsAndColumns = (fn: string, data: tf.Tensor): readonly [n: number, d: number] => {
  const [n = 0, d = 0] = data.shape
  if (data.rank !== 2 || d === 0)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn,
      argument: 'data',
      expected: 'shape [n, d] with d > 0',
      got: `[${data.shape.join(', ')}]`
    })
  expectInteger(fn, { 'rows of data': n }, 2)
  return [n, d]
}

/** Data [n, d], weights [n] that sum to one. */
export const momentsOf = (data: tf.Tensor, weights: tf.Tensor): Moments => {
  const each = tf.expandDims(weights, -1)
  const mean = tf.sum(tf.mul(data, each), 0)
  const centred = tf.sub(data, mean)
  return { mean, covariance: tf.matMul(tf.mul(centred, each), centred, true) }
}
