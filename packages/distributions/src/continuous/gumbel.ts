// The extreme-value law of maxima.
import * as tf from '@tensorflow/tfjs-core'
import { gumbel as draw } from '@bdl/core'
import type { Parameter } from '../parameters.js'
import { locationScale, type LocationScale, type Standard } from './location-scale.js'

export const EULER_GAMMA = 0.5772156649015329

const standard: Standard = {
  draw,
  logDensity: (z) => tf.neg(tf.add(z, tf.exp(tf.neg(z)))),
  cdf: (z) => tf.exp(tf.neg(tf.exp(tf.neg(z)))),
  icdf: (p) => tf.neg(tf.log(tf.neg(tf.log(p)))),
  mean: EULER_GAMMA,
  variance: Math.PI ** 2 / 6,
  mode: 0,
  entropy: EULER_GAMMA + 1
}

export type Gumbel = LocationScale<'gumbel'>

/**
 * Gumbel(loc, scale): with z = (x - loc) / scale, log p(x) = -z - exp(-z) - log scale.
 *
 * @param loc mode, a number or a tensor; broadcasts with `scale` to the batch shape
 * @param scale > 0
 * @error InvalidArgument if an entry of `loc` is not finite, or of `scale` not finite and positive; ShapeMismatch if shapes do
 *   not broadcast
 * @precision float32: draws end near 16 scales on the right
 * @example gumbel(0, 1).logProb(tf.scalar(0)) // => -1
 */
export const gumbel = (loc: Parameter, scale: Parameter): Gumbel => locationScale('gumbel', loc, scale, standard)
