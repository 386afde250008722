/**
 * A tree as one vector and back. Law: `unravel(vector)` has the leaves of the tree. Order: leaves as `flatten` gives them
 * (arrays by index, records by sorted key), each row-major. Compiled code prefers one long vector to many small leaves.
 */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, flatten, unflatten, type Tree } from '@bdl/compiler'
import { sizeOfShape } from './host-array.js'
import { scoped } from './scope.js'

export interface Raveled<T extends Tree> {
  /** [n], or [batch, n] from `ravelBatch` */
  readonly vector: tf.Tensor
  /** Holds shapes only, no tensors: may outlive the tree. Works on traced vectors, and under `vmap`. */
  readonly unravel: (vector: tf.Tensor) => T
}

const expectFloats = (fn: string, all: readonly tf.Tensor[]): void => {
  const odd = all.find((leaf) => leaf.dtype !== 'float32')
  if (odd !== undefined)
    throw new BdlError({
      code: 'DtypeMismatch',
      fn,
      argument: 'tree',
      expected: 'float32 leaves',
      got: `an ${odd.dtype} leaf`
    })
}

const expectLast = (fn: string, vector: tf.Tensor, n: number): void => {
  if (vector.shape[vector.rank - 1] !== n)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn,
      argument: 'vector',
      expected: `shape [..., ${n}]`,
      got: `[${vector.shape.join(', ')}]`
    })
}

const join = (rows: readonly tf.Tensor[], lead: readonly number[]): tf.Tensor => {
  const flat = rows.map((leaf) => tf.reshape(leaf, [...lead, sizeOfShape(leaf.shape.slice(lead.length))]))
  return flat.length === 0 ? tf.zeros([...lead, 0]) : flat.length === 1 ? flat[0]! : tf.concat(flat, lead.length)
}

const raveled = <T extends Tree>(fn: string, tree: T, leadRank: number): Raveled<T> => {
  const [all, def] = flatten(tree, fn)
  expectFloats(fn, all)
  const shapes = all.map((leaf) => leaf.shape.slice(leadRank))
  const sizes = shapes.map(sizeOfShape)
  const total = sizes.reduce((n, size) => n + size, 0)
  const unravel = (vector: tf.Tensor): T => {
    expectLast('unravel', vector, total)
    return scoped(() => {
      const lead = vector.shape.slice(0, -1)
      const parts = sizes.length > 1 ? tf.split(vector, sizes, vector.rank - 1) : sizes.map(() => vector)
      return unflatten<T>(
        def,
        parts.map((part, i) => tf.reshape(part, [...lead, ...shapes[i]!]))
      )
    })
  }
  const lead = all[0]?.shape.slice(0, leadRank) ?? []
  return { vector: scoped(() => join(all, lead)), unravel }
}

/**
 * One vector [n] of all leaves, and the way back.
 *
 * @error DtypeMismatch if a leaf is not float32. `unravel`: ShapeMismatch if the vector's last axis is not n; further leading
 *   axes are kept, so it also undoes a stack of vectors [..., n]
 * @example ravel({ b: tf.zeros([2]), w: tf.ones([2, 2]) }).vector // => [0, 0, 1, 1, 1, 1]
 */
export const ravel = <T extends Tree>(tree: T): Raveled<T> => raveled('ravel', tree, 0)

/**
 * One vector per entry of the leading axis: a stacked tree, leaves [batch, ...shape], gives [batch, n].
 *
 * @error DtypeMismatch if a leaf is not float32; ShapeMismatch if leading axes differ or a leaf is a scalar
 */
export const ravelBatch = <T extends Tree>(stacked: T): Raveled<T> => {
  const sizes = new Set(flatten(stacked, 'ravelBatch')[0].map((leaf) => leaf.shape[0]?.toString() ?? 'none'))
  if (sizes.size > 1 || sizes.has('none'))
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'ravelBatch',
      argument: 'stacked',
      expected: 'leaves with one leading axis',
      got: `leading sizes ${[...sizes].join(', ')}`
    })
  return raveled('ravelBatch', stacked, 1)
}
