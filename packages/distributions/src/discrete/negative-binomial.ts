// Successes before a number of failures; a Poisson count whose rate is a gamma variable.
import * as tf from '@tensorflow/tfjs-core'
import { stopGradient } from '@bdl/compiler'
import { betainc, gamma, poisson, split } from '@bdl/core'
import { nonNegativeIntegers } from '../constraint.js'
import { distribution, type Distribution } from '../distribution.js'
import { batchShapeOf, expectPositiveParameter, filled, type Parameter } from '../parameters.js'
import { expectFailuresPossible } from './checks.js'
import { deviance, factorialCorrection, sumOverHeavyTail } from './counts.js'
import { expectOdds, failureOf, logFailure, namedOdds, successOf, type Odds } from './odds.js'
import { leastCount } from './quantile.js'
import { atomsOnly, broadcastValue } from './values.js'

export interface NegativeBinomial extends Distribution {
  readonly name: 'negativeBinomial'
  readonly totalCount: Parameter
  readonly odds: Odds
}

interface Failures {
  readonly r: tf.Tensor
  readonly p: tf.Tensor
  readonly q: tf.Tensor
  readonly logQ: tf.Tensor
}

/** Of k > 0: r / (r + k) times the binomial density of r failures among r + k trials. */
const someSuccesses = (k: tf.Tensor, { r, p, q }: Failures): tf.Tensor => {
  const n = tf.add(r, k)
  const deviances = tf.add(deviance(r, tf.mul(n, q)), deviance(k, tf.mul(n, p)))
  const corrections = tf.add(factorialCorrection(r), factorialCorrection(k))
  const among = tf.add(deviances, tf.sub(factorialCorrection(n), corrections))
  return tf.sub(among, tf.log1p(tf.div(k, r)))
}

/** r log q, shaped like k. */
const none = ({ r, logQ }: Failures, k: tf.Tensor): tf.Tensor => tf.add(tf.mul(r, logQ), tf.zerosLike(k))

/** Of k >= 0, whole or not. */
const logDensity = (k: tf.Tensor, failures: Failures): tf.Tensor => {
  const isNone = tf.equal(k, 0)
  return tf.where(isNone, none(failures, k), someSuccesses(tf.where(isNone, 1, k), failures))
}

/** F(k) = I_q(r, k + 1). */
const distributionFunction = (x: tf.Tensor, { r, q }: Failures): tf.Tensor => {
  const k = tf.floor(tf.cast(x, 'float32'))
  const isUsual = tf.logicalAnd(tf.greaterEqual(k, 0), tf.isFinite(k))
  const count = tf.where(isUsual, k, 0)
  const f = betainc(tf.add(r, tf.zerosLike(count)), tf.add(count, 1), tf.add(q, tf.zerosLike(count)))
  return tf.where(isUsual, f, tf.cast(tf.greaterEqual(k, 0), 'float32'))
}

/**
 * P(x = k) = Γ(r + k) / (Γ(r) k!) p^k (1 - p)^r for k = 0, 1, 2, ...: successes before the r-th failure.
 *
 * @param totalCount r > 0, not necessarily an integer
 * @param odds of a success: `{ probs }` in [0, 1), or `{ logits }`; all broadcast to [...B]. The mean is r p / (1 - p)
 * @error InvalidArgument if `totalCount` is not finite and positive, or a probability not in [0, 1)
 * @precision float32: log-probabilities to a few ulp of the largest of their terms. Draws are int32, with means below 1e9.
 *   The entropy is a sum over 256 counts and an integral over the rest
 * @example negativeBinomial(5, { probs: 0.375 }).mean() // => 3
 */
export const negativeBinomial = (totalCount: Parameter, odds: Odds): NegativeBinomial => {
  expectPositiveParameter('negativeBinomial', 'totalCount', totalCount)
  expectOdds('negativeBinomial', odds)
  expectFailuresPossible('negativeBinomial', odds)
  const batchShape = batchShapeOf('negativeBinomial', { totalCount, ...namedOdds(odds) })
  const failures = (): Failures => ({
    r: filled(totalCount, batchShape),
    p: successOf(odds, batchShape),
    q: failureOf(odds, batchShape),
    logQ: logFailure(odds, batchShape)
  })
  const logProb = (value: tf.Tensor): tf.Tensor =>
    atomsOnly(nonNegativeIntegers, broadcastValue(value, batchShape), (k) => logDensity(k, failures()))
  const cdf = (x: tf.Tensor): tf.Tensor => distributionFunction(x, failures())
  return distribution<tf.Tensor, Pick<NegativeBinomial, 'name' | 'totalCount' | 'odds'>>({
    name: 'negativeBinomial',
    totalCount,
    odds,
    batchShape,
    eventShape: [],
    isReparameterised: false,
    support: nonNegativeIntegers,
    logProb,
    sampleAndLogProb: (key, sampleShape) => {
      const [keyRate, keyCount] = split(key)
      const { r, p, q } = failures()
      const shape = [...sampleShape, ...batchShape]
      const rate = tf.mul(gamma(keyRate, stopGradient(r), shape), tf.div(p, q))
      const x = poisson(keyCount, stopGradient(rate), shape)
      return [x, logProb(x)]
    },
    ...moments(failures),
    cdf,
    icdf: (p) => {
      const { r, p: success, q } = failures()
      const mean = tf.div(tf.mul(r, success), q)
      const deviation = tf.sqrt(tf.div(mean, q))
      return leastCount(cdf, p, tf.add(tf.add(mean, tf.mul(deviation, 40)), 40), false)
    }
  })
}

const moments = (failures: () => Failures): Pick<Required<Distribution>, 'mean' | 'variance' | 'mode' | 'entropy'> => ({
  mean: () => {
    const { r, p, q } = failures()
    return tf.div(tf.mul(r, p), q)
  },
  variance: () => {
    const { r, p, q } = failures()
    return tf.div(tf.div(tf.mul(r, p), q), q)
  },
  mode: () => {
    const { r, p, q } = failures()
    return tf.floor(tf.div(tf.mul(tf.relu(tf.sub(r, 1)), p), q))
  },
  entropy: () => {
    const { r, p, q, logQ } = failures()
    const wide = {
      r: tf.expandDims(r, -1),
      p: tf.expandDims(p, -1),
      q: tf.expandDims(q, -1),
      logQ: tf.expandDims(logQ, -1)
    }
    const mean = tf.div(tf.mul(r, p), q)
    return sumOverHeavyTail(mean, tf.sqrt(tf.div(mean, q)), (k) => {
      const log = logDensity(k, wide)
      const isPossible = tf.greater(log, -Infinity)
      const finite = tf.where(isPossible, log, 0)
      return tf.where(isPossible, tf.neg(tf.mul(tf.exp(finite), finite)), 0)
    })
  }
})
