// Vectors as lower triangular matrices with a positive diagonal.
import * as tf from '@tensorflow/tfjs-core'
import { BdlError } from '@bdl/core'
import { bijector, type Bijector } from '../bijector.js'
import { chain } from '../combinators/chain.js'
import { shift } from '../elementwise/affine.js'
import { softplus } from '../elementwise/softplus.js'
import { lastSize, padLast } from '../numerics/last-axis.js'

export interface FillScaleTrilOptions {
  /** Elementwise, onto positive numbers; default softplus(x) + 1e-5, which keeps the matrix away from singular ones. */
  readonly diagonal?: Bijector
  /** Where the entries of the vector go: 'row-major', or clockwise as TensorFlow Probability's fill_triangular. */
  readonly order?: 'row-major' | 'clockwise'
}

const sizeOfTriangle = (n: number): number => (n * (n + 1)) / 2

/** n with n (n + 1) / 2 = m. */
const sideOf = (m: number): number => {
  const n = Math.round((Math.sqrt(8 * m + 1) - 1) / 2)
  if (sizeOfTriangle(n) === m) return n
  throw new BdlError({
    code: 'ShapeMismatch',
    fn: 'fillScaleTril',
    argument: 'x',
    expected: 'a last axis of n (n + 1) / 2 entries',
    got: `${m}`
  })
}

/** Entry of the vector at each place of the n x n matrix, or -1 above the diagonal. */
const layout = (n: number, order: 'row-major' | 'clockwise'): readonly number[] => {
  const m = sizeOfTriangle(n)
  // clockwise: rows of n from [x[n], ..., x[m - 1], x[m - 1], ..., x[0]]
  const clockwise = (at: number): number => (at < m - n ? n + at : m - 1 - (at - (m - n)))
  return Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n]
    if (j > i) return -1
    return order === 'row-major' ? sizeOfTriangle(i) + j : clockwise(at)
  })
}

const indices = (at: readonly number[]): tf.Tensor1D => tf.tensor1d([...at], 'int32')
const pick = (x: tf.Tensor, at: readonly number[]): tf.Tensor => tf.gather(x, indices(at), x.rank - 1)

/** The diagonal's entries through `pair`, the others as they are. */
const throughDiagonal = (
  pair: Bijector['forwardAndLogDet'],
  v: tf.Tensor,
  places: readonly number[],
  n: number
): readonly [tf.Tensor, tf.Tensor] => {
  const diagonal = Array.from({ length: n }, (_, i) => places[i * n + i]!)
  const [changed, logDet] = pair(pick(v, diagonal))
  const m = sizeOfTriangle(n)
  const own = Array.from({ length: m }, (_, k) => (diagonal.includes(k) ? m + diagonal.indexOf(k) : k))
  return [pick(tf.concat([v, changed], v.rank - 1), own), tf.sum(logDet, -1)]
}

/**
 * A vector [..., n (n + 1) / 2] as a lower triangular matrix [..., n, n], its diagonal through `diagonal`.
 *
 * log-det: that of `diagonal`, summed; between the entries of the vector and of the triangle. The inverse does not look above
 * the diagonal.
 * @error ShapeMismatch if there is no such n
 * @example fillScaleTril({ diagonal: exp }).forward(tf.tensor1d([0, 3, 0])) // => [[1, 0], [3, 1]]
 */
export const fillScaleTril = ({
  diagonal = chain(softplus, shift(1e-5)),
  order = 'row-major'
}: FillScaleTrilOptions = {}): Bijector =>
  bijector({
    name: 'fillScaleTril',
    eventNdims: { forward: 1, inverse: 2 },
    forwardEventShape: ([m = 0]) => [sideOf(m), sideOf(m)],
    inverseEventShape: ([n = 0]) => [sizeOfTriangle(n)],
    forwardAndLogDet: (x) => {
      const n = sideOf(lastSize(x))
      const places = layout(n, order)
      const [entries, logDet] = throughDiagonal(diagonal.forwardAndLogDet, x, places, n)
      const m = sizeOfTriangle(n)
      const flat = pick(
        padLast(entries, 0, 1, 0),
        places.map((k) => (k < 0 ? m : k))
      )
      return [tf.reshape(flat, [...x.shape.slice(0, -1), n, n]), logDet]
    },
    inverseAndLogDet: (y) => {
      const n = lastSize(y)
      const places = layout(n, order)
      const flat = tf.reshape(y, [...y.shape.slice(0, -2), n * n])
      const entries = pick(
        flat,
        Array.from({ length: sizeOfTriangle(n) }, (_, k) => places.indexOf(k))
      )
      return throughDiagonal(diagonal.inverseAndLogDet, entries, places, n)
    }
  })
