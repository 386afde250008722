// Densities that are zero outside of a set.
import * as tf from '@tensorflow/tfjs-core'

/** A log-density where `isInside` holds, -inf elsewhere; the first broadcasts to the second. */
export const onlyInside = (isInside: tf.Tensor, logProb: tf.Tensor): tf.Tensor =>
  // of a whole tensor: TensorFlow.js makes [1] of no entries chosen against a scalar
  tf.where(isInside, logProb, tf.fill(logProb.shape, -Infinity))
