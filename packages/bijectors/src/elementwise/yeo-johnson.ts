// The Yeo-Johnson power transformation: towards symmetry, for numbers of either sign.
import * as tf from '@tensorflow/tfjs-core'
import { bijector, type Bijector } from '../bijector.js'
import { expectFinite, type Parameter } from '../parameters.js'

/** A ratio that is 0 / 0 at z = 0, by the first terms of its series where |z| is below 1e-2. */
const ratio = (z: tf.Tensor, exact: (z: tf.Tensor) => tf.Tensor, series: readonly number[]): tf.Tensor => {
  const isSmall = tf.less(tf.abs(z), 1e-2)
  const small = tf.where(isSmall, z, tf.zerosLike(z))
  const near = series.reduceRight<tf.Tensor>((sum, c) => tf.add(tf.mul(sum, small), c), tf.zerosLike(z))
  return tf.where(isSmall, near, exact(tf.where(isSmall, tf.onesLike(z), z)))
}

/** (e^z - 1) / z */
const growth = (z: tf.Tensor): tf.Tensor => ratio(z, (v) => tf.div(tf.expm1(v), v), [1, 1 / 2, 1 / 6, 1 / 24, 1 / 120])
/** log(1 + z) / z */
const decline = (z: tf.Tensor): tf.Tensor =>
  ratio(z, (v) => tf.div(tf.log1p(v), v), [1, -1 / 2, 1 / 3, -1 / 4, 1 / 5, -1 / 6])

/** The magnitude, without the kink of |x| at 0, and the way back to the sign. */
const bySign = (x: tf.Tensor, power: Parameter) => {
  const isNegative = tf.less(x, 0)
  const signed = (v: tf.Tensor): tf.Tensor => tf.where(isNegative, tf.neg(v), v)
  // below 0 the same curve, with the power 2 - p
  const own = tf.add(tf.zerosLike(x), power)
  return { magnitude: signed(x), exponent: tf.where(isNegative, tf.sub(2, own), own), signed }
}

/**
 * y = ((1 + x)^p - 1) / p for x >= 0, -((1 - x)^(2 - p) - 1) / (2 - p) below, with logarithms where p = 0 and p = 2: twice
 * continuously differentiable, the identity for p = 1.
 *
 * With u = log(1 + |x|): |y| = u (e^(p u) - 1) / (p u), which no p makes singular; log-det = ±(p - 1) u.
 * @param power p; a tensor broadcasts against x and may be learnt through 0 and 2
 * @error InvalidArgument if an entry of `power` is not finite
 * @precision for p < 0 the image ends at -1 / p, for p > 2 at -1 / (p - 2): beyond it the inverse is NaN
 * @source Yeo & Johnson (2000), Biometrika 87(4), 954-959
 * @example yeoJohnson(0).forward(tf.tensor1d([1, -1])) // => [0.6931, -1.5]
 */
export const yeoJohnson = (power: Parameter): Bijector => {
  expectFinite('yeoJohnson', 'power', power)
  return bijector({
    name: 'yeoJohnson',
    eventNdims: 0,
    forwardAndLogDet: (x) => {
      const { magnitude, exponent, signed } = bySign(x, power)
      const u = tf.log1p(magnitude)
      return [signed(tf.mul(u, growth(tf.mul(exponent, u)))), signed(tf.mul(u, tf.sub(power, 1)))]
    },
    inverseAndLogDet: (y) => {
      const { magnitude, exponent, signed } = bySign(y, power)
      const u = tf.mul(magnitude, decline(tf.mul(exponent, magnitude)))
      return [signed(tf.expm1(u)), tf.neg(signed(tf.mul(u, tf.sub(power, 1))))]
    }
  })
}
