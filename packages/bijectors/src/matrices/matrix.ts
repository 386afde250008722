// Matrices as events: their form and their diagonal.
import * as tf from '@tensorflow/tfjs-core'
import { BdlError } from '@bdl/core'

/** @error ShapeMismatch unless x is [..., n, n] */
export const expectSquareEvent = (fn: string, x: tf.Tensor): void => {
  if (x.rank >= 2 && x.shape[x.rank - 1] === x.shape[x.rank - 2]) return
  throw new BdlError({
    code: 'ShapeMismatch',
    fn,
    argument: 'x',
    expected: '[..., n, n]',
    got: `[${x.shape.join(', ')}]`
  })
}

/** [..., n, n] -> [..., n]. What is off the diagonal, NaN too, does not reach the result or its derivative. */
export const diagonalOf = (x: tf.Tensor): tf.Tensor => {
  const n = x.shape[x.rank - 1] ?? 0
  const flat = tf.reshape(x, [...x.shape.slice(0, -2), n * n])
  return tf.gather(flat, tf.range(0, n * n, n + 1, 'int32'), flat.rank - 1)
}

/** [..., n] -> [..., n, n] with zeros off the diagonal. */
export const diagonalMatrix = (d: tf.Tensor): tf.Tensor =>
  tf.mul(tf.expandDims(d, -1), tf.eye(d.shape[d.rank - 1] ?? 0))
