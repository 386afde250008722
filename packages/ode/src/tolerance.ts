/** Tolerances of a step: one number, or one for each leaf of the state, or for each of its entries. */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, expectEvery, leaves, ravel, zipTrees, type Tree } from '@bdl/core'

/** A number for all, or a tree like the state whose leaves broadcast to those of the state. */
export type Tolerance = number | Tree

/** Relative and absolute tolerance of the entries of a vector: scalars or [n]. */
export interface VectorTolerance {
  readonly rtol: number | tf.Tensor
  readonly atol: number | tf.Tensor
}

/** @error InvalidArgument for one that is negative, not finite, or zero where `positive` */
export const expectTolerance = (fn: string, argument: string, tolerance: Tolerance): void => {
  const each = typeof tolerance === 'number' ? [tolerance] : leaves(tolerance)
  each.forEach((t) => expectEvery(fn, argument, t, 'finite numbers > 0', (x) => Number.isFinite(x) && x > 0))
}

/** A tolerance as the vector beside a raveled state. @error ShapeMismatch for a tree unlike the state */
export const vectorTolerance = <Y extends Tree>(tolerance: Tolerance, state: Y): number | tf.Tensor => {
  if (typeof tolerance === 'number') return tolerance
  if (leaves(tolerance).length !== leaves(state).length)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'adaptive',
      argument: 'rtol, atol',
      expected: `a number, or a tree like the state, ${leaves(state).length} leaves`,
      got: `${leaves(tolerance).length} leaves`
    })
  return ravel(zipTrees((t, y) => tf.broadcastTo(tf.cast(t, 'float32'), y.shape))(tolerance, state)).vector
}
