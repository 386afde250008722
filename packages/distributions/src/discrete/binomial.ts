// Successes among a number of trials.
import * as tf from '@tensorflow/tfjs-core'
import { betainc, binomial as draw } from '@bdl/core'
import { integerInterval } from '../constraint.js'
import { distribution, type Distribution } from '../distribution.js'
import { batchShapeOf, filled, type Parameter } from '../parameters.js'
import { expectCounts } from './checks.js'
import { binomialLogDensity, sumOverCounts, windowLogDensity, type Trials } from './counts.js'
import { expectOdds, failureOf, namedOdds, successOf, type Odds } from './odds.js'
import { leastCount } from './quantile.js'
import { atomsOnly, broadcastValue } from './values.js'

export interface Binomial extends Distribution {
  readonly name: 'binomial'
  readonly totalCount: Parameter
  readonly odds: Odds
}

/** F(k) = I_q(n - k, k + 1). */
const distributionFunction = (x: tf.Tensor, { n, q }: Trials): tf.Tensor => {
  const k = tf.floor(tf.cast(x, 'float32'))
  const isUsual = tf.logicalAnd(tf.greaterEqual(k, 0), tf.less(k, n))
  const count = tf.where(isUsual, k, 0)
  const f = betainc(tf.where(isUsual, tf.sub(n, count), 1), tf.add(count, 1), tf.add(q, tf.zerosLike(count)))
  return tf.where(isUsual, f, tf.cast(tf.greaterEqual(k, n), 'float32'))
}

/**
 * P(x = k) = C(n, k) p^k (1 - p)^(n - k) for k = 0, ..., n: successes among n trials.
 *
 * @param totalCount n, an integer >= 0 @param odds `{ probs }` in [0, 1], or `{ logits }`; all broadcast to [...B]
 * @error InvalidArgument if a count is not a non-negative integer, or a probability not in [0, 1]
 * @precision float32: log-probabilities to a few ulp, for counts up to 2^24. The entropy is a sum over 512 counts
 * @source Loader (2000), Fast and accurate computation of binomial probabilities, Bell Laboratories
 * @example binomial(10, { probs: 0.3 }).logProb(tf.scalar(3)) // => -1.3212
 */
export const binomial = (totalCount: Parameter, odds: Odds): Binomial => {
  expectCounts('binomial', 'totalCount', totalCount)
  expectOdds('binomial', odds)
  const batchShape = batchShapeOf('binomial', { totalCount, ...namedOdds(odds) })
  const trials = (): Trials => ({
    n: tf.cast(filled(totalCount, batchShape), 'float32'),
    p: successOf(odds, batchShape),
    q: failureOf(odds, batchShape)
  })
  const support = integerInterval(0, totalCount)
  const logProb = (value: tf.Tensor): tf.Tensor =>
    atomsOnly(support, broadcastValue(value, batchShape), (k) => binomialLogDensity(k, trials()))
  const cdf = (x: tf.Tensor): tf.Tensor => distributionFunction(x, trials())
  return distribution<tf.Tensor, Pick<Binomial, 'name' | 'totalCount' | 'odds'>>({
    name: 'binomial',
    totalCount,
    odds,
    batchShape,
    eventShape: [],
    isReparameterised: false,
    support,
    logProb,
    sampleAndLogProb: (key, sampleShape) => {
      const { n, p } = trials()
      const x = draw(key, n, p, [...sampleShape, ...batchShape])
      return [x, logProb(x)]
    },
    ...moments(trials),
    cdf,
    icdf: (p) => leastCount(cdf, p, trials().n, true)
  })
}

const moments = (trials: () => Trials): Pick<Required<Distribution>, 'mean' | 'variance' | 'mode' | 'entropy'> => ({
  mean: () => {
    const { n, p } = trials()
    return tf.mul(n, p)
  },
  variance: () => {
    const { n, p, q } = trials()
    return tf.mul(tf.mul(n, p), q)
  },
  mode: () => {
    const { n, p } = trials()
    return tf.minimum(tf.floor(tf.mul(tf.add(n, 1), p)), n)
  },
  entropy: () => {
    const { n, p, q } = trials()
    const wide = { n: tf.expandDims(n, -1), p: tf.expandDims(p, -1), q: tf.expandDims(q, -1) }
    const [mean, deviation] = [tf.mul(n, p), tf.sqrt(tf.mul(tf.mul(n, p), q))]
    return tf.neg(
      sumOverCounts(
        mean,
        deviation,
        (k) => windowLogDensity(k, wide),
        (_, logProbs) => logProbs
      )
    )
  }
})
