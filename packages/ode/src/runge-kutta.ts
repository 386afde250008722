/** One explicit Runge-Kutta step of a vector, and the norm that its error is judged by. */
import * as tf from '@tensorflow/tfjs-core'
import type { ButcherTableau } from './tableau.js'

/** dy/dt of a vector: scalar t, y [n] -> [n]. */
export type VectorField = (t: tf.Tensor, y: tf.Tensor) => tf.Tensor

/** Sum of w_i k_i over the nonzero weights, or `null` if there are none. */
export const combine = (weights: readonly number[], stages: readonly tf.Tensor[]): tf.Tensor | null =>
  weights.reduce<tf.Tensor | null>((total, w, i) => {
    if (w === 0) return total
    const term = w === 1 ? stages[i]! : tf.mul(stages[i]!, w)
    return total === null ? term : tf.add(total, term)
  }, null)

export interface StepResult {
  readonly y: tf.Tensor
  /** h sum bError_i k_i, or `null` for a method without an estimate. */
  readonly error: tf.Tensor | null
  /** Slopes; the last is that at the new point if the method is FSAL. */
  readonly stages: readonly tf.Tensor[]
}

/** One step of signed size h from (t, y), whose slope `first` is already known. */
export const rungeKuttaStep =
  ({ c, a, b, bError }: ButcherTableau) =>
  (field: VectorField, t: tf.Tensor, y: tf.Tensor, h: tf.Tensor, first: tf.Tensor): StepResult => {
    const stages = a.reduce<readonly tf.Tensor[]>((ks, row, i) => {
      if (i === 0) return [first]
      const slope = combine(row, ks)
      const at = c[i] === 0 ? t : tf.add(t, c[i] === 1 ? h : tf.mul(h, c[i]!))
      return [...ks, field(at, slope === null ? y : tf.add(y, tf.mul(slope, h)))]
    }, [])
    const error = bError === null ? null : combine(bError, stages)
    return {
      y: tf.add(y, tf.mul(combine(b, stages)!, h)),
      error: error === null ? null : tf.mul(error, h),
      stages
    }
  }

/** Root mean square, scalar; 0 for an empty vector. */
export const rms = (x: tf.Tensor): tf.Tensor => tf.sqrt(tf.mean(tf.square(x)))
