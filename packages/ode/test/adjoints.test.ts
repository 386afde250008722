// Gradients by every adjoint, against finite differences in float64 and against one another; statistics of both ways.
import * as tf from '@tensorflow/tfjs-core'
import { grad, jit, referenceEngine, vmap } from '@bdl/compiler'
import { key, normal, scoped, type Key } from '@bdl/core'
import { eagerAndCompiled, expectClose, expectNoLeak } from '@bdl/testing'
import { describe, expect, test } from 'vitest'
import {
  adaptive,
  backsolve,
  direct,
  dopri5,
  everyStep,
  fixedSteps,
  givenSteps,
  gradOfSolve,
  heun,
  interpolated,
  leapfrog,
  rodas5p,
  solve,
  tsit5,
  type Adjoint,
  type Control,
  type Solver
} from '../src/index'

const number = (t: tf.Tensor): number => t.dataSync()[0]!

type Inputs = Readonly<Record<'y0' | 'params' | 't0' | 't1' | 'saveAt', tf.Tensor>>

/** Lotka and Volterra's equations, with a rate that moves with time. */
const field = (t: tf.Tensor, y: tf.Tensor, p: tf.Tensor) => {
  const [prey, hunters] = tf.split(y, 2) as [tf.Tensor, tf.Tensor]
  const [a, b, c, d] = tf.split(p, 4) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]
  const meeting = tf.mul(prey, hunters)
  const born = tf.mul(tf.mul(a, prey), tf.add(1, tf.mul(tf.sin(t), 0.3)))
  return tf.concat([tf.sub(born, tf.mul(b, meeting)), tf.sub(tf.mul(c, meeting), tf.mul(d, hunters))])
}

const inputs = (): Inputs => ({
  y0: tf.tensor1d([1, 0.5]),
  params: tf.tensor1d([1.5, 1, 0.75, 0.9]),
  t0: tf.scalar(0.25),
  t1: tf.scalar(2),
  saveAt: tf.tensor1d([0.75, 1.25])
})

const weights = () => tf.tensor2d([1, -0.5, 0.3, 2, -1, 0.7], [3, 2])

/** All states count, each with weights of its own. */
const lossWith =
  (how: {
    readonly adjoint: Adjoint
    readonly solver?: Solver
    readonly control: Control
    readonly interpolate?: boolean
  }) =>
  (x: Inputs): tf.Tensor => {
    const { ys, y } = solve({ field, ...x, ...how })
    return tf.sum(tf.mul(tf.square(tf.concat([ys, tf.expandDims(y, 0)])), weights()))
  }

/** Central differences of a very accurate solve, in float64 on the reference engine. */
const differences = async (): Promise<Readonly<Record<string, readonly number[]>>> => {
  const loss = lossWith({ adjoint: direct(), control: fixedSteps(64), solver: dopri5 })
  const step = 1e-3
  const found: Record<string, number[]> = {}
  for (const [name, value] of Object.entries(inputs())) {
    const slope = jit(
      (x: Inputs, units: tf.Tensor) =>
        vmap((unit: tf.Tensor) => {
          const moved = (by: number) =>
            loss({ ...x, [name]: tf.add(x[name as keyof Inputs], tf.reshape(tf.mul(unit, by), value.shape)) })
          const [far, near] = [2, 1].map((k) => tf.sub(moved(k * step), moved(-k * step))) as [tf.Tensor, tf.Tensor]
          return tf.div(tf.sub(tf.mul(near, 8), far), 12 * step)
        })(units),
      { engine: referenceEngine }
    )
    const result = await slope(inputs(), tf.eye(value.size))
    found[name] = [...result.dataSync()]
    await slope.dispose()
  }
  return found
}
const truth = differences()

const tight = adaptive({ rtol: 1e-6, atol: 1e-6, maxSteps: 64 })

const ways: readonly (readonly [string, Parameters<typeof lossWith>[0]])[] = [
  ['direct, adaptive', { adjoint: direct(), control: tight }],
  ['direct, every state kept', { adjoint: direct({ checkpoint: 'all' }), control: tight }],
  ['direct, one state in seven', { adjoint: direct({ checkpoint: 7 }), control: fixedSteps(24) }],
  ['direct, interpolated states', { adjoint: direct(), control: tight, interpolate: true }],
  ['direct, rodas5p', { adjoint: direct(), control: tight, solver: rodas5p }],
  ['backsolve, adaptive', { adjoint: backsolve(), control: tight }],
  ['backsolve, fixed', { adjoint: backsolve(), control: fixedSteps(24) }],
  ['backsolve, by another method', { adjoint: backsolve({ solver: tsit5, control: fixedSteps(20) }), control: tight }],
  ['interpolated, adaptive', { adjoint: interpolated(), control: tight }],
  ['interpolated, fixed', { adjoint: interpolated(), control: fixedSteps(24) }],
  ['interpolated, states too', { adjoint: interpolated(), control: tight, interpolate: true }],
  ['interpolated, tsit5', { adjoint: interpolated(), control: tight, solver: tsit5 }]
]

describe('gradients with respect to y0, params, t0, t1 and every saved time', () => {
  test.each(ways)('%s', async (_name, how) => {
    const expected = await truth
    const tolerance = { atol: 2e-3, rtol: 1e-3 }
    for (const g of await eagerAndCompiled(grad(lossWith(how)), [inputs()]))
      for (const [name, value] of Object.entries(expected))
        expectClose(tf.reshape(g[name as keyof Inputs], [value.length]), [...value], tolerance, name)
  })

  test('in float64 the three agree with differences to five digits', async () => {
    const expected = await truth
    const fine = fixedSteps(40)
    for (const adjoint of [direct(), backsolve(), interpolated()]) {
      const gradient = jit(grad(lossWith({ adjoint, control: fine })), { engine: referenceEngine })
      const g = await gradient(inputs())
      for (const [name, value] of Object.entries(expected))
        expectClose(tf.reshape(g[name as keyof Inputs], [value.length]), [...value], { atol: 2e-5, rtol: 2e-5 }, name)
      await gradient.dispose()
    }
  })

  test.each(['direct', 'backsolve', 'interpolated'] as const)(
    'constants made for one call reach the way back, and have no gradient: %s',
    async (adjoint) => {
      // y' = p n y with n drawn from a key inside a scope that ends before the way back begins.
      const loss = ({ p, k }: { p: tf.Tensor; k: Key }) =>
        scoped(() => {
          const constants = [normal(k, [3]), tf.scalar(2, 'int32')]
          const field = (_t: tf.Tensor, y: tf.Tensor, rate: tf.Tensor, [noise, two]: readonly tf.Tensor[]) =>
            tf.mul(tf.mul(y, rate), tf.mul(noise!, tf.cast(two!, 'float32')))
          return tf.sum(
            solve({ field, y0: tf.ones([3]), params: p, constants, t0: 0, t1: 1, control: tight, adjoint }).y
          )
        })
      const [p, keys] = [tf.scalar(0.3), tf.stack([key(0), key(1)])]
      const slopes = (at: tf.Tensor, all: tf.Tensor) =>
        vmap((k: Key) => grad((q: tf.Tensor) => loss({ p: q, k }))(at))(all)
      const truth = [0, 1].map((seed) => {
        const n = Array.from(normal(key(seed), [3]).dataSync()).map((v) => 2 * v)
        return n.reduce((sum, v) => sum + v * Math.exp(0.3 * v), 0)
      })
      for (const g of await eagerAndCompiled(slopes, [p, keys])) expectClose(g, truth, { atol: 1e-4, rtol: 1e-4 })
      // Alone, and where the constant itself is what one differentiates in.
      const one = grad((q: tf.Tensor) => loss({ p: q, k: key(0) }))(p)
      expectClose(one, truth[0]!, { atol: 1e-4, rtol: 1e-4 })
      const inConstant = (c: tf.Tensor) =>
        tf.sum(
          solve({
            field: (_t, y: tf.Tensor, _p, [rate]) => tf.mul(y, rate!),
            y0: tf.ones([2]),
            constants: [c],
            t0: 0,
            t1: 1,
            control: tight,
            adjoint
          }).y
        )
      expectClose(grad(inConstant)(tf.scalar(0.5)), 0, { atol: 0, rtol: 0 })
    }
  )

  test('given steps: their times have gradients, and states between them', () => {
    const rate = (_t: tf.Tensor, y: tf.Tensor) => tf.neg(y)
    const end = (times: tf.Tensor) =>
      tf.sum(solve({ field: rate, y0: tf.tensor1d([1]), t0: 0, t1: 1, solver: heun, control: givenSteps(times) }).y)
    // Heun: y1 = (1 - h + h^2 / 2) y0; the derivative in the middle time is that of the product of two steps.
    const [a, b] = [0.3, 0.7]
    const factor = (h: number) => 1 - h + (h * h) / 2
    const expected = (-1 + a) * factor(b) - (-1 + b) * factor(a)
    const g = grad(end)(tf.tensor1d([0, a, 1]))
    expectClose(tf.slice(g, [1], [1]), [expected], { atol: 1e-6, rtol: 1e-5 })
  })

  test('a symplectic method, through its steps', async () => {
    type Phase = { readonly q: tf.Tensor; readonly p: tf.Tensor }
    const swing = (_t: tf.Tensor, { q, p }: Phase, w: tf.Tensor) => ({
      q: tf.clone(p),
      p: tf.neg(tf.mul(tf.square(w), q))
    })
    const end = (w: tf.Tensor) => {
      const y0 = { q: tf.tensor1d([1]), p: tf.tensor1d([0]) }
      const how = { t0: 0, t1: 1, solver: leapfrog, control: fixedSteps(200) } as const
      return tf.sum(solve({ field: swing, y0, params: w, ...how }).y.q)
    }
    // d cos(w) / dw
    for (const g of await eagerAndCompiled(grad(end), [tf.scalar(2)]))
      expectClose(g, -Math.sin(2), { atol: 1e-3, rtol: 1e-3 })
  })

  test('every step, through the steps', () => {
    const rate = (_t: tf.Tensor, y: tf.Tensor, r: tf.Tensor) => tf.mul(r, y)
    const end = (r: tf.Tensor) => {
      const { ys } = solve({ field: rate, y0: tf.tensor1d([1]), t0: 0, t1: 1, params: r, saveAt: everyStep(32) })
      return tf.max(tf.where(tf.isNaN(ys), 0, ys))
    }
    expectClose(grad(end)(tf.scalar(0.5)), Math.exp(0.5), { atol: 1e-4, rtol: 1e-4 })
  })

  test('a problem that contracts: the start is forgotten, the rate is not', () => {
    const relax = (t: tf.Tensor, y: tf.Tensor, k: tf.Tensor) => tf.mul(k, tf.sub(tf.cos(t), y))
    const loss = (adjoint: Adjoint) => (k: tf.Tensor) => {
      const from = { field: relax, y0: tf.tensor1d([3]), t0: 0, t1: 6, params: k }
      return tf.sum(solve({ ...from, adjoint, control: adaptive({ rtol: 1e-6, atol: 1e-6, maxSteps: 1024 }) }).y)
    }
    // y(6) = (k^2 cos 6 + k sin 6) / (k^2 + 1) when the start is forgotten
    const k = 8
    const [c, s] = [Math.cos(6), Math.sin(6)]
    const expected = ((2 * k * c + s) * (k * k + 1) - (k * k * c + k * s) * 2 * k) / (k * k + 1) ** 2
    expectClose(grad(loss(interpolated()))(tf.scalar(k)), expected, { atol: 1e-4, rtol: 1e-3 })
  })
})

describe('gradOfSolve', () => {
  const total = ({ y, ys }: { readonly y: tf.Tensor; readonly ys: tf.Tensor }) =>
    tf.sum(tf.mul(tf.square(tf.concat([ys, tf.expandDims(y, 0)])), weights()))

  test.each([
    ['direct', direct()],
    ['backsolve', backsolve()],
    ['interpolated', interpolated()]
  ] as const)('%s: the gradient of grad, and what both ways took', async (_name, adjoint) => {
    const how = { adjoint, control: tight }
    const expected = grad(lossWith(how))(inputs())
    const both = (x: Inputs) => gradOfSolve({ field, ...x, ...how }, total)
    for (const found of await eagerAndCompiled(both, [inputs()])) {
      for (const name of ['y0', 'params', 't0', 't1', 'saveAt'] as const)
        expectClose(tf.reshape(found[name], [-1]), [...expected[name].dataSync()], { atol: 1e-4, rtol: 1e-4 }, name)
      expectClose(found.value, number(lossWith(how)(inputs())), { atol: 1e-5, rtol: 1e-5 })
      expect(number(found.forward.status)).toBe(0)
      expect(number(found.backward.status)).toBe(0)
      for (const way of [found.forward, found.backward]) {
        expect(number(way.steps)).toBeGreaterThan(3)
        expect(number(way.evaluations)).toBeGreaterThanOrEqual(6 * number(way.steps))
      }
    }
  })

  test('backward counts are those of the field', () => {
    let asked = 0
    const counted = (_t: tf.Tensor, y: tf.Tensor) => {
      asked++
      return tf.neg(y)
    }
    const solved = gradOfSolve(
      { field: counted, y0: tf.tensor1d([1]), t0: 0, t1: 1, adjoint: backsolve(), control: fixedSteps(5) },
      ({ y }) => tf.sum(y)
    )
    // dopri5 without its error estimate: 6 a step; at the ends one each for the gradients of t0 and t1
    expect(number(solved.forward.evaluations)).toBe(30)
    expect(number(solved.backward.evaluations)).toBe(32)
    expect(asked).toBeGreaterThan(0)
  })

  test('no tensor is left behind', () => {
    const x = inputs()
    expectNoLeak(() => gradOfSolve({ field, ...x, adjoint: interpolated(), control: tight }, total))
  })
})
