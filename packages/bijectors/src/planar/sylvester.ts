/**
 * Sylvester maps: planar maps along several orthogonal directions at once. With Q of m orthonormal columns and triangles R1
 * and R2 the determinant is that of an m x m triangle, its log a sum of m terms.
 */
import * as tf from '@tensorflow/tfjs-core'
import { foriLoop, triu } from '@bdl/compiler'
import {
  diagPart,
  expectInteger,
  matrixTranspose,
  matrixVector,
  normal,
  scoped,
  setDiag,
  split,
  type Learnable
} from '@bdl/core'
import { bijector, sumLast, type Bijector } from '../bijector.js'
import { deferred } from '../combinators/deferred.js'
import { numericalInverse } from '../inversion/numerical-inverse.js'
import { expectVectors } from '../expect-event.js'
import { entryWhere, isEntry, lastSize } from '../numerics/last-axis.js'
import { expectSylvester } from './expect-sylvester.js'
import { orthonormal, reflected } from './orthonormal.js'
import { logTanhSlope } from './tanh-slope.js'

export interface SylvesterOptions {
  /** Orthonormal columns, [..., n, m], m <= n: `orthonormal`, or `reflected`, makes them. Leading axes broadcast. */
  readonly q: tf.Tensor
  /** [..., m, m], of which the upper triangle is read. */
  readonly r1: tf.Tensor
  /** Likewise; r1_ii r2_ii > -1. */
  readonly r2: tf.Tensor
  /** [..., m] */
  readonly bias: tf.Tensor
}

interface Triangles {
  readonly r1: tf.Tensor
  readonly r2: tf.Tensor
  readonly bias: tf.Tensor
  /** 1 + r1_ii r2_ii */
  readonly room: tf.Tensor
}

const trianglesOf = ({ r1, r2, bias }: SylvesterOptions): Triangles => ({
  r1: triu(r1),
  r2: triu(r2),
  bias,
  room: tf.add(tf.mul(diagPart(r1), diagPart(r2)), 1)
})

const logDetAt = ({ room }: Triangles, a: tf.Tensor): tf.Tensor => sumLast(logTanhSlope(a, room), 1)

/**
 * The v with v + R1 tanh(R2 v + b) = t, entries from last to first: with those after it known, entry i solves
 * v_i + r1_ii tanh(r2_ii v_i + known) = t_i - known, which increases in v_i.
 */
const substituted = ({ r1, r2, bias, room }: Triangles, t: tf.Tensor): tf.Tensor => {
  const m = lastSize(t)
  const [diagonal1, diagonal2] = [diagPart(r1), diagPart(r2)]
  return foriLoop(
    0,
    m,
    (turn, v) => {
      const isRow = isEntry(tf.sub(tf.scalar(m - 1, 'int32'), turn), m)
      const rowOf = (x: tf.Tensor): tf.Tensor => entryWhere(isRow, x)
      // entries not yet known are 0 in v, and R2 is triangular: row i of this is what later entries give to it
      const a = tf.add(matrixVector(r2, v), bias)
      const later = tf.where(isRow, tf.zerosLike(a), tf.tanh(a))
      const target = rowOf(tf.sub(t, matrixVector(r1, later)))
      const [inner, outer, offset, space] = [rowOf(diagonal2), rowOf(diagonal1), rowOf(a), rowOf(room)]
      const curve = (x: tf.Tensor): readonly [tf.Tensor, tf.Tensor] => {
        const at = tf.add(tf.mul(inner, x), offset)
        return [tf.add(x, tf.mul(outer, tf.tanh(at))), logTanhSlope(at, space)]
      }
      return tf.where(isRow, tf.expandDims(numericalInverse(curve)(target)[0], -1), v)
    },
    tf.zerosLike(t)
  )
}

/**
 * y = x + Q R1 tanh(R2 Qᵀ x + b); log-det = sum_i log(1 + r1_ii r2_ii sech²(.)): O(n m).
 *
 * The inverse solves the m x m triangular system in Qᵀ x, one number after another, and moves y back.
 *
 * @error InvalidArgument unless QᵀQ = I to 1e-3 and r1_ii r2_ii > -1; ShapeMismatch if sizes do not fit
 * @precision log-det to some ulps of its terms; the inverse to what the triangles amplify
 * @source van den Berg, Hasenclever, Tomczak & Welling (2018), Sylvester Normalizing Flows, arXiv:1803.05649, equation 13
 * @example sylvester({ q: tf.eye(2), r1: tf.eye(2), r2: tf.eye(2), bias: tf.zeros([2]) }).forward(tf.tensor1d([1, 0])) // => [1.762, 0]
 */
export const sylvester = (options: SylvesterOptions): Bijector => {
  const n = expectSylvester(options)
  const { q } = options
  const moved = (x: tf.Tensor, { r1 }: Triangles, a: tf.Tensor, sign: 1 | -1): tf.Tensor =>
    tf.add(x, tf.mul(matrixVector(q, matrixVector(r1, tf.tanh(a))), sign))
  const into = (x: tf.Tensor): tf.Tensor => matrixVector(matrixTranspose(q), x)
  return bijector({
    name: 'sylvester',
    eventNdims: 1,
    forwardAndLogDet: (x) => {
      expectVectors('sylvester', x, n)
      const triangles = trianglesOf(options)
      const a = tf.add(matrixVector(triangles.r2, into(x)), triangles.bias)
      return [moved(x, triangles, a, 1), logDetAt(triangles, a)]
    },
    inverseAndLogDet: (y) => {
      expectVectors('sylvester', y, n)
      const triangles = trianglesOf(options)
      const a = tf.add(matrixVector(triangles.r2, substituted(triangles, into(y))), triangles.bias)
      return [moved(y, triangles, a, -1), tf.neg(logDetAt(triangles, a))]
    }
  })
}

export type SylvesterParams = {
  /** [m, n], the vectors of m reflections, or [n, m], the columns that QR makes orthonormal. */
  readonly directions: tf.Tensor
  /** [m, m]; the diagonal goes through tanh, so that products of two are > -1. */
  readonly r1: tf.Tensor
  readonly r2: tf.Tensor
  readonly bias: tf.Tensor
}

export interface LearnableSylvesterOptions {
  /** n */
  readonly size: number
  /** m <= n, default n. */
  readonly columns?: number
  /** How Q is made orthogonal: a product of m reflections (default), or QR. */
  readonly by?: 'reflections' | 'qr'
}

/**
 * A Sylvester map to learn; small triangles to begin with, near the identity.
 *
 * @error InvalidArgument unless 1 <= columns <= size
 * @source van den Berg, Hasenclever, Tomczak & Welling (2018), arXiv:1803.05649, sections 3 and 4
 * @example learnableSylvester({ size: 4, columns: 2 }).init(key(0)).r1.shape // => [2, 2]
 */
export const learnableSylvester = ({
  size,
  columns = size,
  by = 'reflections'
}: LearnableSylvesterOptions): Learnable<SylvesterParams, Bijector> => {
  expectInteger('learnableSylvester', { size, columns, 'size - columns + 1': size - columns + 1 }, 1)
  const triangle = (r: tf.Tensor): tf.Tensor => setDiag(r, tf.tanh(diagPart(r)))
  return {
    init: (key) =>
      scoped(() => {
        const [keyQ, key1, key2] = split(key, 3)
        const small = (k: tf.Tensor): tf.Tensor => tf.mul(normal(k, [columns, columns]), 0.1)
        const directions = normal(keyQ, by === 'qr' ? [size, columns] : [columns, size])
        return { directions, r1: small(key1), r2: small(key2), bias: tf.zeros([columns]) }
      }),
    build: ({ directions, r1, r2, bias }) =>
      deferred({ name: 'sylvester', eventNdims: 1 }, () => {
        const q = by === 'qr' ? orthonormal(directions) : reflected(directions, columns)
        return sylvester({ q, r1: triangle(r1), r2: triangle(r2), bias })
      })
  }
}
