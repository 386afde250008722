/** The isotropic normal over vectors, the base that most flows start from. It holds no tensors, so it outlives any scope. */
import * as tf from '@tensorflow/tfjs-core'
import { expectInteger, expectPositive, normal } from '@bdl/core'
import { distribution, real, type Distribution } from '@bdl/distributions'

const LOG_TAU = Math.log(2 * Math.PI)

const isotropic = (name: string, dimension: number, scale: number): Distribution => {
  const scaled = (x: tf.Tensor, by: number): tf.Tensor => (by === 1 ? x : tf.mul(x, by))
  const logNormaliser = dimension * (LOG_TAU / 2 + Math.log(scale))
  const logProb = (x: tf.Tensor): tf.Tensor =>
    tf.sub(tf.mul(tf.sum(tf.square(scaled(x, 1 / scale)), -1), -0.5), logNormaliser)
  const sample = (key: tf.Tensor, sampleShape: readonly number[]): tf.Tensor =>
    scaled(normal(key, [...sampleShape, dimension]), scale)
  return distribution<tf.Tensor>({
    name,
    batchShape: [],
    eventShape: [dimension],
    isReparameterised: true,
    support: real,
    logProb,
    sampleAndLogProb: (key, sampleShape) => {
      const x = sample(key, sampleShape)
      return [x, logProb(x)]
    },
    sample,
    mean: () => tf.zeros([dimension]),
    variance: () => tf.fill([dimension], scale * scale),
    mode: () => tf.zeros([dimension]),
    entropy: () => tf.scalar(logNormaliser + dimension / 2)
  })
}

/**
 * N(0, I) over vectors of `dimension` entries: batch shape [], event shape [dimension].
 * @error InvalidArgument if the dimension is not a positive integer
 * @example standardNormal(2).logProb(tf.zeros([5, 2])) // [5], each -log(2 pi)
 */
export const standardNormal = (dimension: number): Distribution => {
  expectInteger('standardNormal', { dimension }, 1)
  return isotropic('standardNormal', dimension, 1)
}

/**
 * N(0, scale^2 I) over vectors of `dimension` entries: batch shape [], event shape [dimension].
 * @error InvalidArgument if the dimension is not a positive integer, or the scale not a finite number > 0
 * @example isotropicNormal(2, 50).sample(key(0), [5]) // [5, 2]
 */
export const isotropicNormal = (dimension: number, scale: number): Distribution => {
  expectInteger('isotropicNormal', { dimension }, 1)
  expectPositive('isotropicNormal', { scale })
  return isotropic('isotropicNormal', dimension, scale)
}
