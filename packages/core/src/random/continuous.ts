/**
 * Continuous samplers: each transforms one uniform draw, in the very form that `jax.random` uses, so that the numbers agree
 * to the rounding of float32 functions. Location and scale are the caller's: `tf.add(loc, tf.mul(scale, normal(key, shape)))`.
 */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, erf, erfinvXla } from '@bdl/compiler'
import { scoped } from '../scope.js'
import { uniform } from './bits.js'
import type { Key } from './key.js'

/** Smallest normal float32, spacing of floats above 1, and the float below 1. */
const TINY = 2 ** -126
const EPSILON = 2 ** -23
const BELOW_ONE = 1 - 2 ** -24

type Sampler = (key: Key, shape: readonly number[]) => tf.Tensor

/** N(0, 1), float32 of `shape`: sqrt 2 erfinv(u), u uniform on (-1, 1). @precision |x| < 5.42: the grid of u ends there */
export const normal: Sampler = (key, shape) =>
  scoped(() => tf.mul(erfinvXla(uniform(key, shape, { minval: -BELOW_ONE })), Math.SQRT2))

/** Exponential of rate 1: -log1p(-u). */
export const exponential: Sampler = (key, shape) => scoped(() => tf.neg(tf.log1p(tf.neg(uniform(key, shape)))))

/** Standard Gumbel: -log(-log u). @precision the left tail is fine, the right ends near 16 */
export const gumbel: Sampler = (key, shape) =>
  scoped(() => tf.neg(tf.log(tf.neg(tf.log(uniform(key, shape, { minval: TINY }))))))

/** Laplace of scale 1: sign(u) log1p(-|u|), u uniform on (-1, 1). */
export const laplace: Sampler = (key, shape) =>
  scoped(() => {
    const u = uniform(key, shape, { minval: -BELOW_ONE })
    return tf.mul(tf.sign(u), tf.log1p(tf.neg(tf.abs(u))))
  })

/** Logistic of scale 1: log(u / (1 - u)). @precision the left tail reaches -87, the right ends at 15.9 */
export const logistic: Sampler = (key, shape) =>
  scoped(() => {
    const u = uniform(key, shape, { minval: TINY })
    return tf.log(tf.div(u, tf.sub(1, u)))
  })

/** Cauchy of scale 1: tan(pi (u - 1/2)). */
export const cauchy: Sampler = (key, shape) =>
  scoped(() => tf.tan(tf.mul(tf.sub(uniform(key, shape, { minval: EPSILON }), 0.5), Math.PI)))

const float = new Float32Array(1)
const floatBits = new Int32Array(float.buffer)

/** The next float32 above x. */
const nextUp = (x: number): number => {
  if (x === 0) return 2 ** -149
  float[0] = x
  floatBits[0]! += x > 0 ? 1 : -1
  return float[0]
}

/**
 * N(0, 1) conditioned on (lower, upper): sqrt 2 erfinv(u), u uniform between the ends' erf.
 *
 * @error InvalidArgument unless lower < upper
 * @precision in a tail one ulp of the ends' erf moves the draws (2e-5 at 3.3), and further out the ends coincide: keep the
 *   interval's mass above 1e-5
 */
export const truncatedNormal = (key: Key, lower: number, upper: number, shape: readonly number[]): tf.Tensor => {
  if (!(lower < upper))
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'truncatedNormal',
      argument: 'lower, upper',
      expected: 'lower < upper',
      got: `${lower}, ${upper}`
    })
  return scoped(() => {
    const end = (x: number): tf.Tensor => erf(tf.scalar(Math.fround(x) / Math.fround(Math.SQRT2)))
    const draw = tf.mul(erfinvXla(uniform(key, shape, { minval: end(lower), maxval: end(upper) })), Math.SQRT2)
    // nextafter at infinite ends is the largest float: those ends bound nothing
    const above = lower === -Infinity ? draw : tf.maximum(draw, nextUp(Math.fround(lower)))
    return upper === Infinity ? above : tf.minimum(above, -nextUp(-Math.fround(upper)))
  })
}
