// The hyperbolic tangent.
import * as tf from '@tensorflow/tfjs-core'
import { logSigmoid } from '@bdl/core'
import { bijector, type Bijector } from '../bijector.js'

/**
 * y = tanh x, onto (-1, 1). log-det = 2 (log 2 + log sigmoid(2x) - x), finite for every x.
 * @precision beyond |x| = 9 y rounds to ±1 and the inverse is infinite
 */
export const tanh: Bijector = bijector({
  name: 'tanh',
  eventNdims: 0,
  // |x|: the form is even in x, and cancels on the negative side
  forwardAndLogDet: (x) => {
    const z = tf.abs(x)
    return [tf.tanh(x), tf.mul(tf.sub(tf.add(logSigmoid(tf.mul(z, 2)), Math.LN2), z), 2)]
  },
  inverseAndLogDet: (y) => {
    const [above, below] = [tf.log1p(y), tf.log1p(tf.neg(y))]
    return [tf.mul(tf.sub(above, below), 0.5), tf.neg(tf.add(above, below))]
  }
})
