// One trial: success or not.
import * as tf from '@tensorflow/tfjs-core'
import { stopGradient } from '@bdl/compiler'
import { bernoulli as draw } from '@bdl/core'
import { boolean } from '../constraint.js'
import { distribution, type Distribution } from '../distribution.js'
import {
  binaryEntropy,
  expectOdds,
  failureOf,
  oddsShape,
  successOf,
  timesLogFailure,
  timesLogSuccess,
  type Odds
} from './odds.js'
import { atomsOnly, broadcastValue } from './values.js'

export interface Bernoulli extends Distribution {
  readonly name: 'bernoulli'
  readonly odds: Odds
}

/**
 * P(x = 1) = p, P(x = 0) = 1 - p, for int32, bool or float32 x.
 *
 * @param odds `{ probs }` in [0, 1], or `{ logits }`, log(p / (1 - p)), which may be +-inf; a number or a tensor [...B]
 * @error InvalidArgument if a probability is outside of [0, 1], or both forms are given
 * @precision logits: relative accuracy of both log-probabilities; probs: that of 1 - p is an ulp of 1
 * @example bernoulli({ logits: 0 }).logProb(tf.scalar(1)) // => -0.6931
 */
export const bernoulli = (odds: Odds): Bernoulli => {
  expectOdds('bernoulli', odds)
  const batchShape = oddsShape('bernoulli', odds)
  const logProb = (value: tf.Tensor): tf.Tensor =>
    atomsOnly(boolean, broadcastValue(value, batchShape), (x) =>
      tf.add(timesLogSuccess(x, odds), timesLogFailure(tf.sub(1, x), odds))
    )
  const success = (): tf.Tensor => successOf(odds, batchShape)
  const failure = (): tf.Tensor => failureOf(odds, batchShape)
  return distribution<tf.Tensor, Pick<Bernoulli, 'name' | 'odds'>>({
    name: 'bernoulli',
    odds,
    batchShape,
    eventShape: [],
    isReparameterised: false,
    support: boolean,
    logProb,
    sampleAndLogProb: (key, sampleShape) => {
      const x = tf.cast(draw(key, stopGradient(success()), [...sampleShape, ...batchShape]), 'int32')
      return [x, logProb(x)]
    },
    mean: success,
    variance: () => tf.mul(success(), failure()),
    mode: () => tf.cast(tf.greater(success(), failure()), 'int32'),
    entropy: () => binaryEntropy(odds, batchShape),
    cdf: (x) => {
      const upToZero = tf.where(tf.less(x, 1), failure(), 1)
      return tf.where(tf.less(x, 0), 0, upToZero)
    },
    icdf: (p) => tf.cast(tf.greater(p, failure()), 'int32')
  })
}
