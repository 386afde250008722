// Products of matrices [...M, n, n] with vectors [...B, n], leading axes broadcast; and the solutions of such systems.
import * as tf from '@tensorflow/tfjs-core'
import { triangularSolve, type TriangularSolveOptions } from '@bdl/compiler'
import { BdlError, isValidating, scoped } from '@bdl/core'
import { diagonalOf } from '../matrices/matrix.js'
import { expectNonzero } from '../parameters.js'

/** @error ShapeMismatch unless x is [..., n] */
export const expectVectors = (fn: string, x: tf.Tensor, n: number): void => {
  if (x.rank >= 1 && x.shape[x.rank - 1] === n) return
  throw new BdlError({
    code: 'ShapeMismatch',
    fn,
    argument: 'x',
    expected: `[..., ${n}]`,
    got: `[${x.shape.join(', ')}]`
  })
}

/** @error ShapeMismatch unless a is [..., n, n] */
export const expectSquareMatrix = (fn: string, argument: string, a: tf.Tensor): number => {
  const [m, n] = a.shape.slice(-2)
  if (m !== undefined && m === n) return n
  throw new BdlError({
    code: 'ShapeMismatch',
    fn,
    argument,
    expected: '[..., n, n]',
    got: `[${a.shape.join(', ')}]`
  })
}

/** No entry of the diagonal is 0, so that the triangle is invertible. @error InvalidArgument */
export const expectNonzeroDiagonal = (fn: string, argument: string, a: tf.Tensor): void => {
  if (isValidating()) scoped(() => expectNonzero(fn, `diagonal of ${argument}`, diagonalOf(a)))
}

/** A x. A matrix without leading axes is one product with all vectors as rows. */
export const timesVector = (a: tf.Tensor, x: tf.Tensor): tf.Tensor => {
  if (a.rank > 2) return tf.sum(tf.mul(a, tf.expandDims(x, -2)), -1)
  const n = a.shape[1] ?? 0
  const rows = tf.reshape(x, [x.size / Math.max(n, 1), n])
  return tf.reshape(tf.matMul(rows, a, false, true), x.shape)
}

/** The x with A x = y, A triangular. */
export const solveVector = (a: tf.Tensor, y: tf.Tensor, options: TriangularSolveOptions): tf.Tensor => {
  if (a.rank > 2) return tf.squeeze(triangularSolve(a, tf.expandDims(y, -1), options), [-1])
  const n = a.shape[1] ?? 0
  const columns = tf.transpose(tf.reshape(y, [y.size / Math.max(n, 1), n]))
  return tf.reshape(tf.transpose(triangularSolve(a, columns, options)), y.shape)
}
