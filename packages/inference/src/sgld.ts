/**
 * Stochastic gradient Langevin dynamics.
 */
import * as tf from '@tensorflow/tfjs-core'
import { valueAndGrad } from '@bdl/compiler'
import { mapTree, ravel, scoped, split } from '@bdl/core'
import type { Key, Tree } from '@bdl/core'
import type { Kernel, StochasticLogDensity } from './kernel.js'
import { gaussianNoise } from './noise.js'
import { asSchedule } from './step-schedule.js'
import type { StepSchedule } from './step-schedule.js'

/** `step` counts transitions: an int32 scalar. */
export type SgldState<P extends Tree> = { readonly position: P; readonly step: tf.Tensor }

/** Scalars: the estimate of log p at the position before the step (nats) and the step size that was used. */
export type SgmcmcInfo = Readonly<Record<'logDensity' | 'stepSize', tf.Tensor>>

/** Copies the position and starts counting. */
export const sgldInit = <P extends Tree>(position: P): SgldState<P> => ({
  position: mapTree((leaf) => tf.clone(leaf))(position),
  step: tf.scalar(0, 'int32')
})

/** One transition with step size and temperature open: w ← w + (ε/2) ∇log p̂(w) + √(ε T) ξ, ξ ~ N(0, I). */
export const sgldKernel =
  <P extends Tree>(logDensity: StochasticLogDensity<P>) =>
  (
    key: Key,
    state: SgldState<P>,
    { stepSize, temperature }: { readonly stepSize: tf.Tensor; readonly temperature: tf.Tensor }
  ): readonly [SgldState<P>, SgmcmcInfo] =>
    scoped(() => {
      const [keyBatch, keyNoise] = split(key)
      const { vector, unravel } = ravel(state.position)
      const [value, gradient] = valueAndGrad((w: tf.Tensor) => logDensity(unravel(w), keyBatch))(vector)
      const noise = tf.mul(tf.sqrt(tf.mul(stepSize, temperature)), gaussianNoise(keyNoise, vector.size))
      const moved = tf.add(tf.add(vector, tf.mul(tf.mul(0.5, stepSize), gradient)), noise)
      const next = { position: unravel(moved), step: tf.add(state.step, tf.scalar(1, 'int32')) }
      return [next, { logDensity: value, stepSize: tf.clone(stepSize) }] as const
    })

/**
 * Stochastic gradient Langevin dynamics: w ← w + (ε/2) ∇log p̂(w) + √ε N(0, I), without an accept test.
 *
 * **When to use** large data, where a full gradient is dear. **Gotcha** a step size that stays positive leaves a bias of
 * O(ε); minibatch noise adds to the temperature. Compare the level of log p with an exact sampler's: R-hat sees no bias.
 *
 * @param logDensity an unbiased estimate of log p in nats (`minibatchLogJoint`), or log p itself
 * @param options `stepSize` ε in units of position², a number > 0 or a schedule (`cyclicalCosine`, `polynomialDecay`)
 * @error InvalidArgument if `stepSize` is a number that is not positive
 * @source Welling & Teh (2011), Bayesian learning via stochastic gradient Langevin dynamics, ICML
 * @example sgld(logDensity, { stepSize: 1e-4 }).step(key(0), state)
 */
export const sgld = <P extends Tree>(
  logDensity: StochasticLogDensity<P>,
  { stepSize }: { readonly stepSize: number | StepSchedule }
): Kernel<P, SgldState<P>, SgmcmcInfo> => {
  const schedule = asSchedule('sgld', stepSize)
  const transition = sgldKernel(logDensity)
  return {
    init: sgldInit,
    step: (key, state) => scoped(() => transition(key, state, schedule(tf.cast(state.step, 'float32'))))
  }
}
