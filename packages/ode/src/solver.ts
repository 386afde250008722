/**
 * What every method gives: one step of a vector from (t, y), a judgement of it if it has one, and the solution inside of it.
 * Laws: a step of size 0 gives y; `dense` at 0 is y and at 1 is the new state; |error of a step| is O(h^(order + 1)).
 */
import type * as tf from '@tensorflow/tfjs-core'

/** dy/dt of a vector: scalar t, y [n] -> [n]. */
export type VectorField = (t: tf.Tensor, y: tf.Tensor) => tf.Tensor

/** What a step hands to the next beside the state: slopes that both need. */
export type Memory = readonly tf.Tensor[]

export interface StepResult {
  /** [n] */
  readonly y: tf.Tensor
  /** Estimate of the step's error [n], or `null`. */
  readonly error: tf.Tensor | null
  readonly memory: Memory
  /** Coefficients [n] of theta^0, theta^1, ...: the state at the share theta of the step. Of full steppers only. */
  readonly dense: () => readonly tf.Tensor[]
}

export interface Stepper {
  /** Memory of a first step, from the slope at its start; the slope is computed only if it is asked for. */
  readonly start: (slope: () => tf.Tensor) => Memory
  /** One step of signed size h. */
  readonly step: (t: tf.Tensor, y: tf.Tensor, h: tf.Tensor, memory: Memory) => StepResult
  /** Evaluations of the field before the first step and in each. */
  readonly startEvaluations: number
  readonly evaluations: number
}

export interface StepperProblem {
  readonly field: VectorField
  /** Errors and dense output are wanted; else a method leaves out what only they need. */
  readonly full: boolean
  /** 1 for entries that are positions, 0 for momenta, [n]: of symplectic methods only. */
  readonly positions?: tf.Tensor
}

/** A method. Any record of this form can be given to `solve`; `tableau`, `symplectic` and `rosenbrock` make them from numbers. */
export interface Solver {
  readonly name: string
  /** Order of the solution: the error of one step is O(h^(order + 1)). */
  readonly order: number
  /** Whether steps judge themselves, which adaptive control needs. */
  readonly hasError: boolean
  /** Needs a state { q, p } of positions and momenta. */
  readonly isSymplectic: boolean
  /** Solves linear systems in the state, so that stiff problems do not bound its steps. */
  readonly isImplicit: boolean
  readonly stepper: (problem: StepperProblem) => Stepper
}
