// The logistic law: the log-odds of a uniform chance.
import * as tf from '@tensorflow/tfjs-core'
import { logistic as draw, sigmoid, softplus } from '@bdl/core'
import type { Parameter } from '../parameters.js'
import { locationScale, type LocationScale, type Standard } from './location-scale.js'

const standard: Standard = {
  draw,
  logDensity: (z) => tf.neg(tf.add(z, tf.mul(softplus(tf.neg(z)), 2))),
  cdf: sigmoid,
  icdf: (p) => tf.sub(tf.log(p), tf.log1p(tf.neg(p))),
  mean: 0,
  variance: Math.PI ** 2 / 3,
  mode: 0,
  entropy: 2
}

export type Logistic = LocationScale<'logistic'>

/**
 * Logistic(loc, scale): with z = (x - loc) / scale, log p(x) = -z - 2 log(1 + exp(-z)) - log scale.
 *
 * @param loc mean and median, a number or a tensor; broadcasts with `scale` to the batch shape
 * @param scale > 0
 * @error InvalidArgument if an entry of `loc` is not finite, or of `scale` not finite and positive; ShapeMismatch if shapes do
 *   not broadcast
 * @precision float32: `cdf` is relatively accurate in the left tail; draws end at 15.9 scales on the right
 * @example logistic(0, 1).logProb(tf.scalar(0)) // => -1.3863
 */
export const logistic = (loc: Parameter, scale: Parameter): Logistic => locationScale('logistic', loc, scale, standard)
