// The sinh-arcsinh map: skewness and weight of the tails, each by one number.
import * as tf from '@tensorflow/tfjs-core'
import { bijector, type Bijector } from '../bijector.js'
import { logCosh } from '../numerics/log-cosh.js'
import { expectFinite, expectPositiveEntries, logMagnitude, type Parameter } from '../parameters.js'

export interface SinhArcsinhOptions {
  /** Of either sign; 0 is none. */
  readonly skewness?: Parameter
  /** > 0: above 1 tails grow heavier, below lighter; default 1. */
  readonly tailweight?: Parameter
}

/**
 * y = sinh(tailweight (arsinh x + skewness)), onto all numbers; the identity by default.
 *
 * log-det = log tailweight + log cosh(arsinh y) - log cosh(arsinh x), since cosh(arsinh x) = sqrt(1 + x^2): nothing is squared,
 * so nothing overflows before y does.
 * @error InvalidArgument if an entry of `tailweight` is not finite and positive, or one of `skewness` not finite
 * @source Jones & Pewsey (2009), Sinh-arcsinh distributions, Biometrika 96(4), 761-780
 * @example sinhArcsinh({ tailweight: 2 }).forward(tf.scalar(1)) // => 2.8284
 */
export const sinhArcsinh = ({ skewness = 0, tailweight = 1 }: SinhArcsinhOptions = {}): Bijector => {
  expectFinite('sinhArcsinh', 'skewness', skewness)
  expectPositiveEntries('sinhArcsinh', 'tailweight', tailweight)
  const logSlope = (inner: tf.Tensor, outer: tf.Tensor): tf.Tensor =>
    tf.add(tf.sub(logCosh(outer), logCosh(inner)), logMagnitude(tailweight))
  return bijector({
    name: 'sinhArcsinh',
    eventNdims: 0,
    forwardAndLogDet: (x) => {
      const inner = tf.asinh(x)
      const outer = tf.mul(tf.add(inner, skewness), tailweight)
      return [tf.sinh(outer), logSlope(inner, outer)]
    },
    inverseAndLogDet: (y) => {
      const outer = tf.asinh(y)
      const inner = tf.sub(tf.div(outer, tailweight), skewness)
      return [tf.sinh(inner), tf.neg(logSlope(inner, outer))]
    }
  })
}
