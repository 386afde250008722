// Products of matrices and vectors whose leading axes broadcast.
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, broadcastShapes } from '@bdl/compiler'
import { sizeOfShape } from '../host-array.js'
import { scoped } from '../scope.js'

const wide = (x: tf.Tensor, shape: readonly number[]): tf.Tensor =>
  x.shape.join() === shape.join() ? x : tf.broadcastTo(x, [...shape])

/** Vectors [...lead, ...B, n] as columns [...B, n, lead], and the way back. */
const asColumns = (
  x: tf.Tensor,
  count: number
): readonly [columns: tf.Tensor, back: (columns: tf.Tensor) => tf.Tensor] => {
  const [lead, own] = [x.shape.slice(0, count), x.shape.slice(count)]
  const [leadAxes, ownAxes] = [lead.map((_, i) => i), own.map((_, i) => count + i)]
  const columns = tf.reshape(tf.transpose(x, [...ownAxes, ...leadAxes]), [...own, sizeOfShape(lead)])
  return [
    columns,
    (y) => {
      const shape = [...y.shape.slice(0, -1), ...lead]
      const perm = [...lead.map((_, i) => own.length + i), ...own.map((_, i) => i)]
      return tf.transpose(tf.reshape(y, shape), perm)
    }
  ]
}

/**
 * A x, for matrices and vectors with leading axes.
 *
 * @param a [...A, m, n]
 * @param x [...B, n]; leading axes broadcast, and where `a` lacks some, all of those vectors are one product with it
 * @returns [..., m]
 * @error ShapeMismatch if sizes do not fit or leading axes do not broadcast
 * @example matrixVector(tf.tensor2d([[1, 2], [3, 4]]), tf.tensor1d([1, 1])) // => [3, 7]
 */
export const matrixVector = (a: tf.Tensor, x: tf.Tensor): tf.Tensor => {
  const [m, n] = a.shape.slice(-2)
  if (m === undefined || n === undefined || x.shape[x.rank - 1] !== n)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'matrixVector',
      argument: 'a, x',
      expected: '[..., m, n] and [..., n]',
      got: `[${a.shape.join(', ')}] and [${x.shape.join(', ')}]`
    })
  return scoped(() => {
    const lead = x.shape.slice(0, -1)
    if (a.rank === 2) {
      const rows = tf.reshape(x, [sizeOfShape(lead), n])
      return tf.reshape(tf.matMul(rows, a, false, true), [...lead, m])
    }
    const batch = broadcastShapes('matrixVector', a.shape.slice(0, -2), lead)
    const extra = Math.max(0, x.rank + 1 - a.rank)
    const [columns, back] = asColumns(wide(x, [...lead.slice(0, extra), ...batch.slice(extra), n]), extra)
    return back(tf.matMul(wide(a, [...batch.slice(extra), m, n]), columns))
  })
}

export interface MatrixProductOptions {
  readonly transposeA?: boolean
  readonly transposeB?: boolean
}

/**
 * A B of matrices with leading axes that broadcast (`tf.matMul` of real tensors pairs unlike batches cyclically).
 *
 * @param a [...A, m, k], or [...A, k, m] with `transposeA`
 * @param b [...B, k, n], or [...B, n, k] with `transposeB`
 * @returns [..., m, n]
 * @error ShapeMismatch if leading axes do not broadcast
 * @example matrixProduct(tf.ones([2, 1, 3, 3]), tf.ones([4, 3, 5])).shape // => [2, 4, 3, 5]
 */
export const matrixProduct = (
  a: tf.Tensor,
  b: tf.Tensor,
  { transposeA = false, transposeB = false }: MatrixProductOptions = {}
): tf.Tensor =>
  scoped(() => {
    const [leadA, leadB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)]
    const batch = broadcastShapes('matrixProduct', leadA, leadB)
    const fitted = (x: tf.Tensor, lead: readonly number[]): tf.Tensor =>
      lead.length === 0 ? x : wide(x, [...batch, ...x.shape.slice(-2)])
    return tf.matMul(fitted(a, leadA), fitted(b, leadB), transposeA, transposeB)
  })
