// The exponential and the logarithm.
import * as tf from '@tensorflow/tfjs-core'
import { bijector, type Bijector } from '../bijector.js'
import { invert } from '../combinators/invert.js'

/** y = exp x, onto (0, inf). @precision y overflows beyond x = 88.7 */
export const exp: Bijector = bijector({
  name: 'exp',
  eventNdims: 0,
  forwardAndLogDet: (x) => [tf.exp(x), tf.clone(x)],
  inverseAndLogDet: (y) => {
    const x = tf.log(y)
    return [x, tf.neg(x)]
  }
})

/** y = log x, from (0, inf); the inverse of `exp`. */
const logarithm: Bijector = Object.freeze({ ...invert(exp), name: 'log' })
export { logarithm as log }
