// The Gaussian between two ends.
import * as tf from '@tensorflow/tfjs-core'
import { logTruncatedDensity, truncatedCdf, truncatedMoments, truncatedQuantile, uniform } from '@bdl/core'
import { distribution, type Distribution } from '../distribution.js'
import {
  batchShapeOf,
  expectFiniteParameter,
  expectOrdered,
  expectPositiveParameter,
  filled,
  logOf,
  type Parameter
} from '../parameters.js'
import { between } from './half-lines.js'

export interface TruncatedNormal extends Distribution {
  readonly name: 'truncatedNormal'
  readonly loc: Parameter
  readonly scale: Parameter
  readonly low: Parameter
  readonly high: Parameter
}

/**
 * N(loc, scale^2) conditioned on [low, high]: log p(x) = -((x - loc) / scale)^2 / 2 less its logarithmic integral over
 * [low, high], on which the ends may be infinite, or both far out in one tail.
 *
 * Draws are differentiable in all parameters: x is the quantile of a uniform number.
 *
 * @param loc, scale mean and standard deviation (> 0) before truncation; all four broadcast to the batch shape
 * @param low, high ends, low < high
 * @error InvalidArgument if an entry of `scale` is not finite and positive, of `loc` not finite, or low >= high; ShapeMismatch if
 *   shapes do not broadcast
 * @precision float32: moments and `logProb` to 1e-6 wherever the ends are; draws beyond 10 scales are right to 5e-4 of the law's
 *   own width
 * @source derivative of draws by the implicit function theorem
 * @example truncatedNormal(0, 1, 5, 8).mean?.() // => 5.1865
 */
export const truncatedNormal = (loc: Parameter, scale: Parameter, low: Parameter, high: Parameter): TruncatedNormal => {
  expectFiniteParameter('truncatedNormal', 'loc', loc)
  expectPositiveParameter('truncatedNormal', 'scale', scale)
  const batchShape = batchShapeOf('truncatedNormal', { loc, scale, low, high })
  expectOrdered('truncatedNormal', low, high)
  const standardise = (x: tf.Tensor): tf.Tensor => tf.div(tf.sub(x, loc), scale)
  const at = (z: tf.Tensor): tf.Tensor => tf.add(tf.mul(z, scale), loc)
  const ends = (like: readonly number[] = batchShape): readonly [tf.Tensor, tf.Tensor] => [
    tf.add(standardise(filled(low, batchShape)), tf.zeros([...like])),
    tf.add(standardise(filled(high, batchShape)), tf.zeros([...like]))
  ]
  const within = (x: tf.Tensor): tf.Tensor => tf.minimum(tf.maximum(x, low), high)
  const quantile = (u: tf.Tensor): readonly [x: tf.Tensor, z: tf.Tensor] => {
    const z = truncatedQuantile(u, ...ends(u.shape))
    return [within(at(z)), z]
  }
  const density = (z: tf.Tensor): tf.Tensor => tf.sub(logTruncatedDensity(z, ...ends(z.shape)), logOf(scale))
  /** Where x lies between the ends, and a point that does everywhere. */
  const inside = (value: tf.Tensor): readonly [isIn: tf.Tensor, z: tf.Tensor] => {
    const x = tf.add(value, tf.zeros([...batchShape]))
    const isIn = tf.logicalAnd(tf.greaterEqual(x, low), tf.lessEqual(x, high))
    return [isIn, standardise(tf.where(isIn, x, within(tf.add(tf.zerosLike(x), loc))))]
  }
  return distribution<tf.Tensor, Pick<TruncatedNormal, 'name' | 'loc' | 'scale' | 'low' | 'high'>>({
    name: 'truncatedNormal',
    loc,
    scale,
    low,
    high,
    batchShape,
    eventShape: [],
    isReparameterised: true,
    support: between(low, high),
    logProb: (x) => {
      const [isIn, z] = inside(x)
      return tf.where(isIn, density(z), -Infinity)
    },
    sampleAndLogProb: (key, sampleShape) => {
      const [x, z] = quantile(uniform(key, [...sampleShape, ...batchShape]))
      return [x, density(z)]
    },
    mean: () => at(truncatedMoments(...ends()).mean),
    variance: () => tf.mul(truncatedMoments(...ends()).variance, tf.square(filled(scale, batchShape))),
    mode: () => within(filled(loc, batchShape)),
    entropy: () => tf.add(truncatedMoments(...ends()).entropy, logOf(scale)),
    cdf: (value) => {
      const x = tf.add(value, tf.zeros([...batchShape]))
      const isIn = tf.logicalAnd(tf.greater(x, low), tf.less(x, high))
      const middle = tf.where(isIn, standardise(x), truncatedMoments(...ends(x.shape)).mean)
      return tf.where(isIn, truncatedCdf(middle, ...ends(x.shape)), tf.cast(tf.greaterEqual(x, high), 'float32'))
    },
    icdf: (p) => {
      const u = tf.add(p, tf.zeros([...batchShape]))
      const isChance = tf.logicalAnd(tf.greaterEqual(u, 0), tf.lessEqual(u, 1))
      return tf.where(isChance, quantile(tf.where(isChance, u, 0.5))[0], NaN)
    }
  })
}
