// The double exponential.
import * as tf from '@tensorflow/tfjs-core'
import { laplace as draw } from '@bdl/core'
import type { Parameter } from '../parameters.js'
import { locationScale, type LocationScale, type Standard } from './location-scale.js'

const standard: Standard = {
  draw,
  logDensity: (z) => tf.sub(tf.neg(tf.abs(z)), Math.LN2),
  cdf: (z) => {
    const tail = tf.mul(tf.exp(tf.neg(tf.abs(z))), 0.5)
    return tf.where(tf.less(z, 0), tail, tf.sub(1, tail))
  },
  icdf: (p) => {
    const isLow = tf.less(p, 0.5)
    const size = tf.log(tf.mul(tf.where(isLow, p, tf.sub(1, p)), 2))
    return tf.where(isLow, size, tf.neg(size))
  },
  mean: 0,
  variance: 2,
  mode: 0,
  entropy: 1 + Math.LN2
}

export type Laplace = LocationScale<'laplace'>

/**
 * Laplace(loc, scale): log p(x) = -|x - loc| / scale - log(2 scale).
 *
 * @param loc mean and median, a number or a tensor; broadcasts with `scale` to the batch shape
 * @param scale mean distance from `loc`, > 0
 * @error InvalidArgument if an entry of `loc` is not finite, or of `scale` not finite and positive; ShapeMismatch if shapes do
 *   not broadcast
 * @precision float32: `cdf` is relatively accurate in the left tail; draws end at 16.6 scales
 * @example laplace(0, 1).logProb(tf.scalar(2)) // => -2.6931
 */
export const laplace = (loc: Parameter, scale: Parameter): Laplace => locationScale('laplace', loc, scale, standard)
