// The two programs whose pictures are in the README of the compiler.
import * as tf from '@tensorflow/tfjs-core'
import { scan, valueAndGrad } from '@bdl/compiler'

/** Variance as E[x²] - E[x]²: the two are nearly equal where the mean is large. */
export const standardise = (x) => {
  const mean = tf.mean(x)
  const variance = tf.sub(tf.mean(tf.square(x)), tf.square(mean))
  return tf.div(tf.sub(x, mean), tf.sqrt(variance))
}

/** 256 temperatures in kelvin. */
export const temperatures = () => tf.add(tf.sin(tf.range(0, 256)), 300)

const cell =
  ({ w, u, b }) =>
  (h, x) => [tf.tanh(tf.add(tf.add(tf.matMul(x, w), tf.matMul(h, u)), b)), []]

/** A recurrent network's loss and gradient: 20 steps of a batch of 64. */
export const recurrentStep = (params, xs, y) =>
  valueAndGrad((p) => {
    const [h] = scan(cell(p), tf.zeros([64, 32]), xs)
    return tf.mean(tf.square(tf.sub(tf.matMul(h, p.out), y)))
  })(params)

/** Parameters, inputs and targets of `recurrentStep`. */
export const recurrentData = () => {
  const normal = (seed, scale, ...shape) => tf.mul(tf.randomNormal(shape, 0, 1, 'float32', seed), scale)
  const params = {
    w: normal(1, 0.3, 8, 32),
    u: normal(2, 0.15, 32, 32),
    b: tf.zeros([32]),
    out: normal(3, 0.2, 32, 1)
  }
  return [params, normal(4, 1, 20, 64, 8), normal(5, 1, 64, 1)]
}
