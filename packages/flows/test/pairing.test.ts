import * as tf from '@tensorflow/tfjs-core'
import { jit, vmap } from '@bdl/compiler'
import { key, normal, split, splitStack, type Key } from '@bdl/core'
import { eagerAndCompiled, expectNoLeak } from '@bdl/testing'
import { describe, expect, test } from 'vitest'
import { optimalPairing, sinkhornPairing, type Pairing } from '../src/index'

const [sourceKey, dataKey, drawKey] = split(key(3), 3)
const n = 64
const x0 = normal(sourceKey, [n, 2])
const x1 = tf.add(tf.mul(normal(dataKey, [n, 2]), [2, 0.3]), [5, -1])

const costOf = (rows: tf.Tensor): number =>
  tf.tidy(() => tf.div(tf.sum(tf.square(tf.sub(tf.gather(x0, rows), x1))), n).dataSync()[0]!)

/** Of the optimal pairing, compiled: eagerly it takes a second. */
const optimalRows = async (from: tf.Tensor, to: tf.Tensor): Promise<tf.Tensor> => {
  const pair = jit(optimalPairing)
  const rows = await pair(from, to, drawKey)
  pair.dispose()
  return rows
}

/** Sinkhorn's plan [n, n] in float64, with columns that sum to one. */
const planInFloat64 = (epsilon: number): number[][] => {
  const [a, b] = [x0.arraySync() as number[][], x1.arraySync() as number[][]]
  const kernel = a.map((p) => b.map((q) => Math.exp(-((p[0]! - q[0]!) ** 2 + (p[1]! - q[1]!) ** 2) / epsilon)))
  let v = kernel.map(() => 1)
  let u = v
  for (let turn = 0; turn < 2000; turn++) {
    u = kernel.map((row) => 1 / row.reduce((sum, k, j) => sum + k * v[j]!, 0))
    v = v.map((_, j) => 1 / kernel.reduce((sum, row, i) => sum + row[j]! * u[i]!, 0))
  }
  return kernel.map((row, i) => row.map((k, j) => u[i]! * k * v[j]!))
}

describe('the optimal pairing', () => {
  test('takes every source once, for less than pairs as drawn, and less than any Sinkhorn plan', async () => {
    const rows = await optimalRows(x0, x1)
    const [few0, few1] = [tf.slice(x0, [0, 0], [8, 2]), tf.slice(x1, [0, 0], [8, 2])]
    expectNoLeak(() => optimalPairing(few0, few1, drawKey))
    expect(new Set(rows.dataSync()).size).toBe(n)
    expect(costOf(rows)).toBeLessThan(costOf(tf.range(0, n, 1, 'int32')) - 1)
    const plan = planInFloat64(1)
    const cost = (p: readonly number[], q: readonly number[]) => (p[0]! - q[0]!) ** 2 + (p[1]! - q[1]!) ** 2
    const [a, b] = [x0.arraySync() as number[][], x1.arraySync() as number[][]]
    const entropic = plan.reduce((sum, row, i) => sum + row.reduce((s, p, j) => s + p * cost(a[i]!, b[j]!), 0), 0) / n
    expect(costOf(rows)).toBeLessThan(entropic)
  })

  test('in one dimension it sorts', async () => {
    const line = (x: tf.Tensor) => tf.slice(x, [0, 0], [n, 1])
    const rows = await optimalRows(line(x0), line(x1))
    const [sources, data] = [tf.gather(line(x0), rows).dataSync(), line(x1).dataSync()]
    const byData = Array.from(data.keys()).sort((i, j) => data[i]! - data[j]!)
    const paired = byData.map((i) => sources[i]!)
    expect(paired).toEqual([...paired].sort((a, b) => a - b))
  })
})

describe('the entropic pairing', () => {
  test.each([1, 10])('draws every pair as often as the plan of float64 says, epsilon = %i', async (epsilon) => {
    const draws = 2000
    const pair = sinkhornPairing({ epsilon, tolerance: 1e-4 })
    const many = jit((keys: tf.Tensor) => vmap((k: Key) => pair(x0, x1, k))(keys))
    const rows = (await many(splitStack(drawKey, draws))).dataSync()
    many.dispose()
    const found = new Float64Array(n * n)
    rows.forEach((row, i) => (found[row * n + (i % n)]! += 1))
    const expected = planInFloat64(epsilon).flatMap((row) => row.map((p) => p * draws))
    const frequent = expected.flatMap((e, i) => (e >= 10 ? [(found[i]! - e) ** 2 / (e * (1 - e / draws))] : []))
    // Squares of standard scores: mean 1, variance 2, nearly independent.
    const mean = frequent.reduce((a, b) => a + b, 0) / frequent.length
    expect(frequent.length).toBeGreaterThan(100)
    expect(Math.abs(mean - 1)).toBeLessThan(5 * Math.sqrt(2 / frequent.length))
    // Each source: n draws of n columns, mean one per turn.
    const bySource = Array.from({ length: n }, (_, i) => found.slice(i * n, (i + 1) * n).reduce((a, b) => a + b, 0))
    for (const count of bySource) expect(Math.abs(count / draws - 1)).toBeLessThan(5 / Math.sqrt(draws))
  })

  test('goes from optimal pairs to independent ones as epsilon grows', async () => {
    const meanCost = async (pair: Pairing): Promise<number> => {
      const many = jit((keys: tf.Tensor) => vmap((k: Key) => tf.gather(x0, pair(x0, x1, k)))(keys))
      const sources = await many(splitStack(drawKey, 200))
      many.dispose()
      return tf.tidy(() => tf.mean(tf.sum(tf.square(tf.sub(sources, x1)), -1)).dataSync()[0]!)
    }
    const means = await Promise.all([0.05, 1, 10, 1e4].map((epsilon) => meanCost(sinkhornPairing({ epsilon }))))
    expect([...means].sort((a, b) => a - b)).toEqual(means)
    const least = costOf(await optimalRows(x0, x1))
    // Squared distances of all pairs, |x0|^2 + |x1|^2 - 2 x0 x1 averaged.
    const independent = tf.tidy(
      () => tf.mean(tf.sum(tf.square(tf.sub(tf.expandDims(x0, 1), tf.expandDims(x1, 0))), -1)).dataSync()[0]!
    )
    expect(Math.abs(means[0]! - least)).toBeLessThan(0.05 * least)
    expect(Math.abs(means[3]! - independent)).toBeLessThan(0.05 * independent)
  })

  test('where most of the kernel is zero in float32, plans are still nearly optimal and even', async () => {
    const far = tf.add(tf.mul(x1, 100), 1e4)
    const gain = (rows: tf.Tensor) =>
      tf.tidy(() => tf.sum(tf.mul(tf.gather(x0, rows), tf.sub(far, tf.mean(far, 0)))).dataSync()[0]!)
    const most = gain(await optimalRows(x0, far))
    const pair = jit(sinkhornPairing({ epsilon: 5 }))
    const rows = await pair(x0, far, drawKey)
    pair.dispose()
    // Logarithms of the kernel span 2 |x0| |far| / epsilon, here 4 * 200 * 2 * 2 / 5; float32 has no exp(-104).
    expect(gain(rows)).toBeGreaterThan(0.98 * most)
    expect(new Set(rows.dataSync()).size).toBeGreaterThan(0.6 * n)
  })

  test('the same eagerly and compiled; wrong options are errors; a limit of turns ends the loop', async () => {
    const pair = sinkhornPairing({ epsilon: 1 })
    const [eager, compiled] = await eagerAndCompiled(pair, [x0, x1, drawKey])
    // Last digits of an exponential may choose another source where two are equally good.
    expect(tf.sum(tf.cast(tf.equal(compiled, eager), 'int32')).dataSync()[0]).toBeGreaterThanOrEqual(n - 1)
    expectNoLeak(() => pair(x0, x1, drawKey))
    const hurried = sinkhornPairing({ epsilon: 1e-3, iterations: 2 })(x0, x1, drawKey)
    expect(hurried.shape).toEqual([n])
    expect(sinkhornPairing({ epsilon: 1 })(tf.fill([4, 2], NaN), tf.zeros([4, 2]), drawKey).shape).toEqual([4])
    expect(() => sinkhornPairing({ epsilon: 0 })).toThrow(/sinkhornPairing.*epsilon/s)
    expect(() => sinkhornPairing({ epsilon: 1, tolerance: -1 })).toThrow(/tolerance/)
    expect(() => sinkhornPairing({ epsilon: 1, iterations: 0 })).toThrow(/iterations/)
  })
})
