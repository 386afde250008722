/**
 * Stochastic gradient Hamiltonian Monte Carlo: momentum with friction, and the noise that friction calls for.
 */
import * as tf from '@tensorflow/tfjs-core'
import { valueAndGrad } from '@bdl/compiler'
import { BdlError, mapTree, ravel, scoped, split } from '@bdl/core'
import type { Key, Tree } from '@bdl/core'
import type { Kernel, StochasticLogDensity } from './kernel.js'
import { gaussianNoise } from './noise.js'
import { asSchedule } from './step-schedule.js'
import type { StepSchedule } from './step-schedule.js'
import type { SgmcmcInfo } from './sgld.js'

/** `momentum` is v of the raveled position, [dim]; `step` counts transitions: an int32 scalar. */
export type SghmcState<P extends Tree> = {
  readonly position: P
  readonly momentum: tf.Tensor
  readonly step: tf.Tensor
}

export type SghmcParameters = {
  readonly stepSize: tf.Tensor
  readonly temperature: tf.Tensor
  /** 1 − α: the share of momentum that a step keeps. */
  readonly momentum: number
}

/** At rest, counting from 0. */
export const sghmcInit = <P extends Tree>(position: P): SghmcState<P> =>
  scoped(() => ({
    position: mapTree((leaf) => tf.clone(leaf))(position),
    momentum: tf.zerosLike(ravel(position).vector),
    step: tf.scalar(0, 'int32')
  }))

/** One transition with all parameters open. */
export const sghmcKernel =
  <P extends Tree>(logDensity: StochasticLogDensity<P>) =>
  (key: Key, state: SghmcState<P>, parameters: SghmcParameters): readonly [SghmcState<P>, SgmcmcInfo] =>
    scoped(() => {
      const { stepSize, temperature, momentum } = parameters
      const [keyBatch, keyNoise] = split(key)
      const { vector, unravel } = ravel(state.position)
      const [value, gradient] = valueAndGrad((w: tf.Tensor) => logDensity(unravel(w), keyBatch))(vector)
      const noiseScale = tf.sqrt(tf.mul(2 * (1 - momentum), tf.mul(stepSize, temperature)))
      const push = tf.add(tf.mul(stepSize, gradient), tf.mul(noiseScale, gaussianNoise(keyNoise, vector.size)))
      const velocity = tf.add(tf.mul(momentum, state.momentum), push)
      const next = {
        position: unravel(tf.add(vector, velocity)),
        momentum: velocity,
        step: tf.add(state.step, tf.scalar(1, 'int32'))
      }
      return [next, { logDensity: value, stepSize: tf.clone(stepSize) }] as const
    })

/**
 * Stochastic gradient Hamiltonian Monte Carlo in the form of SGD with momentum:
 * v ← (1 − α) v + ε ∇log p̂(w) + N(0, 2 α ε T), w ← w + v, with α = 1 − `momentum`.
 *
 * **When to use** large data; it travels further than `sgld` per gradient. **Gotcha** biased: no accept test, and minibatch
 * noise adds to the temperature. For a Gaussian of standard deviation s the bias is small while ε ≪ s².
 *
 * @param logDensity an unbiased estimate of log p in nats (`minibatchLogJoint`), or log p itself
 * @param options `stepSize` ε: the learning rate per gradient of the whole log density, in units of position², a number
 *   > 0 or a schedule; `momentum` 1 − α in [0, 1), 0.9 by default
 * @error InvalidArgument if `stepSize` is a number that is not positive or `momentum` is outside [0, 1)
 * @source Chen, Fox & Guestrin (2014), Stochastic gradient Hamiltonian Monte Carlo, ICML, eq. 15
 * @example sghmc(logDensity, { stepSize: cyclicalCosine({ initial: 1e-4, cycleLength: 5000 }) })
 */
export const sghmc = <P extends Tree>(
  logDensity: StochasticLogDensity<P>,
  { stepSize, momentum = 0.9 }: { readonly stepSize: number | StepSchedule; readonly momentum?: number }
): Kernel<P, SghmcState<P>, SgmcmcInfo> => {
  const schedule = asSchedule('sghmc', stepSize)
  if (!(momentum >= 0 && momentum < 1))
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'sghmc',
      argument: 'momentum',
      expected: 'a number in [0, 1)',
      got: String(momentum)
    })
  const transition = sghmcKernel(logDensity)
  return {
    init: sghmcInit,
    step: (key, state) =>
      scoped(() => transition(key, state, { ...schedule(tf.cast(state.step, 'float32')), momentum }))
  }
}
