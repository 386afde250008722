/** The sizes of adaptive steps: the first, and the next after each judgement. */
import * as tf from '@tensorflow/tfjs-core'
import type { AdaptiveControl } from './control.js'
import type { VectorField } from './solver.js'
import type { VectorTolerance } from './tolerance.js'

/** Root mean square, scalar. */
export const rms = (x: tf.Tensor): tf.Tensor => tf.sqrt(tf.mean(tf.square(x)))

/** What a step may err by: atol + rtol |y|, [n]. */
export const allowance = ({ rtol, atol }: VectorTolerance, size: tf.Tensor): tf.Tensor =>
  tf.add(tf.mul(size, rtol), atol)

/** x^p for x > 0; the floor keeps an error of exactly 0 from growing a step without bound. */
const power = (x: tf.Tensor, p: number): tf.Tensor => tf.exp(tf.mul(tf.log(tf.maximum(x, 1e-10)), p))

/** Error norms of the two accepted steps before this one. */
export type Errors = readonly [last: tf.Tensor, beforeLast: tf.Tensor]

/**
 * Factor of the next step size after a step whose error norm is `error` (accepted at <= 1; NaN counts as far too large).
 * `order` is that of the solution: the estimate belongs to the lower method of the pair, of local order `order`.
 */
export const nextFactor = (
  control: AdaptiveControl,
  order: number,
  error: tf.Tensor,
  [last, beforeLast]: Errors,
  accepted: tf.Tensor
): tf.Tensor => {
  const { safety, minFactor, maxFactor, proportional: p, integral: i, derivative: d } = control
  const terms = [power(error, -(p + i + d) / order)]
  if (p + 2 * d !== 0) terms.push(power(last, (p + 2 * d) / order))
  if (d !== 0) terms.push(power(beforeLast, -d / order))
  const grow = tf.mul(
    terms.reduce((a, b) => tf.mul(a, b)),
    safety
  )
  const shrink = tf.minimum(tf.mul(power(error, -1 / order), safety), 1)
  const kept = tf.clipByValue(tf.where(accepted, grow, shrink), minFactor, maxFactor)
  return tf.where(tf.less(error, Infinity), kept, minFactor)
}

export interface FirstStepProblem {
  readonly field: VectorField
  readonly tolerance: VectorTolerance
  readonly order: number
  /** Entries of the state, from the first, that count. */
  readonly judged: (x: tf.Tensor) => tf.Tensor
}

/**
 * A first step from the size of the state, its slope and the slope's change; one evaluation of the field.
 * @source Hairer, Norsett & Wanner 1993, II.4
 */
export const firstStep = (
  { field, tolerance, order, judged }: FirstStepProblem,
  { y, slope, start, end }: Readonly<Record<'y' | 'slope' | 'start' | 'end', tf.Tensor>>
): tf.Tensor => {
  const span = tf.sub(end, start)
  const scale = allowance(tolerance, judged(tf.abs(y)))
  const norm = (x: tf.Tensor): tf.Tensor => rms(tf.div(judged(x), scale))
  const [size, speed] = [norm(y), norm(slope)]
  const still = tf.logicalOr(tf.less(size, 1e-5), tf.less(speed, 1e-5))
  const trial = tf.where(still, 1e-6, tf.div(tf.mul(size, 0.01), tf.maximum(speed, 1e-10)))
  const signed = tf.mul(trial, tf.sign(span))
  const bend = norm(tf.sub(field(tf.add(start, signed), tf.add(y, tf.mul(slope, signed))), slope))
  const fastest = tf.maximum(tf.maximum(speed, tf.div(bend, trial)), 1e-10)
  const chosen = tf.minimum(tf.mul(trial, 100), tf.exp(tf.mul(tf.log(tf.div(0.01, fastest)), 1 / order)))
  // A field that is not finite here has no scale: try the whole interval and let rejections say so.
  return tf.where(tf.less(chosen, Infinity), chosen, tf.abs(span))
}
