// Determinants and systems of positive definite matrices, by their Cholesky factor.
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, cholesky, triangularSolve, type TriangularSolveOptions } from '@bdl/compiler'
import { scoped } from '../scope.js'
import { diagPart, expectSquareMatrix } from './matrices.js'

/**
 * log det(L Lᵀ) = 2 Σ log L_ii, in nats; [..., n, n] -> [...].
 *
 * @param l lower triangular with a positive diagonal
 * @error ShapeMismatch if `l` is not square
 * @example logDetFromCholesky(tf.tensor2d([[2, 0], [1, 3]])) // => 3.5835, which is log 36
 */
export const logDetFromCholesky = (l: tf.Tensor): tf.Tensor => scoped(() => tf.mul(tf.sum(tf.log(diagPart(l)), -1), 2))

/**
 * log det A of a positive definite matrix, in nats; [..., n, n] -> [...]. NaN where A is not positive definite; for other
 * matrices there is `slogdet`.
 *
 * @error ShapeMismatch if `a` is not square
 * @example logdet(tf.tensor2d([[4, 2], [2, 10]])) // => 3.5835
 */
export const logdet = (a: tf.Tensor): tf.Tensor => {
  expectSquareMatrix('logdet', 'a', a)
  return scoped(() => logDetFromCholesky(cholesky(a)))
}

/**
 * X with L Lᵀ X = B: two triangular systems.
 *
 * @param l [...A, n, n], a Cholesky factor; its lower triangle is read
 * @param b [...B, n, m]; leading axes broadcast
 * @error ShapeMismatch if sizes do not fit
 * @example choleskySolve(cholesky(a), b) // solves a x = b
 */
export const choleskySolve = (l: tf.Tensor, b: tf.Tensor): tf.Tensor =>
  scoped(() => triangularSolve(l, triangularSolve(l, b), { transpose: true }))

/**
 * x with A x = b of vectors: `triangularSolve` with one right-hand side each.
 *
 * @param a [...A, n, n]
 * @param b [...B, n]; leading axes broadcast, and where `a` lacks some, it is used once for all of them
 * @returns [..., n]
 * @error ShapeMismatch if sizes do not fit
 * @example triangularSolveVector(tf.tensor2d([[2, 0], [1, 2]]), tf.tensor1d([2, 5])) // => [1, 2]
 */
export const triangularSolveVector = (a: tf.Tensor, b: tf.Tensor, options: TriangularSolveOptions = {}): tf.Tensor => {
  if (b.rank === 0)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'triangularSolveVector',
      argument: 'b',
      expected: 'shape [..., n]',
      got: '[]'
    })
  return scoped(() => tf.squeeze(triangularSolve(a, tf.expandDims(b, -1), options), [-1]))
}
