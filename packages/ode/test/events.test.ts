// Events against closed forms: falling bodies and sines.
import * as tf from '@tensorflow/tfjs-core'
import { grad, vmap } from '@bdl/compiler'
import { eagerAndCompiled, expectClose, expectNoLeak } from '@bdl/testing'
import { describe, expect, test } from 'vitest'
import { adaptive, dopri5, everyStep, fixedSteps, givenSteps, rk4, solve, SolveStatus, tsit5 } from '../src/index'

const number = (t: tf.Tensor): number => t.dataSync()[0]!

type Ball = { readonly height: tf.Tensor; readonly speed: tf.Tensor }

const G = 9.81
const fall = (_t: tf.Tensor, { speed }: Ball, g: tf.Tensor): Ball => ({ height: tf.clone(speed), speed: tf.neg(g) })
const drop = (height: number): Ball => ({ height: tf.scalar(height), speed: tf.scalar(0) })
const ground = { when: (_t: tf.Tensor, { height }: Ball) => height, direction: 'down' } as const

describe('a terminal event', () => {
  const controls = [
    ['adaptive', adaptive(), dopri5],
    ['adaptive, tsit5', adaptive({ rtol: 1e-6 }), tsit5],
    ['fixed', fixedSteps(30), rk4],
    ['given', givenSteps([0, 0.5, 1, 1.25, 1.5, 2, 10]), dopri5]
  ] as const

  test.each(controls)('a ball reaches the ground, %s steps', async (_name, control, solver) => {
    const land = (y0: Ball, params: tf.Tensor) => {
      const { y, t, ys, ts, status, events } = solve({
        ...{ field: fall, y0, params, control, solver },
        ...{ t0: 0, t1: 10, saveAt: [0.5, 1, 5], events: [ground] }
      })
      return { y, t, ys, ts, status, count: events[0]!.count, at: events[0]!.times }
    }
    for (const found of await eagerAndCompiled(land, [drop(10), tf.scalar(G)])) {
      const when = Math.sqrt(20 / G)
      expect(number(found.status)).toBe(SolveStatus.event)
      expect(number(found.count)).toBe(1)
      expectClose(found.t, when, { atol: 1e-5, rtol: 1e-5 })
      expectClose(found.at, [when], { atol: 1e-5, rtol: 1e-5 })
      expectClose(found.y.height, 0, { atol: 1e-4, rtol: 0 })
      expectClose(found.y.speed, -G * when, { atol: 1e-4, rtol: 1e-5 })
      expectClose(found.ys.height, [10 - G / 8, 10 - G / 2, NaN], { atol: 1e-4, rtol: 1e-5 })
      expectClose(found.ts, [0.5, 1, NaN], { atol: 1e-6, rtol: 0 })
    }
  })

  test.each(['direct', 'backsolve', 'interpolated'] as const)(
    'its time and state have gradients, %s',
    async (adjoint) => {
      const control = adaptive({ maxSteps: 64 })
      const landing = (x: { readonly h: tf.Tensor; readonly g: tf.Tensor }) =>
        solve({
          ...{ field: fall, y0: { height: x.h, speed: tf.scalar(0) }, params: x.g, control, adjoint },
          ...{ t0: 0, t1: 10, events: [ground] }
        })
      const at = { h: tf.scalar(10), g: tf.scalar(G) }
      // t = sqrt(2 h / g), v = -sqrt(2 h g)
      const [t, v] = [Math.sqrt(20 / G), Math.sqrt(20 * G)]
      for (const d of await eagerAndCompiled(
        grad((x: typeof at) => landing(x).t),
        [at]
      )) {
        expectClose(d.h, t / 20, { atol: 1e-5, rtol: 1e-4 })
        expectClose(d.g, -t / (2 * G), { atol: 1e-5, rtol: 1e-4 })
      }
      for (const d of await eagerAndCompiled(
        grad((x: typeof at) => landing(x).y.speed),
        [at]
      )) {
        expectClose(d.h, -v / 20, { atol: 1e-4, rtol: 1e-4 })
        expectClose(d.g, -v / (2 * G), { atol: 1e-4, rtol: 1e-4 })
      }
    }
  )

  test('under vmap each lane ends at its own time, or at t1', () => {
    const one = (h: tf.Tensor) => {
      const y0 = { height: h, speed: tf.zerosLike(h) }
      const { t, status } = solve({ field: fall, y0, params: tf.scalar(G), t0: 0, t1: 1, events: [ground] })
      return { t, status }
    }
    const { t, status } = vmap(one)(tf.tensor1d([1, 2, 50]))
    expectClose(t, [Math.sqrt(2 / G), Math.sqrt(4 / G), 1], { atol: 1e-5, rtol: 1e-5 })
    expect([...status.dataSync()]).toEqual([SolveStatus.event, SolveStatus.event, SolveStatus.done])
  })

  test('what never happens: t1, and NaN for its time', () => {
    const { status, t, events } = solve({
      ...{ field: fall, y0: drop(100), params: tf.scalar(G) },
      ...{ t0: 0, t1: 1, events: [ground] }
    })
    expect([number(status), number(t), number(events[0]!.count)]).toEqual([SolveStatus.done, 1, 0])
    expect(number(events[0]!.times)).toBeNaN()
  })

  test('the first of several ends the solve, and those after it did not happen', () => {
    const passes = (height: number) => ({ when: (_t: tf.Tensor, y: Ball) => tf.sub(y.height, height) })
    const { t, events } = solve({
      ...{ field: fall, y0: drop(10), params: tf.scalar(G), t0: 0, t1: 10 },
      events: [passes(2), passes(6), { ...passes(8), terminal: false }]
    })
    expectClose(t, Math.sqrt(8 / G), { atol: 1e-5, rtol: 1e-5 })
    expect(events.map(({ count }) => number(count))).toEqual([0, 1, 1])
    expectClose(events[2]!.times, [Math.sqrt(4 / G)], { atol: 1e-5, rtol: 1e-5 })
  })
})

describe('events that are only noted', () => {
  type Swing = { readonly x: tf.Tensor; readonly v: tf.Tensor }
  const turn = (_t: tf.Tensor, { x, v }: Swing): Swing => ({ x: tf.clone(v), v: tf.neg(x) })
  const sine = (): Swing => ({ x: tf.scalar(0), v: tf.scalar(1) })
  const zero = (direction: 'up' | 'down' | 'any', limit: number) => ({
    ...{ when: (_t: tf.Tensor, { x }: Swing) => x, terminal: false },
    ...{ direction, limit }
  })
  const expected = { up: [2, 4, 6], down: [1, 3, 5], any: [1, 2, 3, 4, 5, 6] }

  test.each(['up', 'down', 'any'] as const)('zeros of a sine, %s', async (direction) => {
    const control = adaptive({ rtol: 1e-6, atol: 1e-6 })
    const run = (y0: Swing) => {
      const { events, status } = solve({ field: turn, y0, t0: 0, t1: 20, control, events: [zero(direction, 8)] })
      return { ...events[0]!, status }
    }
    const pi = expected[direction].map((k) => k * Math.PI)
    for (const { count, times, ys, status } of await eagerAndCompiled(run, [sine()])) {
      expect(number(status)).toBe(SolveStatus.done)
      expect(number(count)).toBe(pi.length)
      expectClose(times, [...pi, ...Array.from({ length: 8 - pi.length }, () => NaN)], { atol: 2e-4, rtol: 2e-5 })
      const speeds = expected[direction].map((k) => (k % 2 === 0 ? 1 : -1))
      expectClose(tf.slice(ys.v, [0], [pi.length]), speeds, { atol: 2e-4, rtol: 0 })
    }
  })

  test('more of them than the limit: the first are reported', () => {
    const { events } = solve({ field: turn, y0: sine(), t0: 0, t1: 20, events: [zero('any', 2)] })
    expect(number(events[0]!.count)).toBe(2)
    expectClose(events[0]!.times, [Math.PI, 2 * Math.PI], { atol: 1e-3, rtol: 0 })
  })

  test('backwards in time, up is as integration goes', () => {
    const { events } = solve({ field: turn, y0: sine(), t0: 0, t1: -7, events: [zero('up', 4)] })
    // going back, sin t falls from 0, and rises through it at -pi
    expect(number(events[0]!.count)).toBe(1)
    expectClose(tf.slice(events[0]!.times, [0], [1]), [-Math.PI], { atol: 1e-3, rtol: 0 })
  })

  test('no tensor is left behind', () => {
    const y0 = sine()
    expectNoLeak(() => solve({ field: turn, y0, t0: 0, t1: 4, events: [zero('any', 2)] }))
  })

  test('a limit that is no count, and every step beside events, are refused', () => {
    const from = { field: turn, y0: sine(), t0: 0, t1: 4 }
    expect(() => solve({ ...from, events: [zero('any', 0)] })).toThrow(/limit/)
    expect(() => solve({ ...from, saveAt: everyStep(), events: [zero('any', 1)] })).toThrow(/events/)
  })
})
