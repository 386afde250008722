/** How step sizes are chosen: the same everywhere, or from an error estimate by a proportional-integral controller. */
import * as tf from '@tensorflow/tfjs-core'
import { expectInteger, expectPositive } from '@bdl/core'

/** `steps` equal steps between one save time and the next. Differentiable through the steps. */
export interface FixedControl {
  readonly kind: 'fixed'
  readonly steps: number
}

export interface AdaptiveControl {
  readonly kind: 'adaptive'
  /** Relative tolerance of one step; default 1e-5. */
  readonly rtol: number
  /** Absolute tolerance of one step, in units of the state; default 1e-6. */
  readonly atol: number
  /** Most steps tried, rejected ones included, between one save time and the next; default 4096. */
  readonly maxSteps: number
  /** First step tried, in units of time; chosen from the field if absent. */
  readonly firstStep?: number
  /** Default 0.9. */
  readonly safety: number
  /** A step shrinks at most by this; default 0.2. */
  readonly minFactor: number
  /** A step grows at most by this; default 10. */
  readonly maxFactor: number
  /** Exponents of the controller, divided by the order of the error; 0 and 1 give the plain integral controller. */
  readonly proportional: number
  readonly integral: number
}

export type Control = FixedControl | AdaptiveControl

/** The same number of equal steps in every interval. @error InvalidArgument unless a positive integer */
export const fixedSteps = (steps: number): FixedControl => {
  expectInteger('fixedSteps', { steps }, 1)
  return { kind: 'fixed', steps }
}

/**
 * Steps chosen so that the error of each, divided by atol + rtol |y|, has root mean square at most 1.
 * @error InvalidArgument for a tolerance, factor or limit that is not positive
 * @precision below rtol = 1e-6 float32 rounding is the error, and steps are rejected for noise
 * @source Hairer, Norsett & Wanner 1993, II.4; Soderlind 2002
 * @example adaptive({ rtol: 1e-6, atol: 1e-6 })
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
    ...options
  }
  const { rtol, atol, safety, minFactor, maxFactor, maxSteps, firstStep } = control
  expectPositive('adaptive', { rtol, atol, safety, minFactor, maxFactor })
  expectInteger('adaptive', { maxSteps }, 1)
  if (firstStep !== undefined) expectPositive('adaptive', { firstStep })
  return control
}

/** x^p for x > 0; the floor keeps an error of exactly 0 from growing a step without bound. */
const power = (x: tf.Tensor, p: number): tf.Tensor => tf.exp(tf.mul(tf.log(tf.maximum(x, 1e-10)), p))

/**
 * Factor of the next step size after a step whose error norm is `error` (accepted at <= 1; NaN counts as far too large).
 * `order` is that of the solution.
 */
export const nextFactor = (
  control: AdaptiveControl,
  order: number,
  error: tf.Tensor,
  previous: tf.Tensor,
  accepted: tf.Tensor
): tf.Tensor => {
  const { safety, minFactor, maxFactor, proportional, integral } = control
  // The estimate belongs to the lower method of the pair, of local order `order`.
  const grow = tf.mul(
    tf.mul(power(error, -(integral + proportional) / order), power(previous, proportional / order)),
    safety
  )
  const shrink = tf.mul(power(error, -1 / order), safety)
  const finite = tf.less(error, Infinity)
  const kept = tf.clipByValue(
    tf.where(finite, tf.where(accepted, grow, tf.minimum(shrink, 1)), minFactor),
    minFactor,
    maxFactor
  )
  return tf.where(finite, kept, minFactor)
}
