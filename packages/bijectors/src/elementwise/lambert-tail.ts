// Heavier tails by Lambert's W: the forward map alone is written, the inverse is found.
import * as tf from '@tensorflow/tfjs-core'
import { bijector, type Bijector } from '../bijector.js'
import { expectPositiveEntries, type Parameter } from '../parameters.js'

/**
 * y = x exp(tail x^2 / 2), onto all numbers: of a Gaussian x moments of order up to 1 / tail exist.
 *
 * The inverse, sign(y) sqrt(W(tail y^2) / tail) with Lambert's W, is found as a root.
 * @param tail > 0; a tensor broadcasts against x
 * @error InvalidArgument if an entry of `tail` is not finite and positive
 * @source Goerg (2015), The Lambert way to Gaussianize heavy-tailed data, The Scientific World Journal 2015
 * @example lambertTail(1).inverse(tf.scalar(Math.exp(0.5))) // => 1
 */
export const lambertTail = (tail: Parameter): Bijector => {
  expectPositiveEntries('lambertTail', 'tail', tail)
  return bijector({
    name: 'lambertTail',
    eventNdims: 0,
    forwardAndLogDet: (x) => {
      const scaled = tf.mul(tf.square(x), tail)
      const logFactor = tf.mul(scaled, 0.5)
      return [tf.mul(x, tf.exp(logFactor)), tf.add(logFactor, tf.log1p(scaled))]
    }
  })
}
