// Sets that values live in: a test of membership, and a bijector that carries the reals there.
import * as tf from '@tensorflow/tfjs-core'
import { affine, bijector, chain, exp, identity, sigmoid, type Bijector, type Parameter } from '@bdl/bijectors'
import { leaves, scoped, type Tree } from '@bdl/core'

export interface Constraint {
  readonly name: string
  /** Rank of what is a member or not: 0 for numbers, 1 for vectors of the simplex, 2 for matrices. */
  readonly eventNdims: number
  /** [...B, ...E] -> [...B], bool, E of `eventNdims` axes (of a tree: its leaves, all together, as one scalar). */
  readonly contains: (value: Tree) => tf.Tensor
  /** From the reals onto the set; absent for discrete sets. */
  readonly fromReals?: Bijector
}

/** All leaves satisfy `test`: a tensor keeps its shape, a tree gives one scalar. */
const everywhere =
  (test: (x: tf.Tensor) => tf.Tensor) =>
  (value: Tree): tf.Tensor =>
    scoped(() => {
      const all = leaves(value)
      const [only] = all
      if (all.length === 1 && only !== undefined) return test(only)
      return all.reduce((so, x) => tf.logicalAnd(so, tf.all(test(x))), tf.scalar(true, 'bool'))
    })

const constraint = (name: string, test: (x: tf.Tensor) => tf.Tensor, fromReals?: Bijector): Constraint =>
  Object.freeze({ name, eventNdims: 0, contains: everywhere(test), ...(fromReals && { fromReals }) })

/** Finite numbers. */
export const real: Constraint = constraint('real', (x) => tf.isFinite(x), identity)

/** (0, inf) */
export const positive: Constraint = constraint('positive', (x) => tf.logicalAnd(tf.greater(x, 0), tf.isFinite(x)), exp)

/** [0, 1]; the bijector reaches its inside. */
export const unitInterval: Constraint = constraint(
  'unitInterval',
  (x) => tf.logicalAnd(tf.greaterEqual(x, 0), tf.lessEqual(x, 1)),
  sigmoid
)

/** sigmoid, then stretched: the width is made when it is used, so that nothing outlives a call. */
const toInterval = (low: Parameter, high: Parameter): Bijector => {
  const stretched = (): Bijector => chain(sigmoid, affine({ shift: low, scale: tf.sub(high, low) }))
  return bijector({
    name: 'toInterval',
    eventNdims: 0,
    forwardAndLogDet: (x) => stretched().forwardAndLogDet(x),
    inverseAndLogDet: (y) => stretched().inverseAndLogDet(y)
  })
}

/** [low, high]; the bijector reaches its inside. */
export const interval = (low: Parameter, high: Parameter): Constraint =>
  constraint('interval', (x) => tf.logicalAnd(tf.greaterEqual(x, low), tf.lessEqual(x, high)), toInterval(low, high))

/** 0, 1, ..., n - 1, in int32 or float32. */
export const integersBelow = (n: number): Constraint =>
  constraint('integersBelow', (x) => {
    const y = tf.cast(x, 'float32')
    return tf.logicalAnd(tf.equal(y, tf.floor(y)), tf.logicalAnd(tf.greaterEqual(y, 0), tf.less(y, n)))
  })

/** The image of a set under a bijector. */
export const imageOf = (set: Constraint, b: Bijector): Constraint =>
  Object.freeze({
    name: `imageOf(${set.name}, ${b.name})`,
    eventNdims: Math.max(set.eventNdims, b.inverseEventNdims),
    contains: everywhere((y) => scoped(() => set.contains(b.inverse(y)))),
    ...(set.fromReals && { fromReals: chain(set.fromReals, b) })
  })
