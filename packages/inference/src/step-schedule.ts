/**
 * Step sizes and temperatures of stochastic gradient samplers as functions of the transition's number.
 */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, expectInteger, expectPositive } from '@bdl/core'

/** Step number (float32 scalar, from 0) -> step size and temperature (scalars). Temperature 0 switches the noise off. */
export type StepSchedule = (step: tf.Tensor) => { readonly stepSize: tf.Tensor; readonly temperature: tf.Tensor }

/** The same step size and temperature always. @error InvalidArgument if `stepSize` is not positive */
export const constantStep = (stepSize: number, temperature = 1): StepSchedule => {
  expectPositive('constantStep', { stepSize })
  return () => ({ stepSize: tf.scalar(stepSize), temperature: tf.scalar(temperature) })
}

/**
 * ε_t = a (b + t)^−γ.
 *
 * @error InvalidArgument if a number is not positive
 * @source Welling & Teh (2011), section 4
 */
export const polynomialDecay = (a: number, b: number, gamma: number): StepSchedule => {
  expectPositive('polynomialDecay', { a, b, gamma })
  return (step) => ({
    stepSize: tf.mul(a, tf.exp(tf.mul(-gamma, tf.log(tf.add(step, b))))),
    temperature: tf.scalar(1)
  })
}

export type CyclicalOptions = {
  /** ε at the start of a cycle. */
  readonly initial: number
  /** Transitions per cycle. */
  readonly cycleLength: number
  /** Step size at the end of a cycle, as a fraction of `initial`; 0.3. Down to 0 it anneals and the chains stop mixing. */
  readonly floor?: number
  /** First fraction of each cycle without noise, in which the chain travels; 0.1. */
  readonly exploration?: number
}

const expectFraction = (argument: string, value: number) => {
  if (!(value >= 0 && value <= 1))
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'cyclicalCosine',
      argument,
      expected: 'a number in [0, 1]',
      got: String(value)
    })
}

/** Position within the cycle, in [0, 1). */
const phase = (step: tf.Tensor, cycleLength: number): tf.Tensor => {
  const turns = tf.div(step, cycleLength)
  return tf.sub(turns, tf.floor(turns))
}

/**
 * Cosine steps in cycles: ε(r) = ε₀ (f + (1 − f)(1 + cos π r)/2), r the phase; no noise while r < `exploration`.
 *
 * Large steps find a mode, small ones sample it. **Gotcha** drop what the exploration gives, see `isSampling`.
 *
 * @error InvalidArgument if `initial` is not positive, `cycleLength` no integer > 0 or a fraction outside [0, 1]
 * @source Zhang, Li, Zhang, Chen & Wilson (2020), Cyclical stochastic gradient MCMC, ICLR; the floor is ours
 * @example cyclicalCosine({ initial: 1e-4, cycleLength: 5000 })(tf.scalar(0)).temperature.dataSync()[0] // => 0
 */
export const cyclicalCosine = (options: CyclicalOptions): StepSchedule => {
  const { initial, cycleLength, floor = 0.3, exploration = 0.1 } = options
  expectPositive('cyclicalCosine', { initial })
  expectInteger('cyclicalCosine', { cycleLength }, 1)
  expectFraction('floor', floor)
  expectFraction('exploration', exploration)
  return (step) => {
    const r = phase(step, cycleLength)
    const cosine = tf.mul(0.5, tf.add(1, tf.cos(tf.mul(Math.PI, r))))
    return {
      stepSize: tf.mul(initial, tf.add(floor, tf.mul(1 - floor, cosine))),
      temperature: tf.cast(tf.greaterEqual(r, exploration), 'float32')
    }
  }
}

/** Whether the transition with this number is one with noise: a draw of the sampling part of its cycle. */
export const isSampling = (step: number, { cycleLength, exploration = 0.1 }: CyclicalOptions): boolean =>
  (step % cycleLength) / cycleLength >= exploration

/** A number is a constant schedule. */
export const asSchedule = (fn: string, stepSize: number | StepSchedule): StepSchedule => {
  if (typeof stepSize !== 'number') return stepSize
  expectPositive(fn, { stepSize })
  return constantStep(stepSize)
}
