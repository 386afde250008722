// Powers of positive numbers.
import * as tf from '@tensorflow/tfjs-core'
import { bijector, type Bijector, type WithLogDet } from '../bijector.js'
import { expectNonzero, logMagnitude, type Parameter } from '../parameters.js'

/** x^p and log|p| + (p - 1) log x. */
const pair = (x: tf.Tensor, p: Parameter): WithLogDet => {
  const logSlope = tf.mul(tf.log(x), tf.sub(p, 1))
  return [tf.pow(x, p), tf.add(logSlope, logMagnitude(p))]
}

/**
 * y = x^p on (0, inf).
 *
 * @param p not 0; a tensor broadcasts against x
 * @error InvalidArgument if an entry of `p` is 0 or not finite
 * @precision x^p has a relative error of about |p log x| 6e-8
 * @example power(-1).forward(tf.scalar(4)) // => 0.25
 */
export const power = (p: Parameter): Bijector => {
  expectNonzero('power', 'p', p)
  return bijector({
    name: 'power',
    eventNdims: 0,
    forwardAndLogDet: (x) => pair(x, p),
    inverseAndLogDet: (y) => pair(y, typeof p === 'number' ? 1 / p : tf.div(1, p))
  })
}
