// Cholesky factors as positive definite matrices.
import * as tf from '@tensorflow/tfjs-core'
import { cholesky, tril } from '@bdl/compiler'
import { diagPart, expectSquareMatrix } from '@bdl/core'
import { bijector, type Bijector } from '../bijector.js'
import { lastSize } from '../numerics/last-axis.js'

/** log-det of L -> L Lᵀ between lower triangles: n log 2 + sum_i (n - i) log L_ii, i from 0. */
const logDetAt = (l: tf.Tensor): tf.Tensor => {
  const n = lastSize(l)
  const weights = tf.range(n, 0, -1)
  return tf.add(tf.sum(tf.mul(tf.log(diagPart(l)), weights), -1), n * Math.LN2)
}

/**
 * y = L Lᵀ from a lower triangular L with a positive diagonal, [..., n, n]; onto symmetric positive definite matrices.
 *
 * log-det: between lower triangles, n log 2 + sum_i (n - i) log L_ii. Entries above the diagonal of L are not looked at.
 * @error ShapeMismatch if the last two axes differ
 * @precision the inverse is a Cholesky factor, NaN throughout of a matrix that is not positive definite
 * @source Murray (2016), arXiv:1602.07527; the log-det as Muirhead (1982), Aspects of Multivariate Statistical Theory, 2.1.9
 * @example choleskyOuterProduct.forward(tf.tensor2d([[2, 0], [1, 2]])) // => [[4, 2], [2, 5]]
 */
export const choleskyOuterProduct: Bijector = bijector({
  name: 'choleskyOuterProduct',
  eventNdims: 2,
  forwardAndLogDet: (x) => {
    expectSquareMatrix('choleskyOuterProduct', 'x', x)
    const l = tril(x)
    return [tf.matMul(l, l, false, true), logDetAt(l)]
  },
  inverseAndLogDet: (y) => {
    expectSquareMatrix('choleskyOuterProduct', 'y', y)
    const l = cholesky(y)
    return [l, tf.neg(logDetAt(l))]
  }
})
