/** Polynomials of tensors. */
import * as tf from '@tensorflow/tfjs-core'
import type { Coefficients } from './special-reference.js'

/** c[0] xⁿ⁻¹ + ... + c[n-1], by Horner's rule. */
export const horner = (x: tf.Tensor, [first, second, ...rest]: Coefficients): tf.Tensor =>
  rest.reduce<tf.Tensor>((sum, c) => tf.add(tf.mul(sum, x), c), tf.add(tf.mul(x, first), second))
