// The toy data sets: their densities against quadrature elsewhere, mass, and what is drawn against the density.
import * as tf from '@tensorflow/tfjs-core'
import { jit, vmap } from '@bdl/compiler'
import { key, splitStack } from '@bdl/core'
import { distributionLaws } from '@bdl/distributions/testing'
import { describeFixture, expectClose } from '@bdl/testing'
import { describe, expect, test } from 'vitest'
import { checkerboard, toyDatasets, type ToyDataset } from '../src/toy'
import { gaussLegendre } from '../src/toy/curve'
import { grid } from './grid'

interface Case {
  readonly set: string
  readonly x: readonly (readonly number[])[]
  readonly logProb: readonly number[]
}

const named = toyDatasets.map((set): [string, ToyDataset] => [set.name, set])

test('Gauss-Legendre integrates what it must', () => {
  const { nodes, weights } = gaussLegendre(20, 0, 2)
  const integral = (f: (t: number) => number): number => nodes.reduce((sum, t, i) => sum + f(t) * weights[i]!, 0)
  expect(Math.abs(integral(() => 1) - 2)).toBeLessThan(1e-14)
  expect(Math.abs(integral((t) => t ** 39) / (2 ** 40 / 40) - 1)).toBeLessThan(1e-13)
  expect(Math.abs(integral(Math.exp) - (Math.exp(2) - 1))).toBeLessThan(1e-13)
})

describeFixture<Case>('toy.json', import.meta.url, ({ cases }) => {
  test('all but the checkerboard, whose density is a constant, have reference values', () => {
    expect([...cases.map(({ set }) => set), checkerboard.name].sort()).toEqual(named.map(([name]) => name).sort())
  })

  test.each(cases)('$set: log densities of quadrature in float64', async ({ set, x, logProb }) => {
    const { distribution } = toyDatasets.find(({ name }) => name === set)!
    const compiled = jit(distribution.logProb)
    for (const f of [distribution.logProb, compiled])
      expectClose(await f(tf.tensor2d(x.map((row) => [...row]))), logProb, { atol: 2e-4, rtol: 2e-5 }, set)
    compiled.dispose()
  })
})

/** Shares of draws in cells of a k x k grid beside those of the density, as Pearson's statistic over its degrees. */
const pearson = async ({ sample, distribution, window }: ToyDataset): Promise<{ ratio: number; mass: number }> => {
  const [coarse, fine, draws] = [16, 15, 100_000]
  const cells = coarse * fine
  const { points, area } = grid(window, cells)
  const density = jit((x: tf.Tensor) => {
    const p = tf.mul(tf.exp(distribution.logProb(x)), area)
    return tf.sum(tf.reshape(p, [coarse, fine, coarse, fine]), [1, 3])
  })
  const counts = jit((k: tf.Tensor) => {
    const cell = tf.floor(tf.mul(tf.add(tf.div(sample(k, draws), window), 1), coarse / 2))
    const [i, j] = tf.unstack(cell, -1)
    const inside = tf.all(tf.logicalAnd(tf.greaterEqual(cell, 0), tf.less(cell, coarse)), -1)
    return tf.where(inside, tf.add(tf.mul(i!, coarse), j!), -1)
  })
  const expected = Array.from((await density(points)).dataSync())
  const observed = new Float64Array(coarse * coarse)
  for (const c of (await counts(key(5))).dataSync()) if (c >= 0) observed[c]!++
  density.dispose()
  counts.dispose()
  // cells of few expected draws are no normal variables
  const used = expected.flatMap((p, c) => (p * draws >= 10 ? [[p * draws, observed[c]!] as const] : []))
  const statistic = used.reduce((sum, [e, o]) => sum + (o - e) ** 2 / e, 0)
  return { ratio: (statistic - used.length) / Math.sqrt(2 * used.length), mass: expected.reduce((a, b) => a + b, 0) }
}

describe.each(named)('%s', (name, set) => {
  test('the density integrates to one, and draws fall where it says', async () => {
    const { ratio, mass } = await pearson(set)
    expect(Math.abs(mass - 1)).toBeLessThan(3e-4)
    // Pearson's statistic in standard deviations from its mean
    expect(ratio).toBeLessThan(5)
    expect(ratio).toBeGreaterThan(-5)
  })

  for (const law of distributionLaws(set.distribution, key(3), { draws: 500 })) test(law.name, law.check)

  test('draws are float32 [n, 2], also batched over keys', () => {
    const keys = splitStack(key(1), 3)
    const many = vmap((k: tf.Tensor) => set.sample(k, 4))(keys)
    expect(many.shape).toEqual([3, 4, 2])
    expect(many.dtype).toBe('float32')
    expectClose(tf.gather(many, 1), set.sample(tf.gather(keys, 1), 4), { atol: 1e-6, rtol: 1e-6 }, name)
  })
})
