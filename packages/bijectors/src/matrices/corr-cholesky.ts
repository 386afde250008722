// Cholesky factors of correlation matrices from numbers that nothing constrains.
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, expectSquareMatrix } from '@bdl/core'
import { bijector, type Bijector } from '../bijector.js'
import { tanh } from '../elementwise/tanh.js'
import { lastSize, padLast } from '../numerics/last-axis.js'

const below = (n: number): number => (n * (n - 1)) / 2

/** n with n (n - 1) / 2 = m. */
const sideOf = (m: number): number => {
  const n = Math.round((1 + Math.sqrt(8 * m + 1)) / 2)
  if (below(n) === m) return n
  throw new BdlError({
    code: 'ShapeMismatch',
    fn: 'corrCholesky',
    argument: 'x',
    expected: 'a last axis of n (n - 1) / 2 entries',
    got: `${m}`
  })
}

const pick = (x: tf.Tensor, at: readonly number[]): tf.Tensor => tf.gather(x, tf.tensor1d([...at], 'int32'), x.rank - 1)

/** The vector's entries below the diagonal of an n x n matrix, row by row, and `fill` everywhere else. */
const strictlyLower = (v: tf.Tensor, n: number, fill: number): tf.Tensor => {
  const places = Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n]
    return j < i ? below(i) + j : below(n)
  })
  return tf.reshape(pick(padLast(v, 0, 1, fill), places), [...v.shape.slice(0, -1), n, n])
}

const strictEntries = (y: tf.Tensor, n: number): tf.Tensor => {
  const places = Array.from({ length: n }, (_, i) => Array.from({ length: i }, (__, j) => i * n + j)).flat()
  return pick(tf.reshape(y, [...y.shape.slice(0, -2), n * n]), places)
}

/** 1 on the diagonal, 0 elsewhere, as a mask. */
const diagonalMask = (n: number): tf.Tensor => tf.greater(tf.eye(n), 0)

/**
 * Vectors [..., n (n - 1) / 2] as Cholesky factors [..., n, n] of correlation matrices: rows of length 1, a positive
 * diagonal.
 *
 * z = tanh x are canonical partial correlations: L_ij = z_ij sqrt(prod_{k < j} (1 - z_ik^2)), and the diagonal takes the rest
 * of its row. log-det, between the entries below the diagonal: sum_ij log(1 - z_ij^2) (1 + (i - 1 - j) / 2).
 *
 * @error ShapeMismatch if there is no such n
 * @precision 1 - z^2 is kept as its logarithm, right where z rounds to ±1; the inverse loses digits there
 * @source Lewandowski, Kurowicka & Joe (2009), Journal of Multivariate Analysis 100(9); Stan Reference Manual, Cholesky factors
 *   of correlation matrices
 * @example corrCholesky.forward(tf.tensor1d([0])) // => [[1, 0], [0, 1]]
 */
export const corrCholesky: Bijector = bijector({
  name: 'corrCholesky',
  eventNdims: { forward: 1, inverse: 2 },
  forwardEventShape: ([m = 0]) => [sideOf(m), sideOf(m)],
  inverseEventShape: ([n = 0]) => [below(n)],
  forwardAndLogDet: (x) => {
    const n = sideOf(lastSize(x))
    const [z, logRest] = tanh.forwardAndLogDet(x)
    const halfLogRests = tf.mul(strictlyLower(logRest, n, 0), 0.5)
    // of each place, what entries to its left have left
    const logLeft = tf.cumsum(halfLogRests, halfLogRests.rank - 1, true)
    const ones = tf.where(diagonalMask(n), tf.onesLike(logLeft), strictlyLower(z, n, 0))
    const strict = strictEntries(logLeft, n)
    return [tf.mul(ones, tf.exp(logLeft)), tf.sum(tf.add(logRest, strict), -1)]
  },
  inverseAndLogDet: (y) => {
    expectSquareMatrix('corrCholesky', 'y', y)
    const n = lastSize(y)
    // what is left of a row is summed from its end, so that nothing cancels
    const left = strictEntries(tf.cumsum(tf.square(y), y.rank - 1, false, true), n)
    const [x, logDet] = tanh.inverseAndLogDet(tf.div(strictEntries(y, n), tf.sqrt(left)))
    return [x, tf.sum(tf.sub(logDet, tf.mul(tf.log(left), 0.5)), -1)]
  }
})
