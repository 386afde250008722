// The number of failures before the first success.
import * as tf from '@tensorflow/tfjs-core'
import { stopGradient } from '@bdl/compiler'
import { exponential } from '@bdl/core'
import { nonNegativeIntegers } from '../constraint.js'
import { distribution, type Distribution } from '../distribution.js'
import { expectEveryPositive } from './checks.js'
import {
  binaryEntropy,
  expectOdds,
  failureOf,
  logFailure,
  logSuccess,
  oddsShape,
  successOf,
  timesLogFailure,
  type Odds
} from './odds.js'
import { leastReaching } from './quantile.js'
import { atomsOnly, broadcastValue } from './values.js'

export interface Geometric extends Distribution {
  readonly name: 'geometric'
  readonly odds: Odds
}

/**
 * P(x = k) = (1 - p)^k p for k = 0, 1, 2, ...: failures before the first success.
 *
 * @param odds `{ probs }` in (0, 1], or `{ logits }`, log(p / (1 - p)); a number or a tensor [...B]
 * @error InvalidArgument if a probability is not in (0, 1]
 * @precision draws are integral float32; above 2^24 they are those that float32 has
 * @example geometric({ probs: 0.25 }).mean() // => 3
 */
export const geometric = (odds: Odds): Geometric => {
  expectOdds('geometric', odds)
  expectEveryPositive('geometric', odds)
  const batchShape = oddsShape('geometric', odds)
  const success = (): tf.Tensor => successOf(odds, batchShape)
  const failure = (): tf.Tensor => failureOf(odds, batchShape)
  const logProb = (value: tf.Tensor): tf.Tensor =>
    atomsOnly(nonNegativeIntegers, broadcastValue(value, batchShape), (k) =>
      tf.add(timesLogFailure(k, odds), logSuccess(odds, batchShape))
    )
  const cdf = (x: tf.Tensor): tf.Tensor => {
    const tries = tf.add(tf.floor(tf.maximum(tf.cast(x, 'float32'), 0)), 1)
    return tf.where(tf.less(x, 0), 0, tf.neg(tf.expm1(tf.mul(tries, logFailure(odds, batchShape)))))
  }
  return distribution<tf.Tensor, Pick<Geometric, 'name' | 'odds'>>({
    name: 'geometric',
    odds,
    batchShape,
    eventShape: [],
    isReparameterised: false,
    support: nonNegativeIntegers,
    logProb,
    sampleAndLogProb: (key, sampleShape) => {
      const rate = stopGradient(tf.neg(logFailure(odds, batchShape)))
      const x = tf.floor(tf.div(exponential(key, [...sampleShape, ...batchShape]), rate))
      return [x, logProb(x)]
    },
    mean: () => tf.div(failure(), success()),
    variance: () => tf.div(failure(), tf.square(success())),
    mode: () => tf.zeros([...batchShape]),
    entropy: () => tf.div(binaryEntropy(odds, batchShape), success()),
    cdf,
    icdf: (p) => {
      const guess = tf.sub(tf.ceil(tf.div(tf.log1p(tf.neg(p)), logFailure(odds, batchShape))), 1)
      // sure successes: log(1 - p) is -inf, and the guess NaN at p = 1
      return leastReaching(cdf, p, tf.where(tf.greater(failure(), 0), guess, 0))
    }
  })
}
