// Stochastic equations: one path for all step sizes, moments and orders against closed forms, gradients along a path.
import * as tf from '@tensorflow/tfjs-core'
import { grad, jit, vmap } from '@bdl/compiler'
import { key, splitStack } from '@bdl/core'
import { eagerAndCompiled, expectClose, expectMean, expectNoLeak, expectVariance } from '@bdl/testing'
import { describe, expect, test } from 'vitest'
import {
  brownianMotion,
  eulerHeun,
  eulerMaruyama,
  everyStep,
  fixedSteps,
  givenSteps,
  solveSde,
  type SdeSolver
} from '../src/index'

const number = (t: tf.Tensor): number => t.dataSync()[0]!
const one = () => tf.tensor1d([1])

describe('Brownian motion', () => {
  test('the same path whoever asks, in any order, eagerly and compiled', async () => {
    const walk = (k: tf.Tensor, times: tf.Tensor) =>
      vmap((t: tf.Tensor) => brownianMotion({ key: k, t0: 0, t1: 2, size: 2 })(t))(times)
    const [a] = await eagerAndCompiled(walk, [key(3), tf.tensor1d([0, 0.3, 1, 1.7, 2])])
    const [b, compiled] = await eagerAndCompiled(walk, [key(3), tf.tensor1d([2, 1, 0.3])])
    expectClose(tf.slice(a, [0, 0], [1, 2]), [[0, 0]], { atol: 1e-6, rtol: 0 })
    for (const found of [b, compiled]) {
      expectClose(tf.slice(found, [0, 0], [1, 2]), [[...tf.slice(a, [4, 0], [1, 2]).dataSync()]], {
        atol: 1e-5,
        rtol: 1e-5
      })
      expectClose(tf.slice(found, [2, 0], [1, 2]), [[...tf.slice(a, [1, 0], [1, 2]).dataSync()]], {
        atol: 1e-5,
        rtol: 1e-5
      })
    }
  })

  test('increments are independent and N(0, dt), over wide and narrow steps', async () => {
    const increments = jit((keys: tf.Tensor) =>
      vmap((k: tf.Tensor) => {
        const at = brownianMotion({ key: k, t0: 1, t1: 5, size: 1 })
        const values = [1, 2.5, 2.501, 4.9, 5].map((t) => at(tf.scalar(t)))
        return tf.concat(values.slice(1).map((w, i) => tf.sub(w, values[i]!)))
      })(keys)
    )
    const n = 4000
    const found = await increments(splitStack(key(0), n))
    const columns = [1.5, 0.001, 2.399, 0.1].map((dt, i) => {
      const z = [...tf.div(tf.slice(found, [0, i], [n, 1]), Math.sqrt(dt)).dataSync()]
      expectMean(z, 0, 1)
      return z
    })
    columns.forEach((z) => expectVariance(z, 0, 1))
    const [a, , c] = columns
    expectMean(
      a!.map((x, i) => x * c![i]!),
      0,
      1
    )
    await increments.dispose()
  })
})

/** dy = 0.3 y dt + 0.5 y dW: y = y0 exp((0.3 - 0.125) t + 0.5 W) for Ito, exp(0.3 t + 0.5 W) for Stratonovich. */
const geometric = {
  drift: (_t: tf.Tensor, y: tf.Tensor) => tf.mul(y, 0.3),
  diffusion: (_t: tf.Tensor, y: tf.Tensor) => tf.mul(y, 0.5)
}

/** Root mean square error at t = 1 over paths, against the exact solution of the same path. */
const strongError = async (solver: SdeSolver, steps: number): Promise<number> => {
  const drift = solver.integral === 'ito' ? 0.175 : 0.3
  const errors = jit((keys: tf.Tensor) =>
    vmap((k: tf.Tensor) => {
      const path = brownianMotion({ key: k, t0: 0, t1: 1, size: 1 })
      const { y } = solveSde({ ...geometric, y0: one(), t0: 0, t1: 1, path, solver, control: fixedSteps(steps) })
      const exact = tf.exp(tf.add(tf.mul(path(tf.scalar(1)), 0.5), drift))
      return tf.square(tf.sub(y, exact))
    })(keys)
  )
  const found = await errors(splitStack(key(1), 512))
  await errors.dispose()
  return Math.sqrt(number(tf.mean(found)))
}

describe('solveSde', () => {
  test.each([
    [eulerMaruyama.name, eulerMaruyama, 0.5],
    // scalar noise commutes: order 1
    [eulerHeun.name, eulerHeun, 1]
  ] as const)('%s: strong order, to its own integral', async (_name, solver, order) => {
    const [coarse, fine] = [await strongError(solver, 16), await strongError(solver, 256)]
    expect(fine).toBeLessThan(0.03)
    expect(Math.abs(Math.log2(coarse / fine) / 4 - order)).toBeLessThan(0.2)
  })

  test('Ornstein and Uhlenbeck: the law at t1', async () => {
    const run = jit((keys: tf.Tensor) =>
      vmap(
        (k: tf.Tensor) =>
          solveSde({
            drift: (_t, y: tf.Tensor, rate: tf.Tensor) => tf.neg(tf.mul(rate, y)),
            diffusion: (_t, y: tf.Tensor) => tf.fill(y.shape, 0.7),
            ...{ y0: tf.tensor1d([2]), t0: 0, t1: 1, params: tf.scalar(1.5), key: k, control: fixedSteps(200) }
          }).y
      )(keys)
    )
    const found = [...(await run(splitStack(key(2), 4000))).dataSync()]
    const h = 1 / 200
    // moments of the scheme itself, y' = (1 - rate h) y + 0.7 dW
    const shrink = 1 - 1.5 * h
    const mean = 2 * shrink ** 200
    const variance = (0.49 * h * (1 - shrink ** 400)) / (1 - shrink ** 2)
    const z = found.map((y) => (y - mean) / Math.sqrt(variance))
    expectMean(z, 0, 1)
    expectVariance(z, 0, 1)
    await run.dispose()
  })

  test('trees, general noise that leaves share, save times, every step; eagerly and compiled', async () => {
    type Two = { readonly a: tf.Tensor; readonly b: tf.Tensor }
    const options = {
      drift: (_t: tf.Tensor, { a, b }: Two): Two => ({ a: tf.zerosLike(a), b: tf.zerosLike(b) }),
      // a = W0 + W1, b = [W0 - W1, 2 W0]
      diffusion: (): Two => ({
        a: tf.tensor1d([1, 1]),
        b: tf.tensor2d([
          [1, -1],
          [2, 0]
        ])
      }),
      ...{ t0: 0, t1: 1, noise: 2, key: key(5), control: fixedSteps(4) }
    }
    const run = (y0: Two) => {
      const { ys, ts, y, steps } = solveSde({ ...options, y0, saveAt: [0, 0.5] })
      return { ys, ts, y, steps, all: solveSde({ ...options, y0, saveAt: everyStep() }).ts }
    }
    const w = brownianMotion({ key: key(5), t0: 0, t1: 1, size: 2 })
    const [w0, w1] = w(tf.scalar(1)).dataSync() as unknown as [number, number]
    for (const { ys, ts, y, steps, all } of await eagerAndCompiled(run, [{ a: tf.scalar(0), b: tf.zeros([2]) }])) {
      expectClose(y.a, w0 + w1, { atol: 1e-5, rtol: 1e-5 })
      expectClose(y.b, [w0 - w1, 2 * w0], { atol: 1e-5, rtol: 1e-5 })
      expect(ys.b.shape).toEqual([2, 2])
      expectClose(ts, [0, 0.5], { atol: 0, rtol: 0 })
      expectClose(all, [0, 0.25, 0.5, 0.75, 1], { atol: 1e-6, rtol: 0 })
      expect(number(steps)).toBe(8)
    }
  })

  test('a path has gradients: of the exact solution, as steps get short', async () => {
    const end = (x: { readonly mu: tf.Tensor; readonly sigma: tf.Tensor }) =>
      tf.sum(
        solveSde({
          drift: (_t, y: tf.Tensor, p: typeof x) => tf.mul(y, p.mu),
          diffusion: (_t, y: tf.Tensor, p: typeof x) => tf.mul(y, p.sigma),
          ...{ y0: one(), t0: 0, t1: 1, params: x, key: key(9), solver: eulerHeun, checkpoint: 'sqrt' as const },
          control: fixedSteps(400)
        }).y
      )
    const w = number(brownianMotion({ key: key(9), t0: 0, t1: 1, size: 1 })(tf.scalar(1)))
    const y = Math.exp(0.3 + 0.5 * w)
    for (const d of await eagerAndCompiled(grad(end), [{ mu: tf.scalar(0.3), sigma: tf.scalar(0.5) }])) {
      expectClose(d.mu, y, { atol: 5e-3, rtol: 5e-3 })
      expectClose(d.sigma, y * w, { atol: 5e-3, rtol: 5e-3 })
    }
  })

  test('given steps; a state that overflows is a status; nothing is left behind', () => {
    const how = { ...geometric, y0: one(), t0: 0, t1: 1, key: key(4) }
    const fixed = solveSde({ ...how, control: fixedSteps(4) })
    const given = solveSde({ ...how, control: givenSteps([0, 0.25, 0.5, 0.75, 1]) })
    expectClose(given.y, [number(fixed.y)], { atol: 1e-6, rtol: 1e-6 })
    const burst = solveSde({ ...how, drift: (_t, y: tf.Tensor) => tf.mul(y, 1e30), control: fixedSteps(4) })
    expect(number(burst.status)).toBe(2)
    const k = key(4)
    const y0 = one()
    expectNoLeak(() => solveSde({ ...geometric, y0, t0: 0, t1: 1, key: k, control: fixedSteps(3) }))
  })

  test('what is refused', () => {
    const how = { ...geometric, y0: one(), t0: 0, t1: 1, control: fixedSteps(2) }
    expect(() => solveSde(how)).toThrow(/key/)
    expect(() => solveSde({ ...how, key: key(0), drift: () => tf.zeros([3]) })).toThrow(/drift/)
    expect(() => solveSde({ ...how, key: key(0), diffusion: () => tf.zeros([3]) })).toThrow(/diffusion/)
    expect(() => solveSde({ ...how, key: key(0), t1: 0 })).toThrow(/t1/)
    expect(() => solveSde({ ...how, key: key(0), control: givenSteps([0, 1]), saveAt: [0.5] })).toThrow(/everyStep/)
    expect(() => brownianMotion({ key: key(0), t0: 0, t1: 1, size: 0 })).toThrow(/size/)
  })
})
