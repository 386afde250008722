import * as tf from '@tensorflow/tfjs-core'
import { jit, valueAndGrad } from '@bdl/compiler'
import { key, ravel } from '@bdl/core'
import { adam, applyUpdates, normal, type MlpParams } from '@bdl/nn'
import { eagerAndCompiled, expectClose, expectNoLeak } from '@bdl/testing'
import { describe, expect, test } from 'vitest'
import { realNvp, realNvpBijector, standardNormal } from '../src/index'
import { grid, mass } from './grid'

/** The density in float64, one point at a time, as the paper writes it: [a, b] to [a, b e^s + t], parts alternating. */
const reference = (params: MlpParams, point: readonly number[]): number => {
  const run = (layers: MlpParams, x: number): number[] =>
    layers.reduce<number[]>(
      (h, { w, b }, l) => {
        const [inputs, outputs] = w.shape as [number, number]
        const [ws, bs] = [w.dataSync(), b.dataSync()]
        const out = Array.from({ length: outputs }, (_, j) =>
          Array.from({ length: inputs }, (_u, i) => h[i]! * ws[i * outputs + j]!).reduce((s, v) => s + v, bs[j]!)
        )
        return l === layers.length - 1 ? out : out.map(Math.tanh)
      },
      [x]
    )
  const couplings = Array.from({ length: params.length / 3 }, (_, k) => params.slice(3 * k, 3 * k + 3))
  const { z, logDet } = couplings.reduce(
    (state, layers, k) => {
      const [a, b] = [state.z[k % 2]!, state.z[1 - (k % 2)]!]
      const [s, t] = run(layers, a) as [number, number]
      const moved = b * Math.exp(Math.tanh(s)) + t
      return { z: k % 2 === 0 ? [a, moved] : [moved, a], logDet: state.logDet + Math.tanh(s) }
    },
    { z: [...point], logDet: 0 }
  )
  return -0.5 * z.reduce((s, v) => s + v * v, 0) - Math.log(2 * Math.PI) + logDet
}

describe('realNvp', () => {
  const flow = realNvp({
    dimension: 2,
    couplings: 4,
    hidden: [16, 16],
    initialiser: normal(0.7),
    base: standardNormal(2)
  })
  const params = flow.init(key(4))
  const points = [[0, 0], [1, -2], [-0.3, 0.8]] // prettier-ignore

  test('log density: the formulas in float64', async () => {
    const flat = params.flat()
    for (const value of await eagerAndCompiled((x: tf.Tensor) => flow.build(params).logProb(x), [tf.tensor2d(points)]))
      expectClose(
        value,
        points.map((p) => reference(flat, p)),
        { atol: 1e-4, rtol: 1e-4 }
      )
  })

  test('samples come with the density that data of their kind have', () => {
    const [x, logProb] = flow.build(params).sampleAndLogProb(key(1), [40])
    expectClose(flow.build(params).logProb(x), logProb, { atol: 1e-3, rtol: 1e-3 })
  })

  test('mass one on a grid', () => {
    const gentle = realNvp({ dimension: 2, couplings: 4, hidden: [16], base: standardNormal(2) })
    const { points: cells, area } = grid(12, 240)
    expect(Math.abs(mass(gentle.build(gentle.init(key(2))).logProb(cells), area) - 1)).toBeLessThan(0.01)
  })

  test('odd dimensions: round trip, and every entry is changed by two couplings', () => {
    const map = realNvpBijector({ dimension: 5, couplings: 2, initialiser: normal(0.5), base: standardNormal(5) })
    const b = map.build(map.init(key(0)))
    const x = tf.tensor2d([[0.1, -0.2, 0.3, 1, 2]])
    const [y, logDet] = expectNoLeak(() => b.forwardAndLogDet(x))
    const [back, minus] = b.inverseAndLogDet(y)
    expectClose(back, x, { atol: 1e-5, rtol: 1e-5 })
    expectClose(minus, tf.neg(logDet), { atol: 1e-5, rtol: 1e-5 })
    expect(Array.from(tf.abs(tf.sub(y, x)).dataSync()).every((d) => d > 1e-4)).toBe(true)
  })

  test('fewer than two dimensions are refused', () => {
    expect(() => realNvp({ dimension: 1, base: standardNormal(1) })).toThrow(/dimension/)
  })
})

test('a training step of eight couplings is a small graph that learns', async () => {
  const flow = realNvp({ dimension: 2, base: standardNormal(2) })
  const { vector, unravel } = ravel(flow.init(key(0)))
  const optimiser = adam({ learningRate: 1e-3 })
  const loss = (v: tf.Tensor, x: tf.Tensor) => tf.neg(tf.mean(flow.build(unravel(v)).logProb(x)))
  const step = (v: tf.Tensor, state: ReturnType<typeof optimiser.init>, x: tf.Tensor) => {
    const [value, gradient] = valueAndGrad(loss)(v, x)
    const [updates, next] = optimiser.update(gradient, state, v)
    return { value, v: applyUpdates(v, updates), next }
  }
  const x = tf.add(tf.mul(tf.tensor2d([[1, 0.2], [-1, 0.4], [0.5, -1], [2, 1]]), 0.5), 1) // prettier-ignore
  const compiled = jit(step)
  let now = { v: vector, next: optimiser.init(vector) }
  const values: number[] = []
  for (let i = 0; i < 60; i++) {
    const { value, v, next } = await compiled(now.v, now.next, x)
    values.push(value.dataSync()[0]!)
    now = { v, next }
  }
  expectClose(step(vector, optimiser.init(vector), x).value, values[0]!, { atol: 1e-5, rtol: 1e-5 })
  expect(values[59]!).toBeLessThan(values[0]! - 1)
  compiled.dispose()
})
