// The logistic function.
import * as tf from '@tensorflow/tfjs-core'
import { sigmoid as logistic } from '@bdl/core'
import { bijector, type Bijector } from '../bijector.js'
import { logCosh } from '../numerics/log-cosh.js'

/**
 * y = 1 / (1 + exp(-x)), onto (0, 1); log-det = -2 log(2 cosh(x / 2)), finite for every x.
 *
 * @precision beyond x = 17 y rounds to 1 and the inverse is infinite; forward and its log-det stay right. Prefer the pair
 *   `sampleAndLogProb` to `sample` followed by `logProb`
 * @example sigmoid.forwardAndLogDet(tf.scalar(100))[1] // => -100
 */
export const sigmoid: Bijector = bijector({
  name: 'sigmoid',
  eventNdims: 0,
  forwardAndLogDet: (x) => [logistic(x), tf.mul(tf.add(logCosh(tf.mul(x, 0.5)), Math.LN2), -2)],
  inverseAndLogDet: (y) => {
    const [logY, logRest] = [tf.log(y), tf.log1p(tf.neg(y))]
    return [tf.sub(logY, logRest), tf.neg(tf.add(logY, logRest))]
  }
})
