/**
 * Numbers that a workload starts from, as python/peers.py draws its own: the n-th block has the key n. `jax.random` gives the
 * same numbers for the same keys, which is how python/record.py holds the workloads to those of peers.py.
 */
import * as tf from '@tensorflow/tfjs-core'
import { key, normal, randint, scoped } from '@bdl/core'
import type { MlpParams } from '@bdl/nn'

export interface Draws {
  /** N(0, 1), float32. */
  readonly normal: (...shape: readonly number[]) => tf.Tensor
  /** Uniform on 0, ..., upper - 1, int32. */
  readonly integers: (upper: number, ...shape: readonly number[]) => tf.Tensor
  /** Layers of an MLP: weights of variance 1 / inputs, biases of zero. */
  readonly mlp: (...sizes: readonly number[]) => MlpParams
}

export const draws = (): Draws => {
  let block = 0
  const next = (): tf.Tensor => key(block++)
  const drawNormal = (...shape: readonly number[]): tf.Tensor => scoped(() => normal(next(), shape))
  return {
    normal: drawNormal,
    integers: (upper, ...shape) => scoped(() => randint(next(), shape, 0, upper)),
    mlp: (...sizes) =>
      sizes.slice(1).map((outputs, i) => ({
        w: scoped(() => tf.div(drawNormal(sizes[i]!, outputs), Math.sqrt(sizes[i]!))),
        b: tf.zeros([outputs])
      }))
  }
}
