// The Cauchy law, whole and folded at its centre.
import * as tf from '@tensorflow/tfjs-core'
import { cauchy as draw } from '@bdl/core'
import type { Parameter } from '../parameters.js'
import { locationScale, type LocationScale, type Standard } from './location-scale.js'

/** log(1 + z^2), also where the square overflows. */
export const logSquarePlus1 = (z: tf.Tensor): tf.Tensor => {
  const size = tf.abs(z)
  const isFar = tf.greater(size, 1e9)
  const near = tf.log1p(tf.square(tf.where(isFar, tf.zerosLike(z), z)))
  return tf.where(isFar, tf.mul(tf.log(tf.where(isFar, size, tf.onesLike(z))), 2), near)
}

/** tan(pi q / 2) for q in [0, 1], by its reciprocal where it is large. */
const tangent = (q: tf.Tensor): tf.Tensor => {
  const isLow = tf.less(q, 0.5)
  const low = tf.tan(tf.mul(tf.where(isLow, q, tf.sub(1, q)), Math.PI / 2))
  return tf.where(isLow, low, tf.reciprocal(low))
}

const standard: Standard = {
  draw,
  logDensity: (z) => tf.neg(tf.add(logSquarePlus1(z), Math.log(Math.PI))),
  cdf: (z) => {
    const isLeft = tf.less(z, -1)
    const tail = tf.atan(tf.reciprocal(tf.where(isLeft, tf.neg(z), tf.onesLike(z))))
    return tf.where(isLeft, tf.div(tail, Math.PI), tf.add(tf.div(tf.atan(z), Math.PI), 0.5))
  },
  // the tails by their own chance: tan(pi (p - 1/2)) = -1 / tan(pi p)
  icdf: (p) => {
    const isLow = tf.less(p, 0.5)
    const size = tangent(tf.sub(1, tf.mul(tf.where(isLow, p, tf.sub(1, p)), 2)))
    return tf.where(isLow, tf.neg(size), size)
  },
  mode: 0,
  entropy: Math.log(4 * Math.PI)
}

const half: Standard = {
  isHalf: true,
  draw: (key, shape) => tf.abs(draw(key, shape)),
  logDensity: (z) => tf.sub(Math.log(2 / Math.PI), logSquarePlus1(z)),
  cdf: (z) => tf.mul(tf.atan(z), 2 / Math.PI),
  icdf: tangent,
  mean: Infinity,
  mode: 0,
  entropy: Math.log(2 * Math.PI)
}

export type Cauchy = LocationScale<'cauchy'>
export type HalfCauchy = LocationScale<'halfCauchy'>

/**
 * Cauchy(loc, scale): log p(x) = -log(1 + ((x - loc) / scale)^2) - log(pi scale). It has no mean and no variance.
 *
 * @param loc median, a number or a tensor; broadcasts with `scale` to the batch shape
 * @param scale half the distance between the quartiles, > 0
 * @error InvalidArgument if an entry of `loc` is not finite, or of `scale` not finite and positive; ShapeMismatch if shapes do
 *   not broadcast
 * @precision float32: relative accuracy of `cdf` in the left tail, of `logProb` everywhere; draws end at 2.7e6 scales
 * @example cauchy(0, 1).logProb(tf.scalar(1e30)) // => -139.3
 */
export const cauchy = (loc: Parameter, scale: Parameter): Cauchy => locationScale('cauchy', loc, scale, standard)

/**
 * HalfCauchy(loc, scale): twice the density of Cauchy(loc, scale) on [loc, inf). Its mean is infinite.
 *
 * @param loc lower end, a number or a tensor; broadcasts with `scale` to the batch shape
 * @param scale median less `loc`, > 0
 * @error InvalidArgument if an entry of `loc` is not finite, or of `scale` not finite and positive; ShapeMismatch if shapes do
 *   not broadcast
 * @example halfCauchy(0, 1).cdf(tf.scalar(1)) // => 0.5
 */
export const halfCauchy = (loc: Parameter, scale: Parameter): HalfCauchy =>
  locationScale('halfCauchy', loc, scale, half)
