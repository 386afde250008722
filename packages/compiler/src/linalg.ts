/** Small dense linear algebra, batched: what TensorFlow.js has not, or only as many small ops. */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError } from './errors.js'
import { broadcastShapes } from './primitives/broadcasting.js'
import { cholesky as choleskyPrimitive } from './primitives/cholesky.js'
import { NO_ATTRS } from './primitives/elementwise.js'
import { expectSquare } from './primitives/matrix-form.js'
import { qrPrimitive } from './primitives/qr.js'
import { diagonalOf, lowerPart, upperPart } from './primitives/triangles.js'
import { leadAsColumns, solve } from './primitives/triangular-solve.js'
import { bind, bind1 } from './trace/context.js'
import { whereabouts } from './trace/user-line.js'
import { tidyTree } from './tree.js'

const expectMatrix = (fn: string, argument: string, x: tf.Tensor): void => {
  if (x.rank >= 2) return
  throw new BdlError({
    code: 'ShapeMismatch',
    fn,
    argument,
    expected: 'a matrix, with any leading axes',
    got: `[${x.shape.join(', ')}]`,
    ...whereabouts()
  })
}

/** x with entries [i, j] above the diagonal `offset` over the main one set to zero, whatever they are; [..., m, n]. */
export const tril = (x: tf.Tensor, offset = 0): tf.Tensor => {
  expectMatrix('tril', 'x', x)
  return tidyTree(() => lowerPart(x, offset))
}

/** x with entries [i, j] below the diagonal `offset` over the main one set to zero, whatever they are; [..., m, n]. */
export const triu = (x: tf.Tensor, offset = 0): tf.Tensor => {
  expectMatrix('triu', 'x', x)
  return tidyTree(() => upperPart(x, offset))
}

/**
 * L, lower triangular with a positive diagonal, with L Lᵀ = A.
 *
 * @param a [..., n, n], symmetric positive definite; what is factored is (a + aᵀ) / 2, so that derivatives are symmetric
 * @returns [..., n, n]; NaN throughout for each matrix that is not positive definite
 * @error ShapeMismatch if `a` is not square
 * @precision float64 within, eagerly and in WebAssembly; in ONNX float32, with an error of a few ulp times the condition number
 * @source derivatives: Murray (2016), "Differentiation of the Cholesky decomposition", arXiv:1602.07527
 * @example cholesky(tf.tensor2d([[4, 2], [2, 5]])) // => [[2, 0], [1, 2]]
 */
export const cholesky = (a: tf.Tensor): tf.Tensor => {
  expectSquare('cholesky', 'a', a)
  return bind1(choleskyPrimitive, [a], NO_ATTRS)
}

/** b has as many rows as the square a. */
const expectRows = (a: tf.Tensor, b: tf.Tensor): void => {
  const n = a.shape[a.rank - 1]!
  if (b.dtype === 'float32' && b.shape[b.rank - 2] === n) return
  throw new BdlError({
    code: 'ShapeMismatch',
    fn: 'triangularSolve',
    argument: 'b',
    expected: `float32 [..., ${n}, m]`,
    got: `${b.dtype} [${b.shape.join(', ')}]`,
    ...whereabouts()
  })
}

export interface TriangularSolveOptions {
  /** Which triangle of `a` is read, with the diagonal; default true. */
  readonly lower?: boolean
  /** Solve aᵀ x = b; default false. */
  readonly transpose?: boolean
}

/**
 * X with A X = B (or Aᵀ X = B) for a triangular A. Only the triangle is read: anything may stand in the other one.
 *
 * @param a [...A, n, n]
 * @param b [...B, n, m]; leading axes broadcast, and a matrix shared by many right-hand sides is not copied for them
 * @returns [..., n, m]; infinite or NaN where a pivot is 0
 * @error ShapeMismatch if `a` is not square, its size is not that of `b`, or leading axes do not broadcast
 * @precision float64 within, eagerly and in WebAssembly; float32 in ONNX
 * @example triangularSolve(tf.tensor2d([[2, 0], [1, 2]]), tf.tensor2d([[2], [5]])) // => [[1], [2]]
 */
export const triangularSolve = (
  a: tf.Tensor,
  b: tf.Tensor,
  { lower = true, transpose = false }: TriangularSolveOptions = {}
): tf.Tensor => {
  expectSquare('triangularSolve', 'a', a)
  expectMatrix('triangularSolve', 'b', b)
  expectRows(a, b)
  const batch = broadcastShapes('triangularSolve', a.shape.slice(0, -2), b.shape.slice(0, -2))
  const wide = (x: tf.Tensor, lead: readonly number[]): tf.Tensor =>
    x.shape.slice(0, -2).join() === lead.join() ? x : tf.broadcastTo(x, [...lead, ...x.shape.slice(-2)])
  return tidyTree(() => {
    const extra = Math.max(0, b.rank - a.rank)
    const own = batch.slice(extra)
    const right = wide(b, [...b.shape.slice(0, extra), ...own])
    if (extra === 0) return solve(wide(a, own), right, { lower, transpose })
    const [columns, back] = leadAsColumns(right, extra)
    return back(solve(wide(a, own), columns, { lower, transpose }))
  })
}

/** What `qr` gives. */
export type Qr = { readonly q: tf.Tensor; readonly r: tf.Tensor }

/** Q R of [..., m, n] with m >= n, and the sign of det Q where m = n. */
export const qrWithSign = (a: tf.Tensor): Qr & { readonly sign: tf.Tensor } => {
  const [q, r, sign] = bind(qrPrimitive, [a], NO_ATTRS) as [tf.Tensor, tf.Tensor, tf.Tensor]
  return { q, r, sign }
}

/**
 * A = Q R with orthonormal columns in Q and R upper triangular with a diagonal >= 0 (which makes them unique), reduced: with
 * k = min(m, n). Householder's reflections.
 *
 * @param a [..., m, n]; derivatives exist where its first k columns are linearly independent
 * @returns q [..., m, k], r [..., k, n]
 * @error ShapeMismatch if `a` is no matrix
 * @precision float64 within, eagerly; float32 compiled: ‖QᵀQ - 1‖ is a few ulp whatever the condition of `a`
 * @source Golub & Van Loan (2013), Matrix Computations, algorithm 5.2.1; derivatives: Seeger et al. (2017), arXiv:1710.08717,
 *   and Walter & Lehmann (2013), Optimization Methods and Software 28(6)
 * @example qr(tf.tensor2d([[3, 1], [4, 2]])).r // => [[5, 2.2], [0, 0.4]]
 */
export const qr = (a: tf.Tensor): Qr => {
  expectMatrix('qr', 'a', a)
  const [m, n] = a.shape.slice(-2) as [number, number]
  return tidyTree(() => {
    if (m >= n) {
      const { q, r } = qrWithSign(a)
      return { q, r }
    }
    const [left, right] = tf.split(a, [m, n - m], -1)
    const { q, r } = qrWithSign(left!)
    return { q, r: tf.concat([r, tf.matMul(q, right!, true, false)], -1) }
  })
}

/**
 * Sign and logarithm of |det A|, neither of which overflows where the determinant does.
 *
 * @param a [..., n, n]
 * @returns sign [...]: 1, -1, or 0 where A is singular; logAbsDet [...], in nats: -inf there
 * @error ShapeMismatch if `a` is not square
 * @precision as `qr`; the derivative of logAbsDet is A⁻ᵀ
 * @example slogdet(tf.tensor2d([[0, 2], [3, 0]])) // => sign -1, logAbsDet 1.7918
 */
export const slogdet = (a: tf.Tensor): { readonly sign: tf.Tensor; readonly logAbsDet: tf.Tensor } => {
  expectSquare('slogdet', 'a', a)
  return tidyTree(() => {
    const { r, sign } = qrWithSign(a)
    const diagonal = diagonalOf(r)
    const isSingular = tf.any(tf.equal(diagonal, 0), -1)
    return { sign: tf.where(isSingular, 0, sign), logAbsDet: tf.sum(tf.log(diagonal), -1) }
  })
}
