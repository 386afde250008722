// The logistic function.
import * as tf from '@tensorflow/tfjs-core'
import { logSigmoid, sigmoid as logistic } from '@bdl/core'
import { bijector, type Bijector } from '../bijector.js'

/**
 * y = 1 / (1 + exp(-x)), onto (0, 1).
 * @precision beyond x = 17 y rounds to 1 and the inverse is infinite; forward and its log-det stay right. Prefer the pair
 *   `sampleAndLogProb` to `sample` followed by `logProb`
 */
export const sigmoid: Bijector = bijector({
  name: 'sigmoid',
  eventNdims: 0,
  forwardAndLogDet: (x) => [logistic(x), tf.add(logSigmoid(x), logSigmoid(tf.neg(x)))],
  inverseAndLogDet: (y) => {
    const [logY, logRest] = [tf.log(y), tf.log1p(tf.neg(y))]
    return [tf.sub(logY, logRest), tf.neg(tf.add(logY, logRest))]
  }
})
