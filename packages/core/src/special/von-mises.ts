// The von Mises distribution on the circle: its distribution function, its spread, and what makes its draws differentiable.
import * as tf from '@tensorflow/tfjs-core'
import { customVjp, stopGradient } from '@bdl/compiler'
import { scoped } from '../scope.js'
import { i0e, i1e } from './bessel.js'
import { polynomial } from './elementwise.js'
import { CUT, panel, RULE_20 } from './quadrature.js'

/** 2 x (1 - I_1(x) / I_0(x)) in 10 / x - 1 for x >= 5: Chebyshev interpolation of 30-digit values, relative error 3e-8. */
const FAR = [
  1.71347367e-5, 5.46495429e-5, -3.53870538e-5, -2.29813349e-4, -1.38433883e-4, 2.60209033e-4, 6.50155248e-4,
  1.32557391e-3, 4.58736218e-3, 3.16737173e-2, 1.02800349
] as const

/**
 * 1 - I_1(k) / I_0(k), elementwise, for k >= 0: the circular variance of a von Mises variable of concentration k.
 * @precision float32: relative error below 1e-6, also for large k
 * @example circularVariance(tf.tensor1d([0, 1000])) // => [1, 0.0005]
 */
export const circularVariance = (concentration: tf.Tensor): tf.Tensor =>
  scoped(() => {
    const isNear = tf.less(concentration, 5)
    const small = tf.where(isNear, concentration, tf.zerosLike(concentration))
    const large = tf.where(isNear, tf.fill(concentration.shape, 5), concentration)
    const far = tf.div(polynomial(tf.sub(tf.div(10, large), 1), FAR), tf.mul(large, 2))
    return tf.where(isNear, tf.sub(1, tf.div(i1e(small), i0e(small))), far)
  })

/** Angles beyond |x|, up to pi, and their weights relative to the density at x. */
const beyond = (x: tf.Tensor, k: tf.Tensor) => {
  const size = tf.minimum(tf.abs(x), Math.PI)
  // sin^2 of half the angle at which the exponent reaches the cut
  const half = tf.add(tf.square(tf.sin(tf.mul(size, 0.5))), tf.div(CUT / 2, tf.maximum(k, 1e-3)))
  const cut = stopGradient(tf.mul(tf.asin(tf.sqrt(tf.minimum(half, 1))), 2))
  const end = tf.where(tf.less(half, 1), cut, Math.PI)
  const { s, integral } = panel(RULE_20, tf.maximum(tf.sub(end, size), 0))
  const wide = (p: tf.Tensor): tf.Tensor => tf.expandDims(p, -1)
  const drop = tf.mul(tf.sin(tf.add(wide(size), tf.mul(s, 0.5))), tf.sin(tf.mul(s, 0.5)))
  const weight = tf.exp(tf.mul(tf.mul(wide(k), drop), -2))
  return { angle: tf.add(wide(size), s), weight, integral, wide }
}

/** (P(X > |x|) over the density at x, and the derivative of that tail in k over the density at x) */
export const tailOverDensity = (x: tf.Tensor, k: tf.Tensor): readonly [mass: tf.Tensor, slope: tf.Tensor] => {
  const { angle, weight, integral, wide } = beyond(x, k)
  // cos t - I_1 / I_0, each as its distance from 1
  const score = tf.sub(wide(circularVariance(k)), tf.mul(tf.square(tf.sin(tf.mul(angle, 0.5))), 2))
  return [integral(weight), integral(tf.mul(weight, score))]
}

/**
 * log-density of the von Mises law of concentration k at an angle x from its centre: k (cos x - 1) - log(2 pi exp(-k) I_0(k)).
 * @precision float32: the cosine's distance from 1 is had from the sine of half the angle, so that large k lose no digits
 */
export const vonMisesLogDensity = (x: tf.Tensor, concentration: tf.Tensor): tf.Tensor =>
  scoped(() => {
    const drop = tf.mul(tf.square(tf.sin(tf.mul(x, 0.5))), 2)
    return tf.neg(tf.add(tf.mul(concentration, drop), tf.log(tf.mul(i0e(concentration), 2 * Math.PI))))
  })

const vonMisesDensity = (x: tf.Tensor, k: tf.Tensor): tf.Tensor => tf.exp(vonMisesLogDensity(x, k))

type Pair = readonly [x: tf.Tensor, k: tf.Tensor]

const rule = customVjp<Pair, tf.Tensor, Pair>({
  forward: (x, k) => {
    const tail = tf.mul(tailOverDensity(x, k)[0], vonMisesDensity(x, k))
    return [tf.where(tf.less(x, 0), tail, tf.sub(1, tail)), [x, k]]
  },
  backward: ([x, k], dy) => {
    const density = tf.mul(dy, vonMisesDensity(x, k))
    const slope = tf.mul(tailOverDensity(x, k)[1], tf.neg(tf.sign(x)))
    return [density, tf.mul(density, slope)]
  }
})

/**
 * P(X <= x) for a von Mises variable of concentration k about 0, for x in [-pi, pi]: an integral of exp(k cos t). Broadcasts.
 *
 * @param x an angle in [-pi, pi] @param concentration k >= 0. Differentiable in both
 * @precision float32: relative error below 2e-6 in the left tail, for k up to 1e6
 * @example vonMisesCdf(tf.scalar(-1), tf.scalar(4)) // => 0.0277
 */
export const vonMisesCdf = (x: tf.Tensor, concentration: tf.Tensor): tf.Tensor =>
  scoped(() => rule(tf.add(x, tf.zerosLike(concentration)), tf.add(concentration, tf.zerosLike(x))))
