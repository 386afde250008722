// Counts of events that come at a rate.
import * as tf from '@tensorflow/tfjs-core'
import { expectEvery, gammaincc, poisson as draw } from '@bdl/core'
import { nonNegativeIntegers } from '../constraint.js'
import { distribution, type Distribution } from '../distribution.js'
import { batchShapeOf, filled, type Parameter } from '../parameters.js'
import { deviance, factorialCorrection, sumOverCounts } from './counts.js'
import { leastCount } from './quantile.js'
import { atomsOnly, broadcastValue } from './values.js'

export interface Poisson extends Distribution {
  readonly name: 'poisson'
  readonly rate: Parameter
}

const logDensity = (k: tf.Tensor, rate: tf.Tensor): tf.Tensor => tf.sub(deviance(k, rate), factorialCorrection(k))

/** F(k) = Q(k + 1, rate); with no rate there are no events. */
const distributionFunction = (x: tf.Tensor, rate: tf.Tensor): tf.Tensor => {
  const count = tf.floor(tf.cast(x, 'float32'))
  const isUsual = tf.logicalAnd(tf.greaterEqual(count, 0), tf.logicalAnd(tf.isFinite(count), tf.greater(rate, 0)))
  const f = gammaincc(tf.add(tf.where(isUsual, count, 0), 1), tf.where(isUsual, rate, 1))
  return tf.where(isUsual, f, tf.cast(tf.greaterEqual(count, 0), 'float32'))
}

/**
 * P(x = k) = rate^k exp(-rate) / k! for k = 0, 1, 2, ...
 *
 * @param rate >= 0, a number or a tensor [...B]; at 0 the count is 0
 * @error InvalidArgument if a rate is negative or not finite
 * @precision float32: log-probabilities to a few ulp, at rates of 1e8 too. The entropy is a sum over 512 counts. Draws
 *   are int32, for rates below 1e9
 * @source Loader (2000), Fast and accurate computation of binomial probabilities, Bell Laboratories
 * @example poisson(3.5).logProb(tf.scalar(2)) // => -1.6876
 */
export const poisson = (rate: Parameter): Poisson => {
  expectEvery('poisson', 'rate', rate, 'finite numbers >= 0', (x) => Number.isFinite(x) && x >= 0)
  const batchShape = batchShapeOf('poisson', { rate })
  const rates = (): tf.Tensor => filled(rate, batchShape)
  const logProb = (value: tf.Tensor): tf.Tensor =>
    atomsOnly(nonNegativeIntegers, broadcastValue(value, batchShape), (k) => logDensity(k, rates()))
  const cdf = (x: tf.Tensor): tf.Tensor => distributionFunction(x, rates())
  return distribution<tf.Tensor, Pick<Poisson, 'name' | 'rate'>>({
    name: 'poisson',
    rate,
    batchShape,
    eventShape: [],
    isReparameterised: false,
    support: nonNegativeIntegers,
    logProb,
    sampleAndLogProb: (key, sampleShape) => {
      const x = draw(key, rate, [...sampleShape, ...batchShape])
      return [x, logProb(x)]
    },
    mean: rates,
    variance: rates,
    mode: () => tf.floor(rates()),
    entropy: () => {
      const all = rates()
      const own = (k: tf.Tensor): tf.Tensor => logDensity(k, tf.expandDims(all, -1))
      return tf.neg(sumOverCounts(all, tf.sqrt(all), own, (_, logProbs) => logProbs))
    },
    cdf,
    icdf: (p) => {
      const all = rates()
      return leastCount(cdf, p, tf.add(tf.add(all, tf.mul(tf.sqrt(all), 12)), 40), false)
    }
  })
}
