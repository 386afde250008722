// How the special functions are made: a value, and a derivative stated apart from it.
import * as tf from '@tensorflow/tfjs-core'
import { customVjp, type CustomVjpRule } from '@bdl/compiler'
import { scoped } from '../scope.js'

/** Coefficients of a polynomial of degree 1 or more, highest power first. */
export type Coefficients = readonly [number, number, ...number[]]

/** c[0] x^(n-1) + ... + c[n-1], by Horner's rule. */
export const polynomial = (x: tf.Tensor, [first, second, ...rest]: Coefficients): tf.Tensor =>
  rest.reduce<tf.Tensor>((sum, c) => tf.add(tf.mul(sum, x), c), tf.add(tf.mul(x, first), second))

/** Zeros of the shape that tensors broadcast to. */
export const zerosOver = (...all: readonly tf.Tensor[]): tf.Tensor =>
  all.map((x) => tf.zerosLike(x)).reduce((sum, x) => tf.add(sum, x))

/**
 * An elementwise function with a stated slope, for where differentiating the approximation would lose digits or give NaN
 * in a branch that is not taken. `slope` depends on x alone (calling the function again where it needs its value), so
 * every further derivative is right too.
 */
export const elementwise = (
  value: (x: tf.Tensor) => tf.Tensor,
  slope: (x: tf.Tensor) => tf.Tensor
): ((x: tf.Tensor) => tf.Tensor) => {
  const rule: CustomVjpRule<readonly [tf.Tensor], tf.Tensor, tf.Tensor> = {
    forward: (x) => [value(x), x],
    backward: (x, dy) => [tf.mul(dy, slope(x))]
  }
  return (x) => scoped(() => customVjp(rule)(x))
}
