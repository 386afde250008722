/** One explicit Runge-Kutta step of a vector. */
import * as tf from '@tensorflow/tfjs-core'
import { hermite } from '../dense.js'
import type { StepResult, Stepper, StepperProblem, VectorField } from '../solver.js'
import type { ButcherTableau } from './tableau.js'

/** Sum of w_i k_i over the nonzero weights, or `null` if there are none. */
export const combine = (weights: readonly number[], stages: readonly tf.Tensor[]): tf.Tensor | null =>
  weights.reduce<tf.Tensor | null>((total, w, i) => {
    if (w === 0) return total
    const term = w === 1 ? stages[i]! : tf.mul(stages[i]!, w)
    return total === null ? term : tf.add(total, term)
  }, null)

/** Slopes of all stages, the first of which is known. */
const stagesOf = (
  { a, c }: ButcherTableau,
  field: VectorField,
  { t, y, h }: { readonly t: tf.Tensor; readonly y: tf.Tensor; readonly h: tf.Tensor },
  first: tf.Tensor
): readonly tf.Tensor[] =>
  a.reduce<readonly tf.Tensor[]>((ks, row, i) => {
    if (i === 0) return [first]
    const slope = combine(row, ks)
    const at = c[i] === 0 ? t : tf.add(t, c[i] === 1 ? h : tf.mul(h, c[i]!))
    return [...ks, field(at, slope === null ? y : tf.add(y, tf.mul(slope, h)))]
  }, [])

/** Drops trailing stages that only the error estimate or the next step would use. */
const withoutError = (t: ButcherTableau): ButcherTableau => {
  const used = t.b.reduce((last, w, i) => (w === 0 ? last : i), 0) + 1
  return { ...t, c: t.c.slice(0, used), a: t.a.slice(0, used), b: t.b.slice(0, used), bError: null }
}

/** Coefficients of theta^1, theta^2, ...: h sum_i w_ij k_i. */
const weighted = (
  weights: readonly (readonly number[])[],
  stages: readonly tf.Tensor[],
  h: tf.Tensor
): readonly tf.Tensor[] =>
  weights[0]!.map((_, j) => {
    const slope = combine(
      weights.map((row) => row[j]!),
      stages
    )
    return slope === null ? tf.zerosLike(stages[0]!) : tf.mul(slope, h)
  })

const plainStepper = (t: ButcherTableau, { field }: StepperProblem): Stepper => {
  const method = withoutError(t)
  const step = (at: tf.Tensor, y: tf.Tensor, h: tf.Tensor): StepResult => {
    const stages = stagesOf(method, field, { t: at, y, h }, field(at, y))
    const next = tf.add(y, tf.mul(combine(method.b, stages)!, h))
    return { y: next, error: null, memory: [], dense: () => [y] }
  }
  return { start: () => [], step, startEvaluations: 0, evaluations: method.b.length }
}

const fullStepper = (method: ButcherTableau, isFsal: boolean, { field }: StepperProblem): Stepper => {
  const { b, bError, dense } = method
  const step = (t: tf.Tensor, y: tf.Tensor, h: tf.Tensor, memory: readonly tf.Tensor[]): StepResult => {
    const stages = stagesOf(method, field, { t, y, h }, memory[0]!)
    const next = tf.add(y, tf.mul(combine(b, stages)!, h))
    const last = isFsal ? stages[stages.length - 1]! : field(tf.add(t, h), next)
    const error = bError === null ? null : tf.mul(combine(bError, stages)!, h)
    return {
      y: next,
      error,
      memory: [last],
      dense: () =>
        dense === undefined
          ? hermite({ y0: y, y1: next, slope0: stages[0]!, slope1: last, h })
          : [y, ...weighted(dense, stages, h)]
    }
  }
  return { start: (slope) => [slope()], step, startEvaluations: 1, evaluations: b.length - (isFsal ? 1 : 0) }
}

export const explicitStepper =
  (method: ButcherTableau, isFsal: boolean) =>
  (problem: StepperProblem): Stepper =>
    problem.full ? fullStepper(method, isFsal, problem) : plainStepper(method, problem)
