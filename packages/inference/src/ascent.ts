/**
 * Optimisation as a kernel: one step of an optimiser up a log density. MAP, ensembles and variational inference are this
 * kernel on different densities, run by `runChains`.
 */
import * as tf from '@tensorflow/tfjs-core'
import { valueAndGrad } from '@bdl/compiler'
import { mapTree, ravel, scoped } from '@bdl/core'
import type { Key, Tree } from '@bdl/core'
import type { Optimiser } from '@bdl/nn'
import type { Kernel, StochasticLogDensity } from './kernel.js'

/** The optimiser's state belongs to the raveled position. */
export type AscentState<P extends Tree, O extends Tree> = { readonly position: P; readonly optimiser: O }

/** The log density (or its estimate, nats) before the step: a scalar. */
export type AscentInfo = Readonly<Record<'logDensity', tf.Tensor>>

/**
 * A kernel whose step moves the position up the log density.
 *
 * w ← w + update(−∇log p̂(w)): the optimiser sees the gradient of the loss −log p̂, on one raveled vector.
 *
 * @param logDensity log p up to a constant in nats, or an unbiased estimate of it
 * @param optimiser such as `adam` of `@bdl/nn`
 * @param scale what the log density is multiplied by; 1. With 1/N, the step is that of a mean loss
 * @example runChains({ kernel: ascent(logDensity, adam({ learningRate: 0.02 })), key, positions, steps: 800, thin: 800 })
 */
export const ascent = <P extends Tree, O extends Tree>(
  logDensity: StochasticLogDensity<P>,
  optimiser: Optimiser<O>,
  scale = 1
): Kernel<P, AscentState<P, O>, AscentInfo> => ({
  init: (position) =>
    scoped(() => ({
      position: mapTree((leaf) => tf.clone(leaf))(position),
      optimiser: optimiser.init(ravel(position).vector)
    })),
  step: (key: Key, state) =>
    scoped(() => {
      const { vector, unravel } = ravel(state.position)
      const [value, gradient] = valueAndGrad((w: tf.Tensor) => logDensity(unravel(w), key))(vector)
      const [update, next] = optimiser.update(tf.mul(-scale, gradient), state.optimiser, vector)
      return [{ position: unravel(tf.add(vector, update)), optimiser: next }, { logDensity: value }] as const
    })
})
