/** How step sizes are chosen: the same everywhere, given, or from an error estimate by a controller. */
import type * as tf from '@tensorflow/tfjs-core'
import { BdlError, expectInteger, expectPositive } from '@bdl/core'
import { expectTolerance, type Tolerance } from './tolerance.js'

/** `steps` equal steps between one save time and the next. Differentiable through the steps. */
export interface FixedControl {
  readonly kind: 'fixed'
  readonly steps: number
}

/** Steps from each of `times` to the next; the first is t0 and the last t1. Differentiable through the steps. */
export interface GivenControl {
  readonly kind: 'given'
  readonly times: readonly number[] | tf.Tensor
}

export interface AdaptiveControl {
  readonly kind: 'adaptive'
  /** Relative tolerance of one step, a number or a tree like the state; default 1e-5. */
  readonly rtol: Tolerance
  /** Absolute tolerance of one step, in units of the state; default 1e-6. */
  readonly atol: Tolerance
  /** Most steps tried in a solve, rejected ones included; default 4096. */
  readonly maxSteps: number
  /** First step tried, in units of time; chosen from the field if absent. */
  readonly firstStep?: number
  /** A step is never longer, in units of time. */
  readonly maxStep?: number
  /** A step is never shorter, in units of time, but to land: where one so short is rejected the solve ends and says so. */
  readonly minStep?: number
  /** Default 0.9. */
  readonly safety: number
  /** A step shrinks at most by this; default 0.2. */
  readonly minFactor: number
  /** A step grows at most by this; default 10. */
  readonly maxFactor: number
  /** Coefficients of the controller, divided by the order of the error; 0, 1, 0 give the plain integral controller. */
  readonly proportional: number
  readonly integral: number
  readonly derivative: number
}

export type Control = FixedControl | GivenControl | AdaptiveControl

/** The same number of equal steps in every interval. @error InvalidArgument unless a positive integer */
export const fixedSteps = (steps: number): FixedControl => {
  expectInteger('fixedSteps', { steps }, 1)
  return { kind: 'fixed', steps }
}

/**
 * Steps from each of these times to the next, the first of them t0 and the last t1; states at save times inside are
 * interpolated.
 * @param times numbers, or a tensor [k + 1] that gradients reach
 * @error InvalidArgument for fewer than two
 * @example givenSteps([0, 0.01, 0.1, 1])
 */
export const givenSteps = (times: readonly number[] | tf.Tensor): GivenControl => {
  const size = 'shape' in times ? (times.rank === 1 ? times.size : 0) : times.length
  if (size < 2)
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'givenSteps',
      argument: 'times',
      expected: 'a list of two times or more',
      got: String(size)
    })
  return { kind: 'given', times }
}

/**
 * Steps chosen so that the error of each, divided by atol + rtol |y|, has root mean square at most 1: a
 * proportional-integral-derivative controller.
 * @error InvalidArgument for a tolerance, factor, bound or limit that is not positive
 * @precision below rtol = 1e-6 float32 rounding is the error, and steps are rejected for noise
 * @source Hairer, Norsett & Wanner 1993, II.4; Soderlind 2003, Digital filters in adaptive time-stepping
 * @example adaptive({ rtol: 1e-6, atol: { x: tf.scalar(1e-6), v: tf.scalar(1e-3) } })
 */
export const adaptive = (options: Partial<Omit<AdaptiveControl, 'kind'>> = {}): AdaptiveControl => {
  const control: AdaptiveControl = {
    kind: 'adaptive',
    rtol: 1e-5,
    atol: 1e-6,
    maxSteps: 4096,
    safety: 0.9,
    minFactor: 0.2,
    maxFactor: 10,
    proportional: 0.2,
    integral: 0.65,
    derivative: 0,
    ...options
  }
  const { rtol, atol, safety, minFactor, maxFactor, maxSteps, firstStep, minStep, maxStep } = control
  expectTolerance('adaptive', 'rtol', rtol)
  expectTolerance('adaptive', 'atol', atol)
  expectPositive('adaptive', { safety, minFactor, maxFactor })
  expectInteger('adaptive', { maxSteps }, 1)
  for (const [name, bound] of Object.entries({ firstStep, minStep, maxStep }))
    if (bound !== undefined) expectPositive('adaptive', { [name]: bound })
  if (minStep !== undefined && maxStep !== undefined && minStep > maxStep)
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'adaptive',
      argument: 'minStep',
      expected: `at most maxStep = ${maxStep}`,
      got: String(minStep)
    })
  return control
}
