// Sums of waiting times, and their reciprocals.
import * as tf from '@tensorflow/tfjs-core'
import {
  gammainc,
  gammaincc,
  gammainccinv,
  gammaincinv,
  gammaLogRatio,
  lgammaCorrection,
  logGammaWeight,
  logGammaWeightAt,
  logMinusDigamma,
  type Key
} from '@bdl/core'
import { nonNegative, positive } from '../constraint.js'
import { distribution, type Distribution } from '../distribution.js'
import { batchShapeOf, expectPositiveParameter, filled, logOf, type Parameter } from '../parameters.js'

const HALF_LOG_TAU = 0.5 * Math.log(2 * Math.PI)
const MOST = 1e30

export interface Gamma extends Distribution {
  readonly name: 'gamma'
  readonly concentration: Parameter
  readonly rate: Parameter
}

export interface InverseGamma extends Distribution {
  readonly name: 'inverseGamma'
  readonly concentration: Parameter
  readonly scale: Parameter
}

/** A draw z of rate 1, its logarithm, and log of z times its density there. */
const draw = (key: Key, a: tf.Tensor): readonly [z: tf.Tensor, logZ: tf.Tensor, logWeight: tf.Tensor] => {
  const logRatio = gammaLogRatio(key, a)
  return [tf.mul(a, tf.exp(logRatio)), tf.add(tf.log(a), logRatio), logGammaWeightAt(a, logRatio)]
}

/** E[-log(z p(z))] at rate 1: log sqrt(2 pi a), its correction, and a (log a - ψ(a)). */
const weightEntropy = (a: tf.Tensor): tf.Tensor => {
  const leading = tf.sub(HALF_LOG_TAU, tf.mul(tf.log(a), 0.5))
  return tf.add(tf.add(leading, lgammaCorrection(a)), tf.mul(a, logMinusDigamma(a)))
}

/**
 * Gamma(concentration, rate): log p(x) = a log(rate) + (a - 1) log x - rate x - log Γ(a) for x >= 0, with a the concentration.
 *
 * The mode is NaN for a < 1, where the density is infinite at 0. Draws are differentiable in both parameters.
 *
 * @param concentration > 0, a number or a tensor; broadcasts with `rate` to the batch shape
 * @param rate > 0; the mean is a / rate
 * @error InvalidArgument if an entry of either is not finite and positive; ShapeMismatch if shapes do not broadcast
 * @precision float32: `logProb` keeps its digits for concentrations of 1e6; draws underflow to 0 where a < 0.05, and the
 *   log-probability of `sampleAndLogProb` stays right there
 * @source derivative of draws: Figurnov, Mohamed & Mnih (2018), arXiv:1805.08498
 * @example gamma(2, 1).logProb(tf.scalar(1)) // => -1
 */
export const gamma = (concentration: Parameter, rate: Parameter): Gamma => {
  expectPositiveParameter('gamma', 'concentration', concentration)
  expectPositiveParameter('gamma', 'rate', rate)
  const batchShape = batchShapeOf('gamma', { concentration, rate })
  const a = (shape: readonly number[] = batchShape): tf.Tensor => filled(concentration, shape)
  const atZero = (): tf.Tensor =>
    tf.where(tf.equal(a(), 1), logOf(rate), tf.where(tf.less(a(), 1), Infinity, -Infinity))
  return distribution<tf.Tensor, Pick<Gamma, 'name' | 'concentration' | 'rate'>>({
    name: 'gamma',
    concentration,
    rate,
    batchShape,
    eventShape: [],
    isReparameterised: true,
    support: nonNegative,
    logProb: (x) => {
      const isIn = tf.logicalAnd(tf.greater(x, 0), tf.less(x, MOST))
      const inside = tf.where(isIn, x, tf.onesLike(x))
      const z = tf.mul(inside, filled(rate, batchShape))
      const density = tf.sub(logGammaWeight(tf.add(a(), tf.zerosLike(z)), z), tf.log(inside))
      return tf.where(isIn, density, tf.where(tf.equal(x, 0), atZero(), -Infinity))
    },
    sampleAndLogProb: (key, sampleShape) => {
      const [z, logZ, logWeight] = draw(key, a([...sampleShape, ...batchShape]))
      return [tf.div(z, rate), tf.sub(logWeight, tf.sub(logZ, logOf(rate)))]
    },
    mean: () => tf.div(a(), rate),
    variance: () => tf.div(tf.div(a(), rate), rate),
    mode: () => tf.where(tf.less(a(), 1), NaN, tf.div(tf.sub(a(), 1), rate)),
    // E[-log p] = E[-log(z p)] + E[log x]
    entropy: () => {
      const meanLog = tf.sub(tf.sub(tf.log(a()), logMinusDigamma(a())), logOf(rate))
      return tf.add(weightEntropy(a()), meanLog)
    },
    cdf: (x) => gammainc(a(), tf.mul(tf.maximum(x, 0), rate)),
    icdf: (p) => tf.div(gammaincinv(a(), p), rate)
  })
}

/**
 * InverseGamma(concentration, scale), the law of scale / z with z of Gamma(concentration, 1):
 * log p(x) = a log(scale) - (a + 1) log x - scale / x - log Γ(a) for x > 0, with a the concentration.
 *
 * The mean is infinite for a <= 1; the variance is infinite for 1 < a <= 2 and NaN below. Draws are differentiable in both
 * parameters.
 *
 * @param concentration > 0, a number or a tensor; broadcasts with `scale` to the batch shape
 * @param scale > 0
 * @error InvalidArgument if an entry of either is not finite and positive; ShapeMismatch if shapes do not broadcast
 * @precision float32: as `gamma`; draws overflow where the concentration is below 0.05
 * @example inverseGamma(3, 2).mean?.() // => 1
 */
export const inverseGamma = (concentration: Parameter, scale: Parameter): InverseGamma => {
  expectPositiveParameter('inverseGamma', 'concentration', concentration)
  expectPositiveParameter('inverseGamma', 'scale', scale)
  const batchShape = batchShapeOf('inverseGamma', { concentration, scale })
  const a = (shape: readonly number[] = batchShape): tf.Tensor => filled(concentration, shape)
  /** Where moment k is finite, and a concentration that is safe in its formula. */
  const finite = (k: number): readonly [isFinite: tf.Tensor, safe: tf.Tensor] => {
    const isFinite = tf.greater(a(), k)
    return [isFinite, tf.where(isFinite, a(), k + 1)]
  }
  return distribution<tf.Tensor, Pick<InverseGamma, 'name' | 'concentration' | 'scale'>>({
    name: 'inverseGamma',
    concentration,
    scale,
    batchShape,
    eventShape: [],
    isReparameterised: true,
    support: positive,
    logProb: (x) => {
      const isIn = tf.logicalAnd(tf.greater(x, 0), tf.less(x, Infinity))
      const inside = tf.where(isIn, x, tf.onesLike(x))
      const z = tf.clipByValue(tf.div(filled(scale, batchShape), inside), 1 / MOST, MOST)
      const density = tf.sub(logGammaWeight(tf.add(a(), tf.zerosLike(z)), z), tf.log(inside))
      return tf.where(isIn, density, -Infinity)
    },
    sampleAndLogProb: (key, sampleShape) => {
      const [z, logZ, logWeight] = draw(key, a([...sampleShape, ...batchShape]))
      return [tf.div(scale, z), tf.add(logWeight, tf.sub(logZ, logOf(scale)))]
    },
    mean: () => {
      const [isFinite, safe] = finite(1)
      return tf.where(isFinite, tf.div(scale, tf.sub(safe, 1)), Infinity)
    },
    variance: () => {
      const [isFinite, safe] = finite(2)
      const value = tf.div(tf.square(tf.div(scale, tf.sub(safe, 1))), tf.sub(safe, 2))
      return tf.where(isFinite, value, tf.where(tf.greater(a(), 1), Infinity, NaN))
    },
    mode: () => tf.div(scale, tf.add(a(), 1)),
    entropy: () => {
      const meanLog = tf.sub(logOf(scale), tf.sub(tf.log(a()), logMinusDigamma(a())))
      return tf.add(weightEntropy(a()), meanLog)
    },
    cdf: (x) => {
      const isIn = tf.greater(x, 0)
      return tf.where(isIn, gammaincc(a(), tf.div(scale, tf.where(isIn, x, tf.onesLike(x)))), 0)
    },
    icdf: (p) => tf.div(scale, gammainccinv(a(), p))
  })
}
