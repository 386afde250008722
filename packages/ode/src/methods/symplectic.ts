/**
 * Symplectic methods for separable Hamiltonian systems, dq/dt = v(t, p), dp/dt = f(t, q): kicks of the momenta and drifts of
 * the positions in turn. They keep volume, and the energy errs by O(h^order) for exponentially long times.
 */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError } from '@bdl/core'
import { hermite } from '../dense.js'
import type { Solver, StepResult, Stepper, StepperProblem } from '../solver.js'

/** Kick by kicks[i] h, then drift by drifts[i] h, in turn. */
export interface Composition {
  readonly name: string
  readonly order: number
  readonly kicks: readonly number[]
  /** As many as kicks; the last may be 0. */
  readonly drifts: readonly number[]
}

export interface SymplecticSolver extends Composition, Solver {}

const refuse = (name: string, expected: string, got: string): never => {
  throw new BdlError({ code: 'InvalidArgument', fn: 'symplectic', argument: name, expected, got })
}

const check = ({ name, kicks, drifts }: Composition): void => {
  if (kicks.length !== drifts.length) refuse(name, 'as many drifts as kicks', `${drifts.length} and ${kicks.length}`)
  for (const [what, shares] of Object.entries({ kicks, drifts })) {
    const total = shares.reduce((a, b) => a + b, 0)
    if (Math.abs(total - 1) > 1e-12) refuse(name, `${what} to sum to 1`, String(total))
  }
}

/** Time plus a share of the step; shares that are 0 or 1 cost nothing. */
const later = (t: tf.Tensor, h: tf.Tensor, share: number): tf.Tensor =>
  Math.abs(share) < 1e-15 ? t : tf.add(t, tf.mul(h, share))

/** A composition that ends with a kick starts the next step with the very same force. */
const stepperOf =
  ({ kicks, drifts }: Composition) =>
  ({ field, full, positions }: StepperProblem): Stepper => {
    if (positions === undefined) return refuse('solver', 'a state { q, p } for a symplectic method', 'another')
    const momenta = tf.sub(1, positions)
    const isClosed = drifts[drifts.length - 1] === 0
    const force = (t: tf.Tensor, y: tf.Tensor): tf.Tensor => tf.mul(field(t, y), momenta)
    const step = (t: tf.Tensor, before: tf.Tensor, h: tf.Tensor, memory: readonly tf.Tensor[]): StepResult => {
      let y = before
      let pull = memory[0]
      let [kicked, drifted] = [0, 0]
      kicks.forEach((kick, i) => {
        pull = i === 0 && pull !== undefined ? pull : force(later(t, h, drifted), y)
        y = tf.add(y, tf.mul(pull, tf.mul(h, kick)))
        kicked += kick
        const drift = drifts[i]!
        if (drift === 0) return
        y = tf.add(y, tf.mul(tf.mul(field(later(t, h, kicked), y), positions), tf.mul(h, drift)))
        drifted += drift
      })
      const ends = { slope0: () => field(t, before), slope1: () => field(tf.add(t, h), y) }
      return {
        y,
        error: null,
        memory: isClosed ? [pull!] : [],
        dense: () => hermite({ y0: before, y1: y, slope0: ends.slope0(), slope1: ends.slope1(), h })
      }
    }
    const evaluations = kicks.length + drifts.filter((d) => d !== 0).length - (isClosed ? 1 : 0) + (full ? 2 : 0)
    const start = (slope: () => tf.Tensor): readonly tf.Tensor[] => (isClosed ? [tf.mul(slope(), momenta)] : [])
    return { start, step, startEvaluations: isClosed ? 1 : 0, evaluations }
  }

/**
 * Checks a composition and makes a solver of it; its state is a record { q, p } of trees of positions and momenta.
 * @error InvalidArgument unless kicks and drifts are as many and sum to 1 each
 * @source Hairer, Lubich & Wanner 2006, Geometric Numerical Integration, II.4 and VI.3
 * @example symplectic({ name: 'leapfrog', order: 2, kicks: [1 / 2, 1 / 2], drifts: [1, 0] })
 */
export const symplectic = (composition: Composition): SymplecticSolver => {
  check(composition)
  return Object.freeze({
    ...composition,
    hasError: false,
    isSymplectic: true,
    isImplicit: false,
    stepper: stepperOf(composition)
  })
}

/** Kick, then drift with the new momenta: symplectic Euler. */
export const semiImplicitEuler = symplectic({ name: 'semiImplicitEuler', order: 1, kicks: [1], drifts: [1] })

/** Half a kick, a drift, half a kick: Stormer's and Verlet's method; reversible, one force a step. */
export const leapfrog = symplectic({ name: 'leapfrog', order: 2, kicks: [1 / 2, 1 / 2], drifts: [1, 0] })

const OUTER = 1 / (2 - Math.cbrt(2))
const INNER = 1 - 2 * OUTER

/** Three leapfrogs, the middle one backwards: order 4. @source Yoshida 1990, doi:10.1016/0375-9601(90)90092-3 */
export const yoshida4 = symplectic({
  name: 'yoshida4',
  order: 4,
  kicks: [OUTER / 2, (OUTER + INNER) / 2, (OUTER + INNER) / 2, OUTER / 2],
  drifts: [OUTER, INNER, OUTER, 0]
})
