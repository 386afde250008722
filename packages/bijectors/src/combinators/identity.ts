// The unit of composition.
import * as tf from '@tensorflow/tfjs-core'
import { bijector, zeroLogDet, type Bijector } from '../bijector.js'

/** y = x. */
export const identity: Bijector = bijector({
  name: 'identity',
  eventNdims: 0,
  forwardAndLogDet: (x) => [tf.clone(x), zeroLogDet(x, 0)],
  inverseAndLogDet: (y) => [tf.clone(y), zeroLogDet(y, 0)]
})
