// Step sizes: tolerances by leaf, bounds, given steps, every step; what a solve says of itself.
import * as tf from '@tensorflow/tfjs-core'
import { jit, vmap } from '@bdl/compiler'
import { eagerAndCompiled, expectClose } from '@bdl/testing'
import { describe, expect, test } from 'vitest'
import {
  adaptive,
  describeStatus,
  dopri5,
  everyStep,
  fixedSteps,
  givenSteps,
  heun,
  rk4,
  solve,
  SolveStatus,
  tsit5,
  type Tolerance
} from '../src/index'

const number = (t: tf.Tensor): number => t.dataSync()[0]!
const one = () => tf.tensor1d([1])
const decay = (_t: tf.Tensor, y: tf.Tensor) => tf.neg(y)

type Pair = { readonly slow: tf.Tensor; readonly fast: tf.Tensor }
const pair = (_t: tf.Tensor, { slow, fast }: Pair): Pair => ({
  slow: tf.neg(slow),
  fast: tf.mul(tf.sub(tf.cos(tf.mul(_t, 20)), fast), 10)
})
const pairStart = (): Pair => ({ slow: tf.tensor1d([1, 2]), fast: tf.tensor1d([0]) })

describe('tolerances', () => {
  const stepsWith = (atol: Tolerance) =>
    number(solve({ field: pair, y0: pairStart(), t0: 0, t1: 2, control: adaptive({ rtol: 1e-5, atol }) }).steps)

  test('of each leaf: a leaf that may err much takes no steps', () => {
    const strict = stepsWith(1e-5)
    const same = stepsWith({ slow: tf.scalar(1e-5), fast: tf.tensor1d([1e-5]) })
    const loose = stepsWith({ slow: tf.tensor1d([1e-5, 1e-5]), fast: tf.scalar(1e3) })
    expect(same).toBe(strict)
    expect(loose).toBeLessThan(strict / 2)
  })

  test('of each leaf with gradients, compiled', async () => {
    const run = (y0: Pair) => {
      const atol = { slow: tf.scalar(1e-5), fast: tf.scalar(1e-5) }
      return solve({ field: pair, y0, t0: 0, t1: 1, control: adaptive({ rtol: 1e-5, atol }), adjoint: 'backsolve' }).y
    }
    for (const { slow } of await eagerAndCompiled(run, [pairStart()]))
      expectClose(slow, [Math.exp(-1), 2 * Math.exp(-1)], { atol: 1e-4, rtol: 1e-4 })
  })

  test('of another structure, or not positive, are refused', () => {
    const solved = (atol: { readonly [name: string]: tf.Tensor }) => () =>
      solve({ field: pair, y0: pairStart(), t0: 0, t1: 1, control: adaptive({ atol }) })
    expect(solved({ slow: tf.scalar(1) })).toThrow(/leaves/)
    expect(solved({ slow: tf.scalar(1), fast: tf.scalar(0) })).toThrow(/atol/)
    expect(() => adaptive({ rtol: -1 })).toThrow(/rtol/)
    expect(() => adaptive({ minStep: 1, maxStep: 0.1 })).toThrow(/maxStep/)
    expect(() => adaptive({ maxStep: 0 })).toThrow(/maxStep/)
  })
})

describe('bounds of the step', () => {
  test('maxStep', () => {
    const { steps } = solve({ field: decay, y0: one(), t0: 0, t1: 1, control: adaptive({ maxStep: 0.01 }) })
    expect(number(steps)).toBeGreaterThanOrEqual(100)
    expect(number(steps)).toBeLessThan(104)
  })

  test('minStep: a rejected step as short as that ends the solve', async () => {
    const run = (y0: tf.Tensor) => {
      const control = adaptive({ rtol: 1e-6, atol: 1e-6, minStep: 0.2 })
      return solve({ field: (_t, y: tf.Tensor) => tf.mul(y, -30), y0, t0: 0, t1: 2, control })
    }
    for (const { status, y } of await eagerAndCompiled(run, [one()])) {
      expect(number(status)).toBe(SolveStatus.stepTooSmall)
      expect(number(y)).toBeNaN()
    }
  })

  test('a step limit counts the whole solve', () => {
    const control = adaptive({ rtol: 1e-6, maxSteps: 20 })
    const { status, ys, steps, rejected } = solve({
      field: decay,
      y0: one(),
      t0: 0,
      t1: 50,
      saveAt: [0.1, 40],
      control
    })
    expect(number(status)).toBe(SolveStatus.stepLimit)
    expect(number(steps) + number(rejected)).toBe(20)
    expectClose(ys, [[Math.exp(-0.1)], [NaN]], { atol: 1e-5, rtol: 1e-5 })
  })

  test('each status has a text; the coefficients of the controller change the steps', () => {
    for (const status of Object.values(SolveStatus)) expect(describeStatus(status)).not.toMatch(/no status/)
    const steps = (options: Parameters<typeof adaptive>[0]) =>
      number(solve({ field: pair, y0: pairStart(), t0: 0, t1: 3, control: adaptive(options) }).steps)
    const integral = steps({ proportional: 0, integral: 1, derivative: 0 })
    const pid = steps({ proportional: 0.3, integral: 0.4, derivative: 0.05 })
    expect(Math.abs(pid / integral - 1)).toBeLessThan(0.5)
    expect(pid).not.toBe(integral)
  })
})

describe('given steps', () => {
  test('are taken as they are, and states between are interpolated', async () => {
    const control = givenSteps([0, 0.1, 0.3, 0.6, 1])
    const run = (y0: tf.Tensor) =>
      solve({ field: decay, y0, t0: 0, t1: 1, saveAt: [0.1, 0.2, 0.45, 0.6], control, solver: tsit5 })
    for (const { ys, y, steps, ts } of await eagerAndCompiled(run, [one()])) {
      expect(number(steps)).toBe(4)
      expectClose(ts, [0.1, 0.2, 0.45, 0.6], { atol: 1e-7, rtol: 0 })
      const exact = [0.1, 0.2, 0.45, 0.6].map((t) => [Math.exp(-t)])
      expectClose(ys, exact, { atol: 1e-5, rtol: 1e-5 })
      expectClose(y, [Math.exp(-1)], { atol: 1e-6, rtol: 1e-6 })
    }
  })

  test('equal ones are fixed steps; backwards too', () => {
    const at = (t0: number, t1: number, control: ReturnType<typeof givenSteps> | ReturnType<typeof fixedSteps>) =>
      number(solve({ field: decay, y0: one(), t0, t1, control, solver: rk4 }).y)
    expect(at(0, 1, givenSteps([0, 0.25, 0.5, 0.75, 1]))).toBeCloseTo(at(0, 1, fixedSteps(4)), 6)
    expect(at(1, 0, givenSteps([1, 0.5, 0]))).toBeCloseTo(at(1, 0, fixedSteps(2)), 6)
  })

  test('that lead elsewhere, or turn back, are refused', () => {
    const run = (times: readonly number[]) => () =>
      solve({ field: decay, y0: one(), t0: 0, t1: 1, control: givenSteps(times) })
    expect(run([0, 0.5])).toThrow(/t1 = 1/)
    expect(run([0, 0.7, 0.3, 1])).toThrow(/order/)
    expect(() => givenSteps([0])).toThrow(/two times/)
    const from = { field: decay, y0: one(), t0: 0, t1: 1, control: givenSteps([0, 1]) }
    expect(() => solve({ ...from, adjoint: 'backsolve' })).toThrow(/direct/)
  })
})

describe('what is reported', () => {
  test('every step: t0, the steps, then NaN', async () => {
    const run = (y0: tf.Tensor) => solve({ field: decay, y0, t0: 0, t1: 2, saveAt: everyStep(40) })
    for (const { ts, ys, steps, y } of await eagerAndCompiled(run, [one()])) {
      const count = number(steps)
      const times = [...ts.dataSync()]
      expect(ts.shape).toEqual([41])
      expect(times[0]).toBe(0)
      expect(times[count]).toBeCloseTo(2, 6)
      expect(times.slice(0, count + 1).every((t, i, all) => i === 0 || t > all[i - 1]!)).toBe(true)
      expect(times.slice(count + 1).every(Number.isNaN)).toBe(true)
      const states = [...ys.dataSync()]
      times.slice(0, count + 1).forEach((t, i) => expect(states[i]).toBeCloseTo(Math.exp(-t), 4))
      expect(states.slice(count + 1).every(Number.isNaN)).toBe(true)
      expectClose(y, [Math.exp(-2)], { atol: 1e-4, rtol: 1e-4 })
    }
  })

  test('every step of fixed and of given control; more than the limit is a step limit', () => {
    const from = { field: decay, y0: one(), t0: 0, t1: 1, saveAt: everyStep() } as const
    expectClose(solve({ ...from, control: fixedSteps(4) }).ts, [0, 0.25, 0.5, 0.75, 1], { atol: 1e-6, rtol: 0 })
    expectClose(solve({ ...from, control: givenSteps([0, 0.2, 1]), solver: heun }).ts, [0, 0.2, 1], {
      atol: 1e-6,
      rtol: 0
    })
    const cut = solve({ ...from, t1: 50, saveAt: everyStep(3) })
    expect(number(cut.status)).toBe(SolveStatus.stepLimit)
    expect(number(cut.y)).toBeNaN()
  })

  test('a function of the state, of any form', async () => {
    const run = (y0: Pair) =>
      solve({
        ...{ field: pair, y0, t0: 0, t1: 1, saveAt: [0, 0.5, 1], params: tf.scalar(2) },
        observe: (t, y: Pair, p) => ({ mass: tf.mul(tf.sum(y.slow), p), time: t })
      }).ys
    for (const { mass, time } of await eagerAndCompiled(run, [pairStart()])) {
      expectClose(time, [0, 0.5, 1], { atol: 1e-7, rtol: 0 })
      expectClose(mass, [6, 6 * Math.exp(-0.5), 6 * Math.exp(-1)], { atol: 1e-3, rtol: 1e-4 })
    }
  })
})

describe('a batch with a step size each', () => {
  const rates = [-0.5, -50, 3]
  const solved = (rate: tf.Tensor) =>
    solve({ field: (_t, y: tf.Tensor, r: tf.Tensor) => tf.mul(r, y), y0: one(), t0: 0, t1: 1, params: rate })

  test('takes the very steps of each alone; lanes that are done wait untouched', async () => {
    const many = (rate: tf.Tensor) => {
      const { y, steps, rejected, status } = vmap(solved)(rate)
      return { y, steps, rejected, status }
    }
    const alone = rates.map((rate) => solved(tf.scalar(rate)))
    for (const { y, steps, rejected, status } of await eagerAndCompiled(many, [tf.tensor1d(rates)])) {
      expect([...status.dataSync()]).toEqual([0, 0, 0])
      expectClose(
        tf.reshape(y, [3]),
        alone.map((s) => number(s.y)),
        { atol: 1e-6, rtol: 1e-4 }
      )
      alone.forEach((s, i) => {
        expect(Math.abs(steps.dataSync()[i]! - number(s.steps))).toBeLessThanOrEqual(1)
        expect(Math.abs(rejected.dataSync()[i]! - number(s.rejected))).toBeLessThanOrEqual(1)
      })
      expect(steps.dataSync()[1]!).toBeGreaterThan(2 * steps.dataSync()[0]!)
    }
  })

  test('a lane in trouble says so and spoils no other', async () => {
    // y' = y^2 blows up at t = 1 / y0
    const square = (y0: tf.Tensor) => {
      const { y, status } = solve({ field: (_t, y: tf.Tensor) => tf.square(y), y0, t0: 0, t1: 1, solver: dopri5 })
      return { y, status }
    }
    const many = jit((y0: tf.Tensor) => vmap(square)(y0))
    const { y, status } = await many(tf.tensor2d([[0.5], [2], [-1]]))
    expectClose(tf.reshape(y, [3]), [1, NaN, -0.5], { atol: 1e-4, rtol: 1e-4 })
    const [a, b, c] = status.dataSync()
    expect([a, c]).toEqual([0, 0])
    expect([SolveStatus.notFinite, SolveStatus.stepTooSmall, SolveStatus.stepLimit]).toContain(b)
    await many.dispose()
  })
})

describe('bad input', () => {
  test('NaN in y0 or in a time tensor', () => {
    expect(() => solve({ field: decay, y0: tf.tensor1d([NaN]), t0: 0, t1: 1 })).toThrow(/y0/)
    expect(() => solve({ field: decay, y0: one(), t0: tf.scalar(NaN), t1: 1 })).toThrow(/t0/)
  })

  test('NaN in y0 of a compiled solve is a status', async () => {
    const run = jit((y0: tf.Tensor) => solve({ field: decay, y0, t0: 0, t1: 1 }).status)
    expect(number(await run(tf.tensor1d([NaN])))).toBe(SolveStatus.notFinite)
    await run.dispose()
  })

  test('t0 = t1 as tensors: nothing to do', () => {
    const { y, status } = solve({ field: decay, y0: one(), t0: tf.scalar(1), t1: tf.scalar(1) })
    expect([number(y), number(status)]).toEqual([1, SolveStatus.done])
  })
})
