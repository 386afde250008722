/**
 * Factorisations column by column, as `tf` code with a loop: what becomes of them in ONNX, which has no such op, and of QR in
 * WebAssembly too. A turn works on the whole matrix, with zeros where it is done, so that shapes stay the same.
 */
import * as tf from '@tensorflow/tfjs-core'
import { scan } from '../transforms/control-flow.js'
import type { TriangularForm } from './matrices-host.js'
import { diagonalOf, lowerPart, symmetricPart, transposed, upperPart } from './triangles.js'

const indices = (n: number): tf.Tensor => tf.range(0, n, 1, 'int32')

/** The axis at `from` as the first one, and back. */
const axisFirst = (x: tf.Tensor, from: number): tf.Tensor =>
  tf.transpose(x, [from, ...x.shape.flatMap((_, axis) => (axis === from ? [] : [axis]))])

const firstAxisTo = (x: tf.Tensor, to: number): tf.Tensor => {
  const perm = Array.from({ length: x.rank - 1 }, (_, i) => i + 1)
  perm.splice(to, 0, 0)
  return tf.transpose(x, perm)
}

/** Column or row j of the last two axes, that axis dropped. */
const columnAt = (x: tf.Tensor, j: tf.Tensor): tf.Tensor => tf.gather(x, j, x.rank - 1)

const outer = (u: tf.Tensor, v: tf.Tensor): tf.Tensor => tf.mul(tf.expandDims(u, -1), tf.expandDims(v, -2))

/** Each turn takes one column of the factor off the matrix: A - v vᵀ has zeros in row and column j. */
export const choleskySteps = (a: tf.Tensor): tf.Tensor => {
  const n = a.shape[a.rank - 1]!
  const [, columns] = scan(
    (rest: tf.Tensor, j: tf.Tensor): readonly [tf.Tensor, tf.Tensor] => {
      const column = columnAt(rest, j)
      const root = tf.sqrt(tf.expandDims(columnAt(column, j), -1))
      const v = tf.where(tf.greaterEqual(indices(n), j), tf.div(column, root), 0)
      return [tf.sub(rest, outer(v, v)), v]
    },
    symmetricPart(a),
    indices(n)
  )
  const l = firstAxisTo(columns, a.rank - 1)
  const pivots = diagonalOf(l)
  const isPositive = tf.all(tf.logicalAnd(tf.greater(pivots, 0), tf.less(pivots, Infinity)), -1)
  return tf.where(tf.reshape(isPositive, [...isPositive.shape, 1, 1]), l, NaN)
}

/** Each turn finds one row of the solution from those found before; the others are still zero. */
export const triangularSteps = (a: tf.Tensor, b: tf.Tensor, { lower, transpose }: TriangularForm): tf.Tensor => {
  const [n, m] = b.shape.slice(-2) as [number, number]
  const matrix = transpose ? transposed(a) : a
  const isForward = lower !== transpose
  const strict = isForward ? lowerPart(matrix, -1) : upperPart(matrix, 1)
  const pivots = tf.expandDims(diagonalOf(matrix), -1)
  const rowAxis = a.rank - 2
  const batch = a.shape.slice(0, -2)
  const [x] = scan(
    (
      found: tf.Tensor,
      { j, row, right, pivot }: Readonly<Record<'j' | 'row' | 'right' | 'pivot', tf.Tensor>>
    ): readonly [tf.Tensor, readonly []] => {
      const known = tf.matMul(tf.reshape(row, [...batch, 1, n]), found)
      const own = tf.div(tf.sub(tf.reshape(right, [...batch, 1, m]), known), tf.reshape(pivot, [...batch, 1, 1]))
      return [tf.where(tf.equal(tf.expandDims(indices(n), 1), j), own, found), []]
    },
    tf.zeros(b.shape),
    {
      j: indices(n),
      row: axisFirst(strict, rowAxis),
      right: axisFirst(b, rowAxis),
      pivot: axisFirst(pivots, rowAxis)
    },
    { reverse: !isForward }
  )
  return x
}

/** W - u uᵀ W */
const reflected = (w: tf.Tensor, u: tf.Tensor): tf.Tensor => {
  const column = tf.expandDims(u, -1)
  return tf.sub(w, tf.mul(column, tf.matMul(column, w, true, false)))
}

/** u of the reflection I - u uᵀ that clears a column below entry j, and the sign that the entry had. */
const reflection = (column: tf.Tensor, j: tf.Tensor): readonly [u: tf.Tensor, sign: tf.Tensor] => {
  const rows = indices(column.shape[column.rank - 1]!)
  const kept = tf.where(tf.greaterEqual(rows, j), column, 0)
  const most = tf.max(tf.abs(kept), -1, true)
  const isZero = tf.equal(most, 0)
  const scaled = tf.div(kept, tf.where(isZero, 1, most))
  const first = tf.where(tf.equal(rows, j), scaled, 0)
  const sign = tf.where(tf.less(tf.sum(first, -1, true), 0), -1, 1)
  const norm = tf.sqrt(tf.sum(tf.square(scaled), -1, true))
  const u = tf.add(scaled, tf.where(tf.equal(rows, j), tf.mul(sign, norm), 0))
  const length = tf.sqrt(tf.mul(tf.sum(tf.square(u), -1, true), 0.5))
  return [tf.div(u, tf.where(isZero, 1, length)), tf.squeeze(sign, [-1])]
}

/** Householder's reflections, then the first columns of their product from the last to the first. */
export const qrSteps = (a: tf.Tensor): readonly tf.Tensor[] => {
  const [m, n] = a.shape.slice(-2) as [number, number]
  const batch = a.shape.slice(0, -2)
  const [w, [us, signs]] = scan(
    (rest: tf.Tensor, j: tf.Tensor): readonly [tf.Tensor, readonly [tf.Tensor, tf.Tensor]] => {
      const [u, sign] = reflection(columnAt(rest, j), j)
      return [reflected(rest, u), [u, sign]]
    },
    a,
    indices(n)
  )
  const identity = tf.cast(tf.equal(tf.expandDims(indices(m), 1), indices(n)), 'float32')
  const [q] = scan(
    (product: tf.Tensor, u: tf.Tensor): readonly [tf.Tensor, readonly []] => [reflected(product, u), []],
    tf.add(tf.zeros([...batch, m, n]), identity),
    us,
    { reverse: true }
  )
  const top = upperPart(
    tf.slice(
      w,
      w.shape.map(() => 0),
      [...batch, n, n]
    )
  )
  const flips = tf.where(tf.less(diagonalOf(top), 0), -1, 1)
  return [tf.mul(q, tf.expandDims(flips, -2)), tf.mul(top, tf.expandDims(flips, -1)), tf.prod(signs, 0)]
}
