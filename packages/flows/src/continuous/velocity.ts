/**
 * Velocity fields v(t, x) of continuous flows. A field treats rows alike and apart: x [..., d] with t a scalar (solving) or
 * one time per row, [...] (training).
 */
import * as tf from '@tensorflow/tfjs-core'
import { learnable, scoped, type Learnable } from '@bdl/core'
import { fourierFeatures, mlp, silu, zeros, type Activation, type MlpParams } from '@bdl/nn'

export type Velocity = (t: tf.Tensor, x: tf.Tensor) => tf.Tensor

/** [x, f(t)] along the last axis, f(t) spread over the rows of x. */
export const appendTime = (features: (t: tf.Tensor) => tf.Tensor, t: tf.Tensor, x: tf.Tensor): tf.Tensor => {
  const f = features(t)
  const width = f.shape[f.rank - 1]!
  const spread = t.rank === x.rank - 1 && t.rank > 0 ? f : tf.add(f, tf.zeros([...x.shape.slice(0, -1), width]))
  return tf.concat([x, spread], x.rank - 1)
}

/** What networks see of the time: sines and cosines at so many frequencies, or for none the time itself; and how many numbers. */
export const timeFeatures = (frequencies: number) => ({
  features: frequencies === 0 ? (t: tf.Tensor) => tf.expandDims(t, -1) : fourierFeatures(frequencies),
  size: frequencies === 0 ? 1 : 2 * frequencies
})

export interface VelocityMlpOptions {
  readonly dimension: number
  /** Hidden widths; default [64, 64]. */
  readonly hidden?: readonly number[]
  /** Default `silu`. */
  readonly activation?: Activation
  /**
   * Frequencies of the time features, two features each; 0 gives the time itself. Default 4. Gotcha: what is trained through
   * a few fixed steps needs steps that resolve the fastest, or it learns their error: 1 or 0 there.
   */
  readonly frequencies?: number
}

/**
 * An MLP of [x, features of t]; its last layer starts at zero, so before training nothing moves.
 * @example const field = velocityMlp({ dimension: 2 })
 */
export const velocityMlp = (options: VelocityMlpOptions): Learnable<MlpParams, Velocity> => {
  const { dimension, hidden = [64, 64], activation = silu, frequencies = 4 } = options
  const { features, size } = timeFeatures(frequencies)
  const net = mlp({ sizes: [dimension + size, ...hidden, dimension], activation, lastInitialiser: zeros })
  return learnable.map(
    (apply: (x: tf.Tensor) => tf.Tensor): Velocity =>
      (t, x) =>
        scoped(() => apply(appendTime(features, t, x)))
  )(net)
}

/** Per row: [...] times as [..., 1]; a scalar stays one. */
export const perRow = (t: tf.Tensor): tf.Tensor => (t.rank === 0 ? t : tf.expandDims(t, -1))

/**
 * The velocity of a prediction of the end point, v = (end - x) / (1 - t). The difference to the *current* point is what
 * makes it a vector field: end minus start depends on a start that x does not determine, and shrinks what it generates.
 * @precision t is cut at 1 - 1e-3, where the quotient would amplify the prediction's error without bound
 */
export const velocityFromEndpoint =
  (endpoint: Velocity): Velocity =>
  (t, x) =>
    scoped(() => tf.div(tf.sub(endpoint(t, x), x), perRow(tf.sub(1, tf.minimum(t, 1 - 1e-3)))))
