// What is left of an elementary function when its leading terms are taken away: densities with large parameters are made of
// such remainders, since the leading terms cancel.
import * as tf from '@tensorflow/tfjs-core'
import { logRemainder } from '@bdl/compiler'
import { scoped } from '../scope.js'
import { elementwise, polynomial } from './elementwise.js'

/**
 * log(1 + x) - x, elementwise, for x >= -1; -inf at -1.
 * @precision float32: relative error below 5e-7
 * @example log1pmx(tf.scalar(1e-4)) // => -4.9997e-9
 */
export const log1pmx = (x: tf.Tensor): tf.Tensor => scoped(() => logRemainder(tf.add(x, 1), x))

/** 2 / n! from n = 12 down to 2. */
const EXP = [
  2 / 479001600,
  2 / 39916800,
  2 / 3628800,
  2 / 362880,
  2 / 40320,
  2 / 5040,
  2 / 720,
  2 / 120,
  2 / 24,
  2 / 6,
  1
] as const

/**
 * exp(x) - 1 - x, elementwise.
 * @precision float32: relative error below 5e-7
 * @example expm1mx(tf.scalar(1e-4)) // => 5.0002e-9
 */
export const expm1mx: (x: tf.Tensor) => tf.Tensor = elementwise(
  (x) => {
    const isNear = tf.less(tf.abs(x), 1)
    const inside = tf.where(isNear, x, tf.zerosLike(x)) // twelfth powers of what is outside overflow
    const near = tf.mul(tf.mul(tf.square(inside), 0.5), polynomial(inside, EXP))
    return tf.where(isNear, near, tf.sub(tf.expm1(x), x))
  },
  (x) => tf.expm1(x)
)
