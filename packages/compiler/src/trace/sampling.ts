/** Reading images [N, H, W, C] at given places, and the transpose of it. */
import * as tf from '@tensorflow/tfjs-core'
import { scatterAdd } from '../primitives/indexing.js'
import { bind1 } from './context.js'

export const ints = (values: ArrayLike<number>): tf.Tensor1D => tf.tensor1d(Int32Array.from(values), 'int32')
export const floats = (values: ArrayLike<number>): tf.Tensor1D => tf.tensor1d(Float32Array.from(values), 'float32')
export const int = (value: number): tf.Scalar => tf.scalar(value, 'int32')

/** A column of numbers for axis `axis` of [N, H, W, C]. */
export const alongAxis = (values: tf.Tensor1D, axis: number): tf.Tensor =>
  tf.reshape(values, axis === 1 ? [values.size, 1, 1] : [values.size, 1])

export const lerp = (a: tf.Tensor, b: tf.Tensor, t: tf.Tensor): tf.Tensor => tf.add(a, tf.mul(tf.sub(b, a), t))

/** The transpose of reading rows `places` along an axis: what came from a row is added to it. */
export const addBack = (dy: tf.Tensor, places: tf.Tensor1D, axis: number, size: number): tf.Tensor =>
  bind1(scatterAdd, [dy, places], { axis, size })

/** Values of images [N, H, W, C] at int32 places of all their points, flattened: [...places, C]. */
export const pointsAt = (images: tf.Tensor, flat: tf.Tensor): tf.Tensor => {
  const channels = images.shape[3]!
  return tf.gather(tf.reshape(images, [images.size / channels, channels]), flat, 0)
}

/** JavaScript's Math.round, which TensorFlow.js uses: halves go up. */
export const roundHalfUp = (x: tf.Tensor): tf.Tensor => tf.floor(tf.add(x, 0.5))

/** Within [0, size - 1]. */
export const inside = (x: tf.Tensor, size: number): tf.Tensor =>
  tf.logicalAnd(tf.greaterEqual(x, 0), tf.lessEqual(x, size - 1))

/** A real coordinate as an int32 index that exists. */
export const clampedIndex = (t: tf.Tensor, size: number): tf.Tensor => tf.cast(tf.clipByValue(t, 0, size - 1), 'int32')
