// Softplus: positive, and nearly the identity where large.
import * as tf from '@tensorflow/tfjs-core'
import { log1mexp, logSigmoid, softplusInverse } from '@bdl/core'
import { bijector, type Bijector } from '../bijector.js'

/** y = tf.log(1 + exp x), onto (0, inf), nearly the identity for large x. log-det = log sigmoid(x). */
export const softplus: Bijector = bijector({
  name: 'softplus',
  eventNdims: 0,
  forwardAndLogDet: (x) => [tf.softplus(x), logSigmoid(x)],
  inverseAndLogDet: (y) => [softplusInverse(y), tf.neg(log1mexp(tf.neg(y)))]
})
