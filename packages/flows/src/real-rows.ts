/** Log densities over all of R^d written for rows alone. */
import * as tf from '@tensorflow/tfjs-core'

/** From rows [n, d] -> [n] to any leading shape, [..., d] -> [...]; -inf where an entry is no finite number. */
export const overRealRows =
  (d: number, logProb: (rows: tf.Tensor) => tf.Tensor) =>
  (x: tf.Tensor): tf.Tensor => {
    const isFinite = tf.isFinite(x)
    const rows = tf.reshape(tf.where(isFinite, x, 0), [x.size / d, d])
    return tf.where(tf.all(isFinite, -1), tf.reshape(logProb(rows), x.shape.slice(0, -1)), -Infinity)
  }
