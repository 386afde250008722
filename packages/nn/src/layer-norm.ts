/** Layer normalisation over the last axis. */
import * as tf from '@tensorflow/tfjs-core'
import { expectInteger, expectPositive, scoped, type Learnable } from '@bdl/core'

/** Gain and offset, both [size]. */
export type LayerNormParams = { readonly gain: tf.Tensor; readonly offset: tf.Tensor }

export interface LayerNormOptions {
  readonly size: number
  /** Added to the variance; default 1e-5. */
  readonly epsilon?: number
}

/**
 * gain (x - mean x) / sqrt(var x + epsilon) + offset, moments over the last axis: [..., size] -> [..., size].
 * @precision two passes: the mean is taken away before squaring, so a large common offset costs no digits of the variance
 * @source Ba et al. 2016, arXiv:1607.06450
 * @example layerNorm({ size: 16 })
 */
export const layerNorm = ({
  size,
  epsilon = 1e-5
}: LayerNormOptions): Learnable<LayerNormParams, (x: tf.Tensor) => tf.Tensor> => {
  expectInteger('layerNorm', { size }, 1)
  expectPositive('layerNorm', { epsilon })
  return {
    init: () => ({ gain: tf.ones([size]), offset: tf.zeros([size]) }),
    build:
      ({ gain, offset }) =>
      (x) =>
        scoped(() => {
          const centred = tf.sub(x, tf.mean(x, -1, true))
          const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon))
          return tf.add(tf.mul(tf.mul(centred, inverse), gain), offset)
        })
  }
}
