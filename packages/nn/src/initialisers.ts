/**
 * Initialisers: from a key and a shape to the first value of a weight. Fans are those of `x w`: the last axis of the shape
 * goes out, the one before comes in, and axes before these (convolution taps) multiply both. Same numbers as
 * jax.nn.initializers for the same key.
 */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, normal as normalDraw, scoped, truncatedNormal, uniform, type Key } from '@bdl/core'

export type Initialiser = (key: Key, shape: readonly number[]) => tf.Tensor

export interface VarianceScalingOptions {
  /** Variance of a weight = scale / fan. */
  readonly scale: number
  readonly mode: 'fanIn' | 'fanOut' | 'fanAverage'
  /** `truncatedNormal` is cut at two standard deviations and widened so that its variance is the one asked for. */
  readonly distribution: 'truncatedNormal' | 'normal' | 'uniform'
}

/** Standard deviation of a standard normal cut to (-2, 2). */
const TRUNCATED_STD = 0.8796256610342398

const fans = (shape: readonly number[]): Readonly<Record<VarianceScalingOptions['mode'], number>> => {
  if (shape.length < 2)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'varianceScaling',
      argument: 'shape',
      expected: 'at least two axes, [..., in, out]',
      got: `[${shape.join(', ')}]`,
      hint: 'Biases have no fan: use zeros or normal(scale)'
    })
  const taps = shape.slice(0, -2).reduce((n, d) => n * d, 1)
  const [fanIn, fanOut] = shape.slice(-2).map((d) => d * taps) as [number, number]
  return { fanIn, fanOut, fanAverage: (fanIn + fanOut) / 2 }
}

/**
 * Weights of variance scale / fan: shape [..., in, out] -> float32 tensor.
 * @error ShapeMismatch for a shape of fewer than two axes
 * @source He et al. 2015, arXiv:1502.01852; Glorot & Bengio 2010
 * @example varianceScaling({ scale: 2, mode: 'fanIn', distribution: 'normal' })(key(0), [64, 16])
 */
export const varianceScaling =
  ({ scale, mode, distribution }: VarianceScalingOptions): Initialiser =>
  (key, shape) => {
    const std = Math.sqrt(scale / Math.max(1, fans(shape)[mode]))
    return scoped(() => {
      switch (distribution) {
        case 'normal':
          return tf.mul(normalDraw(key, shape), std)
        case 'truncatedNormal':
          return tf.mul(truncatedNormal(key, -2, 2, shape), std / TRUNCATED_STD)
        case 'uniform':
          return uniform(key, shape, { minval: -Math.sqrt(3) * std, maxval: Math.sqrt(3) * std })
      }
    })
  }

/** Variance 2 / (in + out), uniform. For tanh and sigmoid. */
export const glorotUniform = varianceScaling({ scale: 1, mode: 'fanAverage', distribution: 'uniform' })

/** Variance 2 / (in + out), truncated normal. */
export const glorotNormal = varianceScaling({ scale: 1, mode: 'fanAverage', distribution: 'truncatedNormal' })

/** Variance 2 / in, truncated normal. For ReLU and its kin. */
export const heNormal = varianceScaling({ scale: 2, mode: 'fanIn', distribution: 'truncatedNormal' })

/** Variance 1 / in, truncated normal. */
export const lecunNormal = varianceScaling({ scale: 1, mode: 'fanIn', distribution: 'truncatedNormal' })

/** Independent N(0, scale^2), any shape. */
export const normal =
  (scale = 1): Initialiser =>
  (key, shape) =>
    scoped(() => tf.mul(normalDraw(key, shape), scale))

/** The same number everywhere, any shape. */
export const constant =
  (value: number): Initialiser =>
  (_key, shape) =>
    tf.fill([...shape], value)

/** 0 everywhere. As the last layer of a residual correction it makes the correction vanish before training. */
export const zeros: Initialiser = constant(0)
