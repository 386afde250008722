// What each kind of method is for: energy kept for long times, stiff problems in few steps.
import * as tf from '@tensorflow/tfjs-core'
import { jit } from '@bdl/compiler'
import { eagerAndCompiled, expectClose } from '@bdl/testing'
import { describe, expect, test } from 'vitest'
import {
  adaptive,
  everyStep,
  fixedSteps,
  heun,
  leapfrog,
  rk4,
  rodas4,
  rodas5p,
  rosenbrock,
  semiImplicitEuler,
  solve,
  SolveStatus,
  symplectic,
  yoshida4,
  type Solver
} from '../src/index'

const number = (t: tf.Tensor): number => t.dataSync()[0]!

type Phase = { readonly q: tf.Tensor; readonly p: tf.Tensor }

/** Kepler's problem, mass 1: an ellipse of eccentricity 0.5 with energy -1/2. */
const kepler = (_t: tf.Tensor, { q, p }: Phase): Phase => ({
  q: tf.clone(p),
  p: tf.neg(tf.div(q, tf.pow(tf.sum(tf.square(q)), 1.5)))
})
const start = (): Phase => ({ q: tf.tensor1d([0.5, 0]), p: tf.tensor1d([0, Math.sqrt(3)]) })

/** Largest |E + 1/2| over the last turn of so many, 200 steps each. */
const energyError = async (solver: Solver, turns: number): Promise<number> => {
  const run = jit(({ q, p }: Phase) => {
    const y0 = { q, p }
    const observe = (_t: tf.Tensor, at: Phase) =>
      tf.abs(tf.add(tf.sub(tf.div(tf.sum(tf.square(at.p)), 2), tf.div(1, tf.norm(at.q))), 0.5))
    const from = { field: kepler, solver, control: fixedSteps(200 * Math.max(1, turns - 1)) }
    const { y } = turns > 1 ? solve({ ...from, y0, t0: 0, t1: 2 * Math.PI * (turns - 1) }) : { y: y0 }
    const last = { field: kepler, solver, control: fixedSteps(200), saveAt: everyStep(), observe }
    return tf.max(solve({ ...last, y0: y, t0: 0, t1: 2 * Math.PI }).ys)
  })
  const found = await run(start())
  await run.dispose()
  return number(found)
}

describe('symplectic methods', () => {
  test.each([
    [leapfrog, 0.03],
    [yoshida4, 0.01],
    [semiImplicitEuler, 0.2]
  ] as const)('$name: the energy errs after 100 turns as after one', async (solver, bound) => {
    const [once, often] = [await energyError(solver, 1), await energyError(solver, 100)]
    expect(once).toBeLessThan(bound)
    expect(often).toBeLessThan(1.2 * once + 1e-4)
  })

  test('Heun, of the same order as leapfrog, drifts', async () => {
    const [kept, drifted] = [await energyError(leapfrog, 30), await energyError(heun, 30)]
    expect(drifted).toBeGreaterThan(5 * kept)
  })

  test('leapfrog runs back to where it came from', async () => {
    const there = (y0: Phase) => {
      const { y } = solve({ field: kepler, y0, t0: 0, t1: 3, solver: leapfrog, control: fixedSteps(100) })
      return solve({ field: kepler, y0: y, t0: 3, t1: 0, solver: leapfrog, control: fixedSteps(100) }).y
    }
    for (const { q, p } of await eagerAndCompiled(there, [start()])) {
      expectClose(q, [0.5, 0], { atol: 1e-5, rtol: 0 })
      expectClose(p, [0, Math.sqrt(3)], { atol: 1e-5, rtol: 0 })
    }
  })

  test('one force a step: evaluations are two a step, and one before', () => {
    const { evaluations } = solve({
      field: kepler,
      y0: start(),
      t0: 0,
      t1: 1,
      solver: leapfrog,
      control: fixedSteps(7)
    })
    expect(number(evaluations)).toBe(15)
  })

  test('states without positions and momenta, and adjoints that need another method, are refused', () => {
    const field = (_t: tf.Tensor, y: tf.Tensor) => tf.neg(y)
    const how = { t0: 0, t1: 1, solver: leapfrog, control: fixedSteps(3) } as const
    expect(() => solve({ ...how, field, y0: tf.tensor1d([1]) })).toThrow(/\{ q, p \}/)
    expect(() => solve({ ...how, field: kepler, y0: start(), adjoint: 'backsolve' })).toThrow(/direct/)
    expect(() => symplectic({ name: 'x', order: 1, kicks: [1], drifts: [0.5] })).toThrow(/sum to 1/)
    expect(() => symplectic({ name: 'x', order: 1, kicks: [1], drifts: [] })).toThrow(/as many/)
  })
})

describe('stiff problems', () => {
  /** Robertson's kinetics: rates from 0.04 to 3e7. */
  const robertson = (_t: tf.Tensor, y: tf.Tensor) => {
    const [a, b, c] = tf.split(y, 3) as [tf.Tensor, tf.Tensor, tf.Tensor]
    const [slow, fast, quick] = [tf.mul(a, 0.04), tf.mul(tf.mul(b, c), 1e4), tf.mul(tf.square(b), 3e7)]
    const gain = tf.sub(fast, slow)
    return tf.concat([gain, tf.sub(tf.neg(gain), quick), quick])
  }
  const y0 = () => tf.tensor1d([1, 0, 0])
  // SciPy 1.17.1, Radau, rtol 1e-11, atol 1e-15
  const truth = [
    [40, [0.7158270687194124, 9.185534764558264e-6, 0.2841637457458227]],
    [4000, [0.18320225777771032, 8.942371252835507e-7, 0.8167968479851633]]
  ] as const

  test.each([rodas4, rodas5p].map((solver) => [solver.name, solver] as const))(
    '%s: Robertson kinetics in few steps',
    async (_name, solver) => {
      for (const [t1, expected] of truth) {
        const control = adaptive({ rtol: 1e-5, atol: 1e-9, maxSteps: 500 })
        const run = (from: tf.Tensor) => solve({ field: robertson, y0: from, t0: 0, t1, solver, control })
        for (const { y, status, steps } of await eagerAndCompiled(run, [y0()])) {
          expect(number(status)).toBe(SolveStatus.done)
          expect(number(steps)).toBeLessThan(120)
          expectClose(y, [...expected], { atol: 1e-9, rtol: 2e-4 })
        }
      }
    }
  )

  test('an explicit method runs into its step limit there, and says what to do', () => {
    const { status } = solve({ field: robertson, y0: y0(), t0: 0, t1: 40, control: adaptive({ maxSteps: 200 }) })
    expect(number(status)).toBe(SolveStatus.stepLimit)
  })

  test('a step far beyond stability of explicit methods decays', () => {
    const field = (_t: tf.Tensor, y: tf.Tensor) => tf.mul(y, -1e3)
    for (const solver of [rodas4, rodas5p]) {
      const { y } = solve({ field, y0: tf.tensor1d([1]), t0: 0, t1: 1, solver, control: fixedSteps(4) })
      expect(Math.abs(number(y))).toBeLessThan(1e-3)
    }
    const explicit = solve({ field, y0: tf.tensor1d([1]), t0: 0, t1: 1, solver: rk4, control: fixedSteps(4) })
    expect(Math.abs(number(explicit.y))).toBeGreaterThan(1e10)
  })

  test('a tableau with a row too few is refused', () => {
    expect(() => rosenbrock({ ...rodas4, a: rodas4.a.slice(1) })).toThrow(/rows in a/)
    expect(() => rosenbrock({ ...rodas4, d: [0.25] })).toThrow(/entries in d/)
  })
})
