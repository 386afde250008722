// Closed half-lines, and intervals whose ends may be infinite: supports of truncated and folded laws.
import * as tf from '@tensorflow/tfjs-core'
import { constraint, greaterThan, interval, lessThan, nonNegative, real, type Constraint } from '../constraint.js'
import type { Parameter } from '../parameters.js'

/** [loc, inf) */
export const atLeast = (loc: Parameter): Constraint => {
  if (loc === 0) return nonNegative
  const { fromReals } = greaterThan(loc)
  return constraint({
    name: 'atLeast',
    contains: (x) => tf.logicalAnd(tf.greaterEqual(x, loc), tf.isFinite(x)),
    ...(fromReals && { fromReals })
  })
}

/** (-inf, high] */
const atMost = (high: Parameter): Constraint => {
  const { fromReals } = lessThan(high)
  return constraint({
    name: 'atMost',
    contains: (x) => tf.logicalAnd(tf.lessEqual(x, high), tf.isFinite(x)),
    ...(fromReals && { fromReals })
  })
}

/** [low, high]; an end that is the number Infinity (not an entry of a tensor) is none. */
export const between = (low: Parameter, high: Parameter): Constraint => {
  if (low === -Infinity) return high === Infinity ? real : atMost(high)
  return high === Infinity ? atLeast(low) : interval(low, high)
}
