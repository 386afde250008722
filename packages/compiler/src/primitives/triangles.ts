/** Parts of matrices, as `tf` code: triangles, transposes, symmetric parts. The last two axes are the matrix. */
import * as tf from '@tensorflow/tfjs-core'
import { swapLast } from './linalg.js'

export const transposed = (x: tf.Tensor): tf.Tensor => tf.transpose(x, swapLast(x.rank))

/** Whether entry [i, j] lies on or below the diagonal `offset` above the main one: bool [rows, columns]. */
const isBelow = (rows: number, columns: number, offset: number): tf.Tensor =>
  tf.lessEqual(
    tf.expandDims(tf.range(0, columns, 1, 'int32'), 0),
    tf.expandDims(tf.range(offset, rows + offset, 1, 'int32'), 1)
  )

const shapeOfMatrix = (x: tf.Tensor): readonly [rows: number, columns: number] => {
  const [rows, columns] = x.shape.slice(-2) as [number, number]
  return [rows, columns]
}

/** Entries [i, j] with j <= i + offset; zeros elsewhere, whatever is there. */
export const lowerPart = (x: tf.Tensor, offset = 0): tf.Tensor => {
  const [rows, columns] = shapeOfMatrix(x)
  return tf.where(isBelow(rows, columns, offset), x, tf.zeros([], x.dtype))
}

/** Entries [i, j] with j >= i + offset; zeros elsewhere, whatever is there. */
export const upperPart = (x: tf.Tensor, offset = 0): tf.Tensor => {
  const [rows, columns] = shapeOfMatrix(x)
  return tf.where(isBelow(rows, columns, offset - 1), tf.zeros([], x.dtype), x)
}

/** The lower triangle with half of the diagonal: Φ of Murray (2016). */
export const halfLower = (x: tf.Tensor): tf.Tensor => {
  const half = tf.mul(x, 0.5)
  return tf.add(lowerPart(half), lowerPart(half, -1))
}

/** (X + Xᵀ) / 2 */
export const symmetricPart = (x: tf.Tensor): tf.Tensor => tf.mul(tf.add(x, transposed(x)), 0.5)

/** Whether entry [i, j] lies on the diagonal: bool [n, n]. */
export const isDiagonal = (n: number): tf.Tensor =>
  tf.equal(tf.expandDims(tf.range(0, n, 1, 'int32'), 1), tf.range(0, n, 1, 'int32'))

/** The diagonal of [..., n, n]: [..., n]. */
export const diagonalOf = (x: tf.Tensor): tf.Tensor =>
  tf.sum(tf.where(isDiagonal(x.shape[x.rank - 1]!), x, tf.zeros([], x.dtype)), -1)
