/** Sines and cosines of a coordinate, so that a network can read a time or a position at several scales. */
import * as tf from '@tensorflow/tfjs-core'
import { expectInteger, expectPositive, normal, scoped, type Key } from '@bdl/core'

const sinesAndCosines = (angles: tf.Tensor): tf.Tensor => tf.concat([tf.sin(angles), tf.cos(angles)], angles.rank - 1)

/**
 * [sin(2 pi f_k t), cos(2 pi f_k t)] with f_k geometric from `lowest` to `highest`: [...] -> [..., 2 count].
 * @error InvalidArgument if `count` is not a positive integer or a frequency is not positive
 * @source Vaswani et al. 2017, arXiv:1706.03762, section 3.5
 * @example fourierFeatures(8)(tf.scalar(0.3)) // [16]
 */
export const fourierFeatures = (count: number, lowest = 0.5, highest = 8): ((t: tf.Tensor) => tf.Tensor) => {
  expectInteger('fourierFeatures', { count }, 1)
  expectPositive('fourierFeatures', { lowest, highest })
  const ratio = highest / lowest
  const angular = Array.from({ length: count }, (_, k) => 2 * Math.PI * lowest * ratio ** (k / Math.max(1, count - 1)))
  return (t) => scoped(() => sinesAndCosines(tf.mul(tf.expandDims(t, -1), tf.tensor1d(angular))))
}

/**
 * The matrix B [d, count] of random features, entries N(0, scale^2): data to keep beside a network, not a weight to train.
 * @source Tancik et al. 2020, arXiv:2006.10739
 */
export const randomFourierMatrix = (key: Key, dimension: number, count: number, scale = 1): tf.Tensor => {
  expectInteger('randomFourierMatrix', { dimension, count }, 1)
  return scoped(() => tf.mul(normal(key, [dimension, count]), scale))
}

/** [sin(2 pi x B), cos(2 pi x B)]: B [d, count], x [..., d] -> [..., 2 count]. */
export const randomFourierFeatures =
  (matrix: tf.Tensor) =>
  (x: tf.Tensor): tf.Tensor =>
    scoped(() => {
      const [dimension, count] = matrix.shape as [number, number]
      const angles = tf.matMul(tf.reshape(x, [x.size / dimension, dimension]), tf.mul(matrix, 2 * Math.PI))
      return sinesAndCosines(tf.reshape(angles, [...x.shape.slice(0, -1), count]))
    })
