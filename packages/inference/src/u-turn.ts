/**
 * When a trajectory turns back, told leaf by leaf. The leaves 0, 1, 2, ... of a growing binary tree are momenta; blocks of 2^t
 * of them that begin at a multiple of 2^t are its subtrees. A block is judged when its last leaf comes, from what was kept at
 * the first leaf of each block that is still open: one row per size, so log₂ of what a recursion over all leaves would hold.
 *
 * Momenta are whitened, z = Lᵀ p with M⁻¹ = L Lᵀ, so that products with velocities, pᵀ M⁻¹ p', are inner products.
 */
import * as tf from '@tensorflow/tfjs-core'
import { cond } from '@bdl/compiler'
import { scoped } from '@bdl/core'

/**
 * Row t is about the open block of 2^t leaves: `first` its first leaf, `before` the leaf before that one, `sum` of all leaves
 * before it. Each is [rows, dim].
 */
export type Checkpoints = Readonly<Record<'first' | 'before' | 'sum', tf.Tensor>>

/** The newest leaf: its number (a float32 scalar), its z, the z of the leaf before it, and the sum of all before it: [dim]. */
export type Leaf = Readonly<Record<'number' | 'z' | 'before' | 'sum', tf.Tensor>>

/** Sizes 2^t of the blocks of a tree of so many doublings: [depth + 1]. */
export const blockSizes = (depth: number): tf.Tensor => tf.tensor1d(Array.from({ length: depth + 1 }, (_, t) => 2 ** t))

/** Checkpoints of a tree of one leaf. */
export const checkpointsOf = (z: tf.Tensor, depth: number): Checkpoints =>
  scoped(() => {
    const shape = [depth + 1, z.size]
    return { first: tf.tile(tf.expandDims(z, 0), [depth + 1, 1]), before: tf.zeros(shape), sum: tf.zeros(shape) }
  })

/** Whether the number is a multiple of each size: exact in float32, both being integers and the sizes powers of two. */
const divides = (sizes: tf.Tensor, number: tf.Tensor): tf.Tensor => {
  const quotient = tf.div(number, sizes)
  return tf.equal(quotient, tf.floor(quotient))
}

/** The checkpoints with a leaf that begins the blocks of all sizes that divide its number. */
export const recordLeaf = (checkpoints: Checkpoints, leaf: Leaf, sizes: tf.Tensor): Checkpoints =>
  scoped(() => {
    const begins = tf.expandDims(divides(sizes, leaf.number), 1)
    return {
      first: tf.where(begins, leaf.z, checkpoints.first),
      before: tf.where(begins, leaf.before, checkpoints.before),
      sum: tf.where(begins, leaf.sum, checkpoints.sum)
    }
  })

/**
 * The tree grows at its other end from here: blocks larger than it begin at what has been its last leaf.
 *
 * @param size leaves of the tree, a power of two
 * @param isFlipped bool scalar; false leaves all as it is
 * @param z of the end that no longer grows
 */
export const flipCheckpoints = (
  checkpoints: Checkpoints,
  size: tf.Tensor,
  isFlipped: tf.Tensor,
  z: tf.Tensor,
  sizes: tf.Tensor
): Checkpoints =>
  scoped(() => {
    const isLarger = tf.expandDims(tf.logicalAnd(tf.greater(sizes, size), isFlipped), 1)
    return {
      first: tf.where(isLarger, z, checkpoints.first),
      before: tf.clone(checkpoints.before),
      sum: tf.clone(checkpoints.sum)
    }
  })

const dots = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.sum(tf.mul(a, b), 1)

/** The criterion for every size, where a block of it ends with this leaf: [depth]. */
const judged = (checkpoints: Checkpoints, leaf: Leaf, sizes: tf.Tensor): tf.Tensor =>
  scoped(() => {
    const depth = sizes.size - 1
    const whole = (x: tf.Tensor) => tf.slice(x, [1, 0], [depth, -1])
    const half = (x: tf.Tensor) => tf.slice(x, [0, 0], [depth, -1]) // the second half of a block, in the row before
    const { first, before, sum } = checkpoints
    const total = tf.add(leaf.sum, leaf.z)
    const rho = tf.sub(total, whole(sum))
    const rhoFirst = tf.sub(tf.add(half(sum), half(first)), whole(sum))
    const rhoSecond = tf.sub(total, tf.sub(half(sum), half(before)))
    const products = [
      dots(whole(first), rho),
      dots(rho, leaf.z),
      dots(whole(first), rhoFirst),
      dots(half(first), rhoFirst),
      dots(half(before), rhoSecond),
      dots(rhoSecond, leaf.z)
    ]
    const least = products.reduce((a, b) => tf.minimum(a, b))
    const ends = divides(tf.slice(sizes, [1], [depth]), tf.add(leaf.number, 1))
    return tf.logicalAnd(ends, tf.logicalNot(tf.greater(least, 0)))
  })

/**
 * Which of the blocks that end with a leaf turn back: [depth], of 2, 4, 8, ... leaves.
 *
 * A block with first and last leaf z₋ and z₊ goes on while z₋ · ρ > 0 and z₊ · ρ > 0 for ρ the sum of its leaves. So must both
 * halves, each with the leaf of the other half that is next to it: without that, a trajectory once around a circle, whose ends
 * are alike, is taken for one that goes on.
 *
 * @param checkpoints with the leaf recorded
 * @source Betancourt (2017), arXiv:1701.02434, A.4.2; the halves: Stan 2.21 (github.com/stan-dev/stan/pull/2800)
 */
export const turningBlocks = (checkpoints: Checkpoints, leaf: Leaf, sizes: tf.Tensor): tf.Tensor =>
  scoped(() =>
    // no block ends with an even leaf
    cond(
      tf.equal(tf.mod(leaf.number, 2), 1),
      () => judged(checkpoints, leaf, sizes),
      () => tf.zeros([sizes.size - 1], 'bool')
    )
  )
