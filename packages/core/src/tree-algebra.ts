/**
 * Trees as vectors: parameters, gradients and momenta add, scale and have inner products leaf by leaf. And trees as rows:
 * many trees of one structure are one tree with a leading axis.
 */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, flatten, leaves, mapTree, unflatten, zipTrees, type Tree } from '@bdl/compiler'
import { scoped } from './scope.js'

/** a + b. @error InvalidArgument if the structures differ */
export const addTrees = <T extends Tree>(a: T, b: T): T => zipTrees((x, y) => tf.add(x, y))(a, b)

/** a - b. @error InvalidArgument if the structures differ */
export const subTrees = <T extends Tree>(a: T, b: T): T => zipTrees((x, y) => tf.sub(x, y))(a, b)

/** c t, with c a number or a scalar tensor. */
export const scaleTree =
  (c: number | tf.Tensor) =>
  <T extends Tree>(tree: T): T =>
    mapTree((leaf) => tf.mul(leaf, c))(tree)

/** Inner product: the sum over all entries of all leaves of a b, a scalar. @error InvalidArgument if the structures differ */
export const dotTrees = <T extends Tree>(a: T, b: T): tf.Tensor =>
  scoped(() => {
    const terms = leaves(zipTrees((x, y) => tf.sum(tf.mul(x, y)))(a, b))
    return terms.length === 0 ? tf.scalar(0) : terms.reduce((total, term) => tf.add(total, term))
  })

/** Zeros of the same shapes and dtypes. */
export const zerosLikeTree = <T extends Tree>(tree: T): T => mapTree((leaf) => tf.zerosLike(leaf))(tree)

/** New handles on the same values, for results that must not alias an argument. */
export const cloneTree = <T extends Tree>(tree: T): T => mapTree((leaf) => tf.clone(leaf))(tree)

/** Releases every leaf. For drivers, which own the states that they replace. */
export const disposeTree = (tree: Tree): void => tf.dispose([...leaves(tree)])

/** n trees as one with a leading axis [n]. @error InvalidArgument if there is none, or if the structures differ */
export const stackTrees = <T extends Tree>(trees: readonly T[]): T => {
  const [first, ...rest] = trees
  if (first === undefined)
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'stackTrees',
      argument: 'trees',
      expected: 'at least one',
      got: '0'
    })
  return zipTrees((...all) => tf.stack(all))(first, ...rest)
}

/** Inverse of `stackTrees`: as many trees as the leading axis is long. @error ShapeMismatch if leading axes differ */
export const unstackTree = <T extends Tree>(stacked: T): readonly T[] => {
  const [all, def] = flatten(stacked, 'unstackTree')
  const n = all[0]?.shape[0] ?? 0
  const odd = all.find((leaf) => leaf.shape[0] !== n)
  if (odd !== undefined)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'unstackTree',
      argument: 'stacked',
      expected: `leaves with leading axis ${n}`,
      got: `[${odd.shape.join(', ')}]`
    })
  const columns = all.map((leaf) => tf.unstack(leaf))
  return Array.from({ length: n }, (_, i) =>
    unflatten<T>(
      def,
      columns.map((column) => column[i]!)
    )
  )
}

/** Entry `i` of a stacked tree; `i` may be a traced int32 scalar. */
export const indexTree =
  (i: number | tf.Tensor) =>
  <T extends Tree>(stacked: T): T =>
    mapTree((leaf) =>
      scoped(() => {
        const [, ...shape] = leaf.shape
        const row = typeof i === 'number' ? tf.slice(leaf, i, 1) : tf.gather(leaf, tf.reshape(i, [1]))
        return tf.reshape(row, shape)
      })
    )(stacked)
