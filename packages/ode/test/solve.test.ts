import * as tf from '@tensorflow/tfjs-core'
import { grad, vmap } from '@bdl/compiler'
import { eagerAndCompiled, expectClose, expectNoLeak } from '@bdl/testing'
import { describe, expect, test } from 'vitest'
import { adaptive, bosh3, dopri5, euler, fixedSteps, rk4, solve, SolveStatus, tableau, tsit5 } from '../src/index'

const number = (t: tf.Tensor): number => t.dataSync()[0]!
const one = () => tf.tensor1d([1])

describe('trees, directions, save times', () => {
  const rotate = (_t: tf.Tensor, { x, v }: { x: tf.Tensor; v: tf.Tensor }) => ({ x: tf.clone(v), v: tf.neg(x) })
  const start = () => ({ x: tf.tensor2d([[1, 0]]), v: tf.tensor2d([[0, 1]]) })

  test('a tree of two leaves, forwards and back again', () => {
    const there = solve({ field: rotate, y0: start(), t0: 0, t1: 2 })
    expectClose(there.y.x, [[Math.cos(2), Math.sin(2)]], { atol: 1e-4, rtol: 1e-4 })
    const back = solve({ field: rotate, y0: there.y, t0: 2, t1: 0 })
    expectClose(back.y.x, [[1, 0]], { atol: 2e-4, rtol: 0 })
    expectClose(back.y.v, [[0, 1]], { atol: 2e-4, rtol: 0 })
  })

  test('save times are rows, t0 and t1 among them or not', () => {
    const times = (saveAt: readonly number[]) =>
      solve({ field: (_t, y: tf.Tensor) => tf.neg(y), y0: one(), t0: 0, t1: 1, saveAt, control: fixedSteps(20) })
    const expected = (saveAt: readonly number[]) => saveAt.map((t) => [Math.exp(-t)])
    for (const saveAt of [[0, 0.5, 1], [0.25], [0.5, 1], [0], [1]]) {
      expectClose(times(saveAt).ys, expected(saveAt), { atol: 1e-6, rtol: 1e-6 })
      expectClose(times(saveAt).y, [Math.exp(-1)], { atol: 1e-6, rtol: 1e-6 })
    }
  })

  test('no tensor is left behind', () => {
    const y0 = start()
    expectNoLeak(() => solve({ field: rotate, y0, t0: 0, t1: 1 }))
    expectNoLeak(() => solve({ field: rotate, y0, t0: 0, t1: 1, solver: rk4, stepSize: 0.1 }))
  })

  test('stepSize bounds the step', () => {
    const { steps } = solve({ field: rotate, y0: start(), t0: 0, t1: 1, solver: rk4, stepSize: 0.3 })
    expect(number(steps)).toBe(4)
  })
})

describe('dense output', () => {
  const field = (_t: tf.Tensor, y: tf.Tensor) => tf.neg(y)
  const saveAt = Array.from({ length: 41 }, (_, i) => (4 * i) / 40)
  const problem = { field, y0: one(), t0: 0, t1: 4, saveAt, interpolate: true }

  test.each([
    ['dopri5', dopri5, 1e-4],
    ['tsit5', tsit5, 1e-3],
    ['bosh3', bosh3, 1e-3]
  ] as const)('%s: many save times cost no steps, eagerly and compiled', async (_name, solver, tolerance) => {
    const control = adaptive({ rtol: 1e-5, atol: 1e-6 })
    const run = (y0: tf.Tensor) => solve({ ...problem, y0, solver, control })
    const alone = solve({ field, y0: one(), t0: 0, t1: 4, solver, control })
    for (const { ys, y, steps } of await eagerAndCompiled(run, [one()])) {
      expectClose(
        ys,
        saveAt.map((t) => [Math.exp(-t)]),
        { atol: tolerance, rtol: 0 }
      )
      expectClose(y, [Math.exp(-4)], { atol: 1e-5, rtol: 1e-3 })
      expect(number(steps)).toBe(number(alone.steps))
    }
  })

  test('order 4: one long step of dopri5, halved, is 2^5 better in the middle', () => {
    // Only the method's own error is left in a step so short that it is accepted whole.
    const error = (h: number) => {
      const { ys } = solve({
        field: (t: tf.Tensor, y: tf.Tensor) => tf.mul(y, tf.cos(t)),
        y0: one(),
        t0: 0,
        t1: h,
        saveAt: [0.3 * h],
        interpolate: true,
        control: adaptive({ rtol: 1, atol: 1, firstStep: 10 })
      })
      return Math.abs(number(ys) - Math.exp(Math.sin(0.3 * h)))
    }
    expect(Math.log2(error(2) / error(1))).toBeGreaterThan(4.2)
  })

  test('backwards, with times after a failure NaN, and with gradients', () => {
    const back = solve({ field, y0: one(), t0: 1, t1: 0, saveAt: [0.5, 0.25], interpolate: true })
    expectClose(back.ys, [[Math.exp(0.5)], [Math.exp(0.75)]], { atol: 1e-4, rtol: 1e-4 })
    const cut = solve({ ...problem, control: adaptive({ maxSteps: 4 }) })
    expect(number(cut.status)).toBe(SolveStatus.stepLimit)
    expect(cut.ys.dataSync()[40]).toBeNaN()
    const loss = (rate: tf.Tensor) => {
      const scaled = (_t: tf.Tensor, y: tf.Tensor, r: tf.Tensor) => tf.mul(r, y)
      return tf.sum(
        solve({ field: scaled, y0: one(), t0: 0, t1: 1, params: rate, saveAt: [0.5, 1], interpolate: true }).ys
      )
    }
    const expected = 0.5 * Math.exp(0.25) + Math.exp(0.5)
    expectClose(grad(loss)(tf.scalar(0.5)), expected, { atol: 1e-3, rtol: 1e-3 })
  })

  test('through the steps: the gradient is that of the interpolated states', () => {
    const loss = (rate: tf.Tensor) => {
      const scaled = (_t: tf.Tensor, y: tf.Tensor, r: tf.Tensor) => tf.mul(r, y)
      const how = {
        saveAt: [0.5, 1],
        interpolate: true,
        adjoint: 'direct',
        control: adaptive({ maxSteps: 32 })
      } as const
      return tf.sum(solve({ field: scaled, y0: one(), t0: 0, t1: 1, params: rate, ...how }).ys)
    }
    expectClose(grad(loss)(tf.scalar(0.5)), 0.5 * Math.exp(0.25) + Math.exp(0.5), { atol: 1e-3, rtol: 1e-3 })
  })

  test('fixed steps are refused', () => {
    expect(() => solve({ ...problem, control: fixedSteps(3) })).toThrow(/adaptive/)
  })
})

describe('statistics and status', () => {
  const decay = (_t: tf.Tensor, y: tf.Tensor) => tf.neg(y)

  test('fixed steps: evaluations = stages x steps; an FSAL method does not pay for its last stage', () => {
    const count = (solver: typeof rk4) =>
      number(solve({ field: decay, y0: one(), t0: 0, t1: 1, solver, control: fixedSteps(5) }).evaluations)
    expect([count(rk4), count(dopri5)]).toEqual([20, 30])
  })

  test('adaptive steps: evaluations are what the field was asked for', () => {
    let asked = 0
    const field = (t: tf.Tensor, y: tf.Tensor) => {
      asked++
      return decay(t, y)
    }
    const { steps, rejected, evaluations } = solve({ field, y0: one(), t0: 0, t1: 5, params: [] })
    expect(number(evaluations)).toBe(number(steps) * 6 + number(rejected) * 6 + 2)
    expect(asked).toBeGreaterThan(0)
  })

  test('tighter tolerances take more steps and make less error', () => {
    const at = (rtol: number) => {
      const { y, steps } = solve({
        field: decay,
        y0: one(),
        t0: 0,
        t1: 2,
        control: adaptive({ rtol, atol: rtol / 10 })
      })
      return { error: Math.abs(number(y) - Math.exp(-2)), steps: number(steps) }
    }
    const [loose, tight] = [at(1e-2), at(1e-5)]
    expect(tight.steps).toBeGreaterThan(loose.steps)
    expect(tight.error).toBeLessThan(loose.error)
  })

  test('a step limit ends the solve, says so, and reports NaN rather than a wrong state', async () => {
    const run = (y0: tf.Tensor) =>
      solve({ field: decay, y0, t0: 0, t1: 100, control: adaptive({ rtol: 1e-6, maxSteps: 5 }) })
    for (const { y, status, steps, rejected } of await eagerAndCompiled(run, [one()])) {
      expect(number(status)).toBe(SolveStatus.stepLimit)
      expect(number(steps) + number(rejected)).toBe(5)
      expect(number(y)).toBeNaN()
    }
  })

  test('a field that becomes NaN shrinks the step, then says so; states saved before are kept', async () => {
    // sqrt of a number that runs through 0 at t = 1.
    const field = (_t: tf.Tensor, y: tf.Tensor) => tf.sub(tf.mul(tf.sqrt(y), 0), 1)
    const run = (y0: tf.Tensor) => solve({ field, y0, t0: 0, t1: 2, saveAt: [0.5, 1.5] })
    for (const { ys, status } of await eagerAndCompiled(run, [one()])) {
      expect(number(status)).toBe(SolveStatus.notFinite)
      expectClose(ys, [[0.5], [NaN]], { atol: 1e-6, rtol: 0 })
    }
  })
})

describe('gradients', () => {
  const field = (_t: tf.Tensor, y: tf.Tensor, rate: tf.Tensor) => tf.mul(rate, y)
  const end =
    (
      adjoint: 'direct' | 'backsolve',
      control = adaptive({ rtol: 1e-6, atol: 1e-6 }) as Parameters<typeof solve>[0]['control']
    ) =>
    (rate: tf.Tensor) =>
      tf.sum(
        solve({ field, y0: tf.tensor1d([1, 2]), t0: 0, t1: 1, params: rate, adjoint, ...(control && { control }) }).y
      )

  test.each(['direct', 'backsolve'] as const)('%s, with adaptive and with fixed steps', async (adjoint) => {
    for (const control of [adaptive({ rtol: 1e-6, atol: 1e-6, maxSteps: 64 }), fixedSteps(20)])
      for (const g of await eagerAndCompiled(grad(end(adjoint, control)), [tf.scalar(0.5)]))
        expectClose(g, 3 * Math.exp(0.5), { atol: 1e-4, rtol: 1e-4 })
  })

  test('second derivatives through fixed steps', () => {
    const second = grad((r: tf.Tensor) => grad(end('direct', fixedSteps(20)))(r))(tf.scalar(0.5))
    expectClose(second, 3 * Math.exp(0.5), { atol: 1e-3, rtol: 1e-3 })
  })

  test('every saved time gets its gradient', () => {
    const loss = (times: tf.Tensor) =>
      tf.sum(
        solve({
          field,
          y0: tf.tensor1d([1]),
          t0: 0,
          t1: 1,
          saveAt: times,
          params: tf.scalar(1),
          control: adaptive({ maxSteps: 64 })
        }).ys
      )
    expectClose(grad(loss)(tf.tensor1d([0.25, 0.75])), [Math.exp(0.25), Math.exp(0.75)], { atol: 1e-3, rtol: 1e-3 })
  })

  test('backsolve refuses to lose the gradient of what a field closes over', () => {
    const closed = (rate: tf.Tensor) =>
      tf.sum(solve({ field: (_t, y: tf.Tensor) => tf.mul(rate, y), y0: tf.tensor1d([1]), t0: 0, t1: 1 }).y)
    expect(() => grad(closed)(tf.scalar(1))).toThrow(/argument of forward/)
  })

  test('many initial states at once, each with steps of its own', () => {
    const one = (y0: tf.Tensor) =>
      solve({ field, y0, t0: 0, t1: 1, params: tf.scalar(-3), control: adaptive({ rtol: 1e-6 }) }).y
    const y0 = tf.tensor2d([[1], [5], [0.1]])
    expectClose(
      vmap(one)(y0),
      [1, 5, 0.1].map((y) => [y * Math.exp(-3)]),
      { atol: 1e-5, rtol: 1e-4 }
    )
  })
})

describe('what is refused', () => {
  const field = (_t: tf.Tensor, y: tf.Tensor) => tf.neg(y)
  test.each([
    ['t0 = t1', () => solve({ field, y0: one(), t0: 1, t1: 1 }), /other than t0/],
    ['times out of order', () => solve({ field, y0: one(), t0: 0, t1: 1, saveAt: [0.5, 0.2] }), /order of integration/],
    ['times outside', () => solve({ field, y0: one(), t0: 1, t1: 0, saveAt: [2] }), /order of integration/],
    ['a time that is not finite', () => solve({ field, y0: one(), t0: 0, t1: NaN }), /finite/],
    ['an empty state', () => solve({ field, y0: tf.zeros([0]), t0: 0, t1: 1 }), /empty/],
    ['a tolerance of 0', () => adaptive({ rtol: 0 }), /rtol/],
    ['adaptive Euler', () => solve({ field, y0: one(), t0: 0, t1: 1, solver: euler }), /error estimate/],
    [
      'a field of another shape',
      () => solve({ field: () => tf.zeros([2]), y0: one(), t0: 0, t1: 1 }),
      /like the state/
    ],
    ['steps that are not counted', () => fixedSteps(0.5), /steps/],
    ['an implicit tableau', () => tableau({ name: 'x', order: 1, c: [1], a: [[1]], b: [1], bError: null }), /explicit/],
    [
      'an inconsistent tableau',
      () => tableau({ name: 'x', order: 1, c: [0], a: [[]], b: [0.9], bError: null }),
      /sum to 1/
    ]
  ])('%s', (_what, attempt, message) => {
    expect(attempt).toThrow(message)
  })
})
