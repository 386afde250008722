// Sets of vectors: points of the simplex, one-hot vectors, counts.
import * as tf from '@tensorflow/tfjs-core'
import { softmaxCentered, type Parameter } from '@bdl/bijectors'
import { expectInteger } from '@bdl/core'
import { allLast, constraint, type Constraint } from './constraint.js'
import { nonNegativeIntegers } from './integers.js'

/** Rounding that a sum of one, in float32, is forgiven. */
const SUM_TOLERANCE = 1e-5

/** Vectors of entries >= 0 that sum to one, up to the rounding of float32 (1e-5). */
export const simplex: Constraint = constraint({
  name: 'simplex',
  eventNdims: 1,
  contains: (x) =>
    tf.logicalAnd(allLast(tf.greaterEqual(x, 0), 1), tf.lessEqual(tf.abs(tf.sub(tf.sum(x, -1), 1)), SUM_TOLERANCE)),
  fromReals: softmaxCentered
})

const countsSumTo = (x: tf.Tensor, total: Parameter): tf.Tensor =>
  tf.logicalAnd(allLast(nonNegativeIntegers.contains(x), 1), tf.equal(tf.sum(tf.cast(x, 'float32'), -1), total))

/** Vectors with n entries, one of which is 1 and the others 0. @error InvalidArgument if `n` is not a positive integer */
export const oneHot = (n: number): Constraint => {
  expectInteger('oneHot', { n }, 1)
  return constraint({
    name: 'oneHot',
    isDiscrete: true,
    eventNdims: 1,
    contains: (x) => countsSumTo(x, 1),
    members: () => tf.cast(tf.eye(n), 'int32')
  })
}

/** All ways to write `total` as a sum of `parts` counts, in lexical order. */
const compositions = (total: number, parts: number): readonly (readonly number[])[] =>
  parts === 1
    ? [[total]]
    : Array.from({ length: total + 1 }, (_, first) =>
        compositions(total - first, parts - 1).map((rest) => [first, ...rest])
      ).flat()

/**
 * Vectors of counts 0, 1, 2, ... that sum to `totalCount`.
 *
 * @param totalCount a number, or a tensor of the batch shape
 * @param parts entries of a vector; given with a number, `members` lists all C(totalCount + parts - 1, parts - 1) of them
 */
export const multinomialCounts = (totalCount: Parameter, parts?: number): Constraint =>
  constraint({
    name: 'multinomialCounts',
    isDiscrete: true,
    eventNdims: 1,
    contains: (x) => countsSumTo(x, totalCount),
    ...(typeof totalCount === 'number' &&
      parts !== undefined &&
      parts > 0 && {
        members: () =>
          tf.tensor2d(
            compositions(totalCount, parts).map((row) => [...row]),
            undefined,
            'int32'
          )
      })
  })
