/**
 * Flow matching: a velocity field is regressed on the velocities of straight lines from source to data, so training needs
 * no solver, and the trained field carries the source to the data.
 */
import * as tf from '@tensorflow/tfjs-core'
import { normal, scoped, split, uniform, type Key, type Learnable, type Tree } from '@bdl/core'
import type { Distribution } from '@bdl/distributions'
import type { Velocity } from '../continuous/velocity.js'

/** Draws at times t [n], [n, d], and the velocities to learn there, [n, d]. */
export type PathSample = { readonly x: tf.Tensor; readonly velocity: tf.Tensor }

/**
 * A point of the conditional optimal-transport path between given ends, with Gaussian width sigmaMin:
 * x = (1 - t) x0 + t x1 + sigmaMin e, velocity x1 - x0. t [n], x0 and x1 [n, d].
 * @source Lipman et al. 2022, arXiv:2210.02747; Tong et al. 2023, arXiv:2302.00482
 */
export const conditionalPath =
  (sigmaMin = 0) =>
  (key: Key, t: tf.Tensor, x0: tf.Tensor, x1: tf.Tensor): PathSample =>
    scoped(() => {
      const at = tf.expandDims(t, -1)
      const velocity = tf.sub(x1, x0)
      const straight = tf.add(x0, tf.mul(at, velocity))
      const x = sigmaMin === 0 ? straight : tf.add(straight, tf.mul(normal(key, x1.shape), sigmaMin))
      return { x, velocity }
    })

export interface FlowMatchingOptions<P extends Tree> {
  readonly field: Learnable<P, Velocity>
  /** Distribution at time 0, event shape [d]. */
  readonly source: Distribution
  /** Width of the path, in units of the data; default 1e-4. */
  readonly sigmaMin?: number
  /** Times to train at, [n] in (0, 1); default uniform. */
  readonly times?: (key: Key, n: number) => tf.Tensor
  /**
   * Pairs sources with data, [n, d] each: a coupling whose marginals stay the source and the data. Default: as drawn, which
   * is independent.
   */
  readonly couple?: (x0: tf.Tensor, x1: tf.Tensor) => readonly [x0: tf.Tensor, x1: tf.Tensor]
}

/**
 * The flow-matching loss of a batch x1 [n, d]: E |v(t, x) - (x1 - x0)|^2 / d, scalar. The shape that `trainSteps` takes.
 * @source Lipman et al. 2022, arXiv:2210.02747; Albergo & Vanden-Eijnden 2022, arXiv:2209.15571; Liu et al. 2022, arXiv:2209.03003
 * @example
 * const loss = flowMatching({ field, source: standardNormal(2) })
 * const trainer = trainSteps({ loss, optimiser: adam({ learningRate: 1e-3 }), steps: 100, batchSize: 128 })
 */
export const flowMatching = <P extends Tree>(options: FlowMatchingOptions<P>) => {
  const { field, source, sigmaMin = 1e-4, times = (key, n) => uniform(key, [n]), couple } = options
  const path = conditionalPath(sigmaMin)
  return (params: P, batch: tf.Tensor, key: Key): tf.Tensor =>
    scoped(() => {
      const [sourceKey, timeKey, pathKey] = split(key, 3)
      const n = batch.shape[0]!
      const drawn = source.sample(sourceKey, [n])
      const [x0, x1] = couple ? couple(drawn, batch) : [drawn, batch]
      const t = times(timeKey, n)
      const { x, velocity } = path(pathKey, t, x0, x1)
      return tf.mean(tf.square(tf.sub(field.build(params)(t, x), velocity)))
    })
}
