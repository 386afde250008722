// The Gaussian folded at 0.
import * as tf from '@tensorflow/tfjs-core'
import { erf, erfinv, normal as draw } from '@bdl/core'
import type { Parameter } from '../parameters.js'
import { locationScale, type LocationScale, type Standard } from './location-scale.js'

const standard: Standard = {
  isHalf: true,
  draw: (key, shape) => tf.abs(draw(key, shape)),
  logDensity: (z) => tf.add(tf.mul(tf.square(z), -0.5), 0.5 * Math.log(2 / Math.PI)),
  cdf: (z) => erf(tf.mul(z, Math.SQRT1_2)),
  icdf: (p) => tf.mul(erfinv(p), Math.SQRT2),
  mean: Math.sqrt(2 / Math.PI),
  variance: 1 - 2 / Math.PI,
  mode: 0,
  entropy: 0.5 * Math.log(Math.PI / 2) + 0.5
}

export type HalfNormal = LocationScale<'halfNormal'>

/**
 * HalfNormal(scale): |z| scale with z standard normal; log p(x) = -(x / scale)^2 / 2 - log scale + log(2 / pi) / 2 for x >= 0.
 *
 * @param scale > 0, a number or a tensor of the batch shape
 * @error InvalidArgument if an entry of `scale` is not finite and positive
 * @example halfNormal(1).logProb(tf.tensor1d([-1, 0])) // => [-inf, -0.2258]
 */
export const halfNormal = (scale: Parameter): HalfNormal => locationScale('halfNormal', 0, scale, standard)
