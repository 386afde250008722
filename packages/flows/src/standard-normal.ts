/** The standard normal over vectors, the base that most flows start from. It holds no tensors, so it outlives any scope. */
import * as tf from '@tensorflow/tfjs-core'
import { expectInteger, normal } from '@bdl/core'
import { distribution, real, type Distribution } from '@bdl/distributions'

const LOG_TAU = Math.log(2 * Math.PI)

/**
 * N(0, I) over vectors of `dimension` entries: batch shape [], event shape [dimension].
 * @error InvalidArgument if the dimension is not a positive integer
 * @example standardNormal(2).logProb(tf.zeros([5, 2])) // [5], each -log(2 pi)
 */
export const standardNormal = (dimension: number): Distribution => {
  expectInteger('standardNormal', { dimension }, 1)
  const logProb = (x: tf.Tensor): tf.Tensor => tf.sub(tf.mul(tf.sum(tf.square(x), -1), -0.5), (dimension / 2) * LOG_TAU)
  return distribution<tf.Tensor>({
    name: 'standardNormal',
    batchShape: [],
    eventShape: [dimension],
    isReparameterised: true,
    support: real,
    logProb,
    sampleAndLogProb: (key, sampleShape) => {
      const x = normal(key, [...sampleShape, dimension])
      return [x, logProb(x)]
    },
    sample: (key, sampleShape) => normal(key, [...sampleShape, dimension]),
    mean: () => tf.zeros([dimension]),
    variance: () => tf.ones([dimension]),
    mode: () => tf.zeros([dimension]),
    entropy: () => tf.scalar((dimension / 2) * (1 + LOG_TAU))
  })
}
