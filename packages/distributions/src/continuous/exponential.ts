// The memoryless law of waiting times.
import * as tf from '@tensorflow/tfjs-core'
import { exponential as draw } from '@bdl/core'
import { nonNegative } from '../constraint.js'
import type { Distribution } from '../distribution.js'
import { batchShapeOf, expectPositiveParameter, filled, logOf, type Parameter } from '../parameters.js'
import { fromStandard, type Standard } from './location-scale.js'

const standard: Standard = {
  isHalf: true,
  draw,
  logDensity: tf.neg,
  cdf: (z) => tf.neg(tf.expm1(tf.neg(z))),
  icdf: (p) => tf.neg(tf.log1p(tf.neg(p))),
  mean: 1,
  variance: 1,
  mode: 0,
  entropy: 1
}

export interface Exponential extends Distribution {
  readonly name: 'exponential'
  readonly rate: Parameter
}

/**
 * Exponential(rate): log p(x) = log rate - rate x for x >= 0.
 *
 * @param rate > 0, a number or a tensor of the batch shape; the mean is 1 / rate
 * @error InvalidArgument if an entry of `rate` is not finite and positive
 * @precision float32: draws end at 16 / rate
 * @example exponential(2).logProb(tf.scalar(1)) // => -1.3069
 */
export const exponential = (rate: Parameter): Exponential => {
  expectPositiveParameter('exponential', 'rate', rate)
  const batchShape = batchShapeOf('exponential', { rate })
  return fromStandard(
    { name: 'exponential', rate },
    {
      batchShape,
      support: nonNegative,
      standardise: (x) => tf.mul(x, rate),
      place: (z) => tf.div(z, rate),
      scale: () => tf.reciprocal(filled(rate, batchShape)),
      logScale: () => tf.neg(logOf(rate))
    },
    standard
  )
}
