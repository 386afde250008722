// Sets of integers, held as int32, as integral float32, or (boolean) as bool.
import * as tf from '@tensorflow/tfjs-core'
import type { Parameter } from '@bdl/bijectors'
import { BdlError, expectInteger } from '@bdl/core'
import { constraint, type Constraint } from './constraint.js'

const isIntegral = (x: tf.Tensor): tf.Tensor => tf.logicalAnd(tf.equal(x, tf.floor(x)), tf.isFinite(x))

const isIn = (x: tf.Tensor, inside: (y: tf.Tensor) => tf.Tensor): tf.Tensor => {
  const y = tf.cast(x, 'float32')
  return tf.logicalAnd(isIntegral(y), inside(y))
}

/** ..., -1, 0, 1, ... */
export const integers: Constraint = constraint({
  name: 'integers',
  isDiscrete: true,
  contains: (x) => isIntegral(tf.cast(x, 'float32'))
})

/** 0, 1, 2, ... */
export const nonNegativeIntegers: Constraint = constraint({
  name: 'nonNegativeIntegers',
  isDiscrete: true,
  contains: (x) => isIn(x, (y) => tf.greaterEqual(y, 0))
})

/**
 * low, low + 1, ..., high, both counted.
 *
 * @param low, high numbers or tensors that broadcast against the values
 * @error InvalidArgument if both are numbers and low > high
 */
export const integerInterval = (low: Parameter, high: Parameter): Constraint => {
  const areNumbers = typeof low === 'number' && typeof high === 'number'
  if (areNumbers && !(low <= high))
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'integerInterval',
      argument: 'low, high',
      expected: 'low <= high',
      got: `${low}, ${high}`
    })
  return constraint({
    name: 'integerInterval',
    isDiscrete: true,
    contains: (x) => isIn(x, (y) => tf.logicalAnd(tf.greaterEqual(y, low), tf.lessEqual(y, high))),
    ...(areNumbers && { members: () => tf.range(low, high + 1, 1, 'int32') })
  })
}

/** 0, 1, ..., n - 1. @error InvalidArgument if `n` is not a positive integer */
export const integersBelow = (n: number): Constraint => {
  expectInteger('integersBelow', { n }, 1)
  return Object.freeze({ ...integerInterval(0, n - 1), name: 'integersBelow' })
}

/** 0 and 1, or false and true. */
export const boolean: Constraint = constraint({
  name: 'boolean',
  isDiscrete: true,
  contains: (x) => isIn(x, (y) => tf.logicalOr(tf.equal(y, 0), tf.equal(y, 1))),
  members: () => tf.tensor1d([0, 1], 'int32')
})
