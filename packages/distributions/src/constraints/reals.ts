// Sets of real numbers: the line, half-lines, intervals.
import * as tf from '@tensorflow/tfjs-core'
import { affine, bijector, chain, exp, identity, sigmoid, type Bijector, type Parameter } from '@bdl/bijectors'
import { constraint, type Constraint } from './constraint.js'

/** Finite numbers. */
export const real: Constraint = constraint({ name: 'real', contains: (x) => tf.isFinite(x), fromReals: identity })

/** (0, inf) */
export const positive: Constraint = constraint({
  name: 'positive',
  contains: (x) => tf.logicalAnd(tf.greater(x, 0), tf.isFinite(x)),
  fromReals: exp
})

/** [0, inf); the bijector reaches its inside. */
export const nonNegative: Constraint = constraint({
  name: 'nonNegative',
  contains: (x) => tf.logicalAnd(tf.greaterEqual(x, 0), tf.isFinite(x)),
  fromReals: exp
})

/** [0, 1]; the bijector reaches its inside. */
export const unitInterval: Constraint = constraint({
  name: 'unitInterval',
  contains: (x) => tf.logicalAnd(tf.greaterEqual(x, 0), tf.lessEqual(x, 1)),
  fromReals: sigmoid
})

/** A bijector made when it is used, so that the tensors made for it do not outlive a call. */
const late = (name: string, make: () => Bijector): Bijector =>
  bijector({
    name,
    eventNdims: 0,
    forwardAndLogDet: (x) => make().forwardAndLogDet(x),
    inverseAndLogDet: (y) => make().inverseAndLogDet(y)
  })

/**
 * [low, high]; the bijector reaches its inside.
 *
 * @param low, high numbers or tensors that broadcast against the values; low < high
 */
export const interval = (low: Parameter, high: Parameter): Constraint =>
  constraint({
    name: 'interval',
    contains: (x) => tf.logicalAnd(tf.greaterEqual(x, low), tf.lessEqual(x, high)),
    fromReals: late('toInterval', () => chain(sigmoid, affine({ shift: low, scale: tf.sub(high, low) })))
  })

/** (low, inf) */
export const greaterThan = (low: Parameter): Constraint =>
  constraint({
    name: 'greaterThan',
    contains: (x) => tf.logicalAnd(tf.greater(x, low), tf.isFinite(x)),
    fromReals: chain(exp, affine({ shift: low, scale: 1 }))
  })

/** (-inf, high); the bijector is increasing. */
export const lessThan = (high: Parameter): Constraint =>
  constraint({
    name: 'lessThan',
    contains: (x) => tf.logicalAnd(tf.less(x, high), tf.isFinite(x)),
    fromReals: chain(affine({ shift: 0, scale: -1 }), exp, affine({ shift: high, scale: -1 }))
  })

/** The one value `point`, up to nothing: entries are equal. */
export const equalTo = (point: Parameter): Constraint =>
  constraint({ name: 'equalTo', isDiscrete: true, contains: (x) => tf.equal(x, point) })
