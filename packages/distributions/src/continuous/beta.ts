// Chances.
import * as tf from '@tensorflow/tfjs-core'
import {
  betainc,
  betaincinv,
  lgammaCorrection,
  logBetaWeight,
  logitBeta,
  logMinusDigamma,
  logSigmoid,
  sigmoid
} from '@bdl/core'
import { unitInterval } from '../constraint.js'
import { distribution, type Distribution } from '../distribution.js'
import { batchShapeOf, expectPositiveParameter, filled, type Parameter } from '../parameters.js'

const HALF_LOG_TAU = 0.5 * Math.log(2 * Math.PI)

export interface Beta extends Distribution {
  readonly name: 'beta'
  readonly concentration1: Parameter
  readonly concentration0: Parameter
}

/** log-density where the share of concentration `own` vanishes: that of the other there is 1. */
const atEnd = (own: tf.Tensor, other: tf.Tensor): tf.Tensor =>
  tf.where(tf.equal(own, 1), tf.log(other), tf.where(tf.less(own, 1), Infinity, -Infinity))

/** Terms of order 1 of the entropy; the large ones, of log B and of means of logarithms, cancel by Stirling's formula. */
const entropyOf = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => {
  const total = tf.add(a, b)
  const logs = tf.mul(tf.add(tf.log(tf.div(a, total)), tf.log(tf.div(b, tf.square(total)))), 0.5)
  const corrections = tf.sub(tf.add(lgammaCorrection(a), lgammaCorrection(b)), lgammaCorrection(total))
  const score = (p: tf.Tensor, less: number): tf.Tensor => tf.mul(tf.sub(p, less), logMinusDigamma(p))
  const means = tf.sub(tf.add(score(a, 1), score(b, 1)), score(total, 2))
  return tf.add(tf.add(tf.add(logs, HALF_LOG_TAU), corrections), means)
}

/**
 * Beta(concentration1, concentration0) = Beta(a, b): log p(x) = (a - 1) log x + (b - 1) log(1 - x) - log B(a, b) on [0, 1].
 *
 * The mode is NaN where the density is infinite at an end, or flat. Draws are differentiable in both parameters.
 *
 * @param concentration1 a > 0, of x, a number or a tensor; broadcasts with the other to the batch shape
 * @param concentration0 b > 0, of 1 - x
 * @error InvalidArgument if an entry of either is not finite and positive; ShapeMismatch if shapes do not broadcast
 * @precision float32: `logProb` keeps its digits for concentrations of 1e6; draws near 1 are rounded to it, and the
 *   log-probability of `sampleAndLogProb` stays right there
 * @source derivative of draws, through two gamma variables: Figurnov, Mohamed & Mnih (2018), arXiv:1805.08498
 * @example beta(2, 3).logProb(tf.scalar(0.5)) // => 0.4055
 */
export const beta = (concentration1: Parameter, concentration0: Parameter): Beta => {
  expectPositiveParameter('beta', 'concentration1', concentration1)
  expectPositiveParameter('beta', 'concentration0', concentration0)
  const batchShape = batchShapeOf('beta', { concentration1, concentration0 })
  const a = (shape: readonly number[] = batchShape): tf.Tensor => filled(concentration1, shape)
  const b = (shape: readonly number[] = batchShape): tf.Tensor => filled(concentration0, shape)
  const total = (): tf.Tensor => tf.add(a(), b())
  return distribution<tf.Tensor, Pick<Beta, 'name' | 'concentration1' | 'concentration0'>>({
    name: 'beta',
    concentration1,
    concentration0,
    batchShape,
    eventShape: [],
    isReparameterised: true,
    support: unitInterval,
    logProb: (value) => {
      const x = tf.add(value, tf.zeros([...batchShape]))
      const isIn = tf.logicalAnd(tf.greater(x, 0), tf.less(x, 1))
      const inside = tf.where(isIn, x, tf.mul(tf.onesLike(x), 0.5))
      const rest = tf.sub(1, inside)
      const spread = (p: tf.Tensor): tf.Tensor => tf.add(p, tf.zerosLike(x))
      const density = tf.sub(
        logBetaWeight(spread(a()), spread(b()), inside, rest),
        tf.add(tf.log(inside), tf.log(rest))
      )
      const ends = tf.where(tf.equal(x, 0), atEnd(a(), b()), tf.where(tf.equal(x, 1), atEnd(b(), a()), -Infinity))
      return tf.where(isIn, density, ends)
    },
    sampleAndLogProb: (key, sampleShape) => {
      const shape = [...sampleShape, ...batchShape]
      const [first, second] = [a(shape), b(shape)]
      const logit = logitBeta(key, first, second)
      const [x, rest] = [sigmoid(logit), sigmoid(tf.neg(logit))]
      const logSlope = tf.add(logSigmoid(logit), logSigmoid(tf.neg(logit)))
      return [x, tf.sub(logBetaWeight(first, second, x, rest), logSlope)]
    },
    mean: () => tf.div(a(), total()),
    variance: () => tf.div(tf.mul(tf.div(a(), total()), tf.div(b(), total())), tf.add(total(), 1)),
    mode: () => {
      const isPeaked = tf.logicalAnd(tf.greaterEqual(tf.minimum(a(), b()), 1), tf.greater(total(), 2))
      return tf.where(isPeaked, tf.div(tf.sub(a(), 1), tf.sub(total(), 2)), NaN)
    },
    entropy: () => entropyOf(a(), b()),
    cdf: (x) => betainc(a(), b(), tf.clipByValue(x, 0, 1)),
    icdf: (p) => betaincinv(a(), b(), p)
  })
}
