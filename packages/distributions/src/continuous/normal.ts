// The Gaussian of one variable.
import * as tf from '@tensorflow/tfjs-core'
import { ndtr, ndtri, normal as standardNormal } from '@bdl/core'
import type { Parameter } from '../parameters.js'
import { locationScale, type LocationScale, type Standard } from './location-scale.js'

const HALF_LOG_TAU = 0.5 * Math.log(2 * Math.PI)

const standard: Standard = {
  draw: standardNormal,
  logDensity: (z) => tf.sub(tf.mul(tf.square(z), -0.5), HALF_LOG_TAU),
  cdf: ndtr,
  icdf: ndtri,
  mean: 0,
  variance: 1,
  mode: 0,
  entropy: HALF_LOG_TAU + 0.5
}

export type Normal = LocationScale<'normal'>

/**
 * N(loc, scale^2): log p(x) = -((x - loc) / scale)^2 / 2 - log scale - log(2 pi) / 2.
 *
 * @param loc mean, a number or a tensor; broadcasts with `scale` to the batch shape
 * @param scale standard deviation, > 0
 * @error InvalidArgument if an entry of `loc` is not finite, or of `scale` not finite and positive; ShapeMismatch if shapes do
 *   not broadcast
 * @precision float32: `cdf` is relatively accurate in the left tail down to -13 scales; draws end at 5.4 scales
 * @example normal(0, tf.tensor1d([1, 2])).logProb(tf.scalar(0)) // => [-0.919, -1.612]
 */
export const normal = (loc: Parameter, scale: Parameter): Normal => locationScale('normal', loc, scale, standard)
