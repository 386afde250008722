/**
 * Rosenbrock methods for stiff problems: each stage is one linear system with the matrix 1 - gamma h J, where J is the field's
 * Jacobian by the compiler. There is no iteration, so a step is as differentiable as an explicit one.
 */
import * as tf from '@tensorflow/tfjs-core'
import { jacobian, jvp, qr, triangularSolve } from '@bdl/compiler'
import { BdlError } from '@bdl/core'
import type { Solver, StepResult, Stepper, StepperProblem, VectorField } from '../solver.js'
import { combine } from './explicit.js'

/**
 * (1 / (gamma h) - J) u_i = f(t + c_i h, y + sum_j a_ij u_j) + sum_j C_ij u_j / h + d_i h df/dt. The state after the step is
 * the argument of the last stage plus u_last, which is also the error (stiffly accurate methods).
 */
export interface RosenbrockTableau {
  readonly name: string
  readonly order: number
  readonly gamma: number
  readonly c: readonly number[]
  readonly d: readonly number[]
  /** Rows i of i entries. */
  readonly a: readonly (readonly number[])[]
  readonly coupling: readonly (readonly number[])[]
  /** Rows k_2, k_3, ... over the stages: y(theta) = (1 - theta) y0 + theta (y1 + (1 - theta) (k_2 + theta k_3 + ...)). */
  readonly dense: readonly (readonly number[])[]
}

export interface RosenbrockSolver extends RosenbrockTableau, Solver {}

/** x -> (1 - gamma h J)^-1 x. By QR: stable whatever h is, and no row has to be exchanged. */
const inverseOf = (jac: tf.Tensor, gammaH: tf.Tensor): ((x: tf.Tensor) => tf.Tensor) => {
  const n = jac.shape[0]!
  const { q, r } = qr(tf.sub(tf.eye(n), tf.mul(jac, gammaH)))
  return (x) => tf.reshape(triangularSolve(r, tf.matMul(q, tf.reshape(x, [n, 1]), true, false), { lower: false }), [n])
}

/** Coefficients of theta^0, theta^1, ... */
const denseOf = (
  rows: RosenbrockTableau['dense'],
  y0: tf.Tensor,
  y1: tf.Tensor,
  us: readonly tf.Tensor[]
): readonly tf.Tensor[] => {
  const ks = rows.map((row) => combine(row, us)!)
  // theta (1 - theta) theta^j k_j: k_j at theta^(j + 1), -k_j at theta^(j + 2)
  const at = (j: number): tf.Tensor | null =>
    j < 0 || j > ks.length ? null : j === 0 ? ks[0]! : j === ks.length ? tf.neg(ks[j - 1]!) : tf.sub(ks[j]!, ks[j - 1]!)
  return [y0, tf.add(tf.sub(y1, y0), at(0)!), ...ks.map((_, j) => at(j + 1)!)]
}

/** u_1, u_2, ..., and the argument of the last stage. */
const stagesOf = (
  { gamma, c, d, a, coupling }: RosenbrockTableau,
  field: VectorField,
  { t, y, h }: { readonly t: tf.Tensor; readonly y: tf.Tensor; readonly h: tf.Tensor }
): readonly [readonly tf.Tensor[], tf.Tensor] => {
  const jac = jacobian((at: tf.Tensor) => field(t, at))(y)
  const [first, drift] = jvp((at: tf.Tensor) => field(at, y), t, tf.onesLike(t))
  const inverse = inverseOf(jac, tf.mul(h, gamma))
  let at = y
  const us = a.reduce<readonly tf.Tensor[]>((found, row, i) => {
    const shift = combine(row, found)
    at = shift === null ? y : tf.add(y, shift)
    const slope = i === 0 ? first : field(tf.add(t, tf.mul(h, c[i]!)), at)
    const turning = d[i] === 0 ? slope : tf.add(slope, tf.mul(drift, tf.mul(h, d[i]!)))
    const coupled = combine(coupling[i]!, found)
    const right = tf.mul(turning, h)
    return [...found, inverse(tf.mul(coupled === null ? right : tf.add(right, coupled), gamma))]
  }, [])
  return [us, at]
}

const stepperOf =
  (method: RosenbrockTableau) =>
  ({ field }: StepperProblem): Stepper => {
    const step = (t: tf.Tensor, y: tf.Tensor, h: tf.Tensor): StepResult => {
      const [us, at] = stagesOf(method, field, { t, y, h })
      const error = us[us.length - 1]!
      const next = tf.add(at, error)
      return { y: next, error, memory: [], dense: () => denseOf(method.dense, y, next, us) }
    }
    return { start: () => [], step, startEvaluations: 0, evaluations: method.c.length }
  }

const refuse = (name: string, expected: string, got: string): never => {
  throw new BdlError({ code: 'InvalidArgument', fn: 'rosenbrock', argument: name, expected, got })
}

/**
 * Checks the form of a method and makes a solver of it. Evaluations count the field alone, not the Jacobian of each step.
 * @error InvalidArgument unless there is a row of each kind for every stage
 * @precision float32: entries of h J beyond 1e7 swamp the unit matrix
 * @source Hairer & Wanner 1996, Solving Ordinary Differential Equations II, IV.7
 */
export const rosenbrock = (t: RosenbrockTableau): RosenbrockSolver => {
  const stages = t.c.length
  for (const [name, rows] of Object.entries({ a: t.a, coupling: t.coupling }))
    if (rows.length !== stages || rows.some((row, i) => row.length !== i))
      refuse(t.name, `${stages} rows in ${name}, row i with i entries`, `rows of ${rows.map((r) => r.length).join()}`)
  if (t.d.length !== stages || t.dense.some((row) => row.length !== stages))
    refuse(t.name, `${stages} entries in d and in rows of dense output`, String(t.d.length))
  return Object.freeze({
    ...t,
    hasError: true,
    isSymplectic: false,
    isImplicit: true,
    stepper: stepperOf(t)
  })
}
