// What a constraint is: a set that values live in, told by a test of membership, with a bijector from the reals onto it.
import * as tf from '@tensorflow/tfjs-core'
import type { Bijector } from '@bdl/bijectors'
import { leaves, scoped, type Tree } from '@bdl/core'

export interface Constraint {
  readonly name: string
  /** Rank of what is a member or not: 0 for numbers, 1 for vectors of the simplex, 2 for matrices. */
  readonly eventNdims: number
  /** [...B, ...E] -> [...B], bool, E of `eventNdims` axes (of a tree: its leaves, all together, as one scalar). */
  readonly contains: (value: Tree) => tf.Tensor
  /** From the reals onto the set; absent for discrete sets. */
  readonly fromReals?: Bijector
  /** Members carry masses, not a density: integers, say, or one point. */
  readonly isDiscrete?: boolean
  /** Every member, [n, ...E], of a finite set that is known without reading a tensor. */
  readonly members?: () => tf.Tensor
}

/** What an author writes of a set of tensors. */
export interface ConstraintSpec {
  readonly name: string
  /** Default 0: a set of numbers. */
  readonly eventNdims?: number
  /** [...B, ...E] -> [...B], bool; the value may be float32, int32 or bool. */
  readonly contains: (x: tf.Tensor) => tf.Tensor
  readonly fromReals?: Bijector
  /** Default false. */
  readonly isDiscrete?: boolean
  readonly members?: () => tf.Tensor
}

/** All leaves satisfy `test`: a tensor keeps its batch, a tree gives one scalar. */
const everywhere =
  (test: (x: tf.Tensor) => tf.Tensor) =>
  (value: Tree): tf.Tensor =>
    scoped(() => {
      const all = leaves(value)
      const [only] = all
      if (all.length === 1 && only !== undefined) return test(only)
      return all.reduce((so, x) => tf.logicalAnd(so, tf.all(test(x))), tf.scalar(true, 'bool'))
    })

/**
 * Every constraint is made here: the test is lifted to trees and its intermediates are released.
 *
 * @example constraint({ name: 'even', contains: (x) => tf.equal(tf.mod(x, 2), 0) })
 */
export const constraint = ({
  name,
  eventNdims = 0,
  contains,
  fromReals,
  isDiscrete = false,
  members
}: ConstraintSpec): Constraint =>
  Object.freeze({
    name,
    eventNdims,
    contains: everywhere(contains),
    isDiscrete,
    ...(fromReals && { fromReals }),
    ...(members && { members: () => scoped(members) })
  })

/** True where all of the last n axes are. */
export const allLast = (x: tf.Tensor, n: number): tf.Tensor =>
  n === 0
    ? x
    : tf.all(
        x,
        Array.from({ length: n }, (_, i) => x.rank - n + i)
      )
