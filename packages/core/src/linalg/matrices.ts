// Parts of matrices: the last two axes are the matrix, those before them the batch.
import * as tf from '@tensorflow/tfjs-core'
import { BdlError } from '@bdl/compiler'
import { scoped } from '../scope.js'

/** Throws a `ShapeMismatch` unless `x` is [..., n, n]; returns n. */
export const expectSquareMatrix = (fn: string, argument: string, x: tf.Tensor): number => {
  const [m, n] = x.shape.slice(-2)
  if (m !== undefined && m === n) return n
  throw new BdlError({
    code: 'ShapeMismatch',
    fn,
    argument,
    expected: 'shape [..., n, n]',
    got: `[${x.shape.join(', ')}]`
  })
}

/** Whether [i, j] lies on the diagonal: bool [n, n]. */
const onDiagonal = (n: number): tf.Tensor =>
  tf.equal(tf.expandDims(tf.range(0, n, 1, 'int32'), 1), tf.range(0, n, 1, 'int32'))

/** [..., m, n] -> [..., n, m]. @error ShapeMismatch if there are fewer than two axes */
export const matrixTranspose = (x: tf.Tensor): tf.Tensor => {
  const axes = x.shape.map((_, axis) => axis)
  const [row, column] = axes.slice(-2)
  if (row === undefined || column === undefined)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'matrixTranspose',
      argument: 'x',
      expected: 'a matrix, with any leading axes',
      got: `[${x.shape.join(', ')}]`
    })
  return tf.transpose(x, [...axes.slice(0, -2), column, row])
}

/**
 * The diagonal of square matrices: [..., n, n] -> [..., n].
 *
 * What stands beside the diagonal does not matter, NaN included.
 * @error ShapeMismatch if `x` is not square
 * @example diagPart(tf.tensor2d([[1, 2], [3, 4]])) // => [1, 4]
 */
export const diagPart = (x: tf.Tensor): tf.Tensor => {
  const n = expectSquareMatrix('diagPart', 'x', x)
  return scoped(() => tf.sum(tf.where(onDiagonal(n), x, tf.zeros([], x.dtype)), -1))
}

/**
 * Diagonal matrices: [..., n] -> [..., n, n].
 *
 * @error ShapeMismatch for a scalar
 * @example diagonal(tf.tensor1d([1, 4])) // => [[1, 0], [0, 4]]
 */
export const diagonal = (d: tf.Tensor): tf.Tensor => {
  const n = d.shape[d.rank - 1]
  if (n === undefined)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'diagonal',
      argument: 'd',
      expected: 'shape [..., n]',
      got: '[]'
    })
  return scoped(() => tf.where(onDiagonal(n), tf.expandDims(d, -1), tf.zeros([], d.dtype)))
}

/**
 * `x` [..., n, n] with another diagonal, `d` [..., n]; leading axes broadcast.
 *
 * @error ShapeMismatch if `x` is not square or sizes differ
 * @example setDiag(tf.ones([2, 2]), tf.tensor1d([5, 6])) // => [[5, 1], [1, 6]]
 */
export const setDiag = (x: tf.Tensor, d: tf.Tensor): tf.Tensor => {
  const n = expectSquareMatrix('setDiag', 'x', x)
  const own = d.shape[d.rank - 1]
  if (own !== n)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'setDiag',
      argument: 'd',
      expected: `shape [..., ${n}]`,
      got: `[${d.shape.join(', ')}]`
    })
  return scoped(() => tf.where(onDiagonal(n), tf.expandDims(d, -1), x))
}

/**
 * (X + Xᵀ) / 2 of [..., n, n].
 *
 * @error ShapeMismatch if `x` is not square
 * @example symmetrise(tf.tensor2d([[1, 2], [4, 3]])) // => [[1, 3], [3, 3]]
 */
export const symmetrise = (x: tf.Tensor): tf.Tensor => {
  expectSquareMatrix('symmetrise', 'x', x)
  return scoped(() => tf.mul(tf.add(x, matrixTranspose(x)), 0.5))
}
