// Laws of R-hat and effective sample size, and their summaries over predictions.
import * as tf from '@tensorflow/tfjs-core'
import { hostArray, key, normal, toHostSync } from '@bdl/core'
import { expectClose } from '@bdl/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  effectiveSampleSize,
  functionSpaceEss,
  functionSpaceRhat,
  highestDensityInterval,
  monteCarloError,
  rankNormalisedRhat,
  splitRhat
} from '../src/index'
import { averageRanks, normalQuantile } from '../src/diagnostics/normal-scores'

const draws = (seed: number, chains: number, length: number) =>
  toHostSync(tf.tidy(() => normal(key(seed), [chains, length])))

test('normal quantiles: symmetric, and as tabulated', () => {
  // Python's statistics.NormalDist().inv_cdf
  const table: readonly (readonly [number, number])[] = [
    [0.5, 0],
    [0.975, 1.959963984540054],
    [0.9, 1.2815515655446004],
    [1e-10, -6.361340902404056],
    [1e-300, -37.0470962993612]
  ]
  for (const [p, z] of table) expectClose(normalQuantile(p), z, { atol: 1e-14, rtol: 1e-13 })
  expect(normalQuantile(0)).toBe(-Infinity)
  expect(normalQuantile(1)).toBe(Infinity)
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 0.5, noNaN: true }), (p) => {
      expectClose(normalQuantile(1 - p), -normalQuantile(p), { atol: 1e-9, rtol: 1e-9 })
    })
  )
})

test('tied ranks are shared', () => {
  expect([...averageRanks(Float64Array.of(3, 1, 3, 2))]).toEqual([3.5, 1, 3.5, 2])
})

test('diagnostics do not change with location and scale, rank diagnostics with no monotone map', () => {
  const original = draws(1, 4, 50)
  const moved = { ...original, data: original.data.map((x) => 1000 + 3 * x) }
  const bent = { ...original, data: original.data.map((x) => Math.exp(2 * x)) }
  expectClose(splitRhat(moved), splitRhat(original), { atol: 1e-9, rtol: 0 })
  expectClose(effectiveSampleSize(moved, 'mean'), effectiveSampleSize(original, 'mean'), { atol: 0, rtol: 1e-8 })
  expectClose(effectiveSampleSize(bent), effectiveSampleSize(original), { atol: 0, rtol: 1e-12 })
  expectClose(effectiveSampleSize(bent, 'tail'), effectiveSampleSize(original, 'tail'), { atol: 0, rtol: 1e-12 })
})

test('chains in different places are seen; chains of different scale by the rank-normalised form alone', () => {
  const base = draws(2, 4, 200)
  const shifted = base.data.map((x, i) => (i < 200 ? x + 2 : x))
  expect(splitRhat({ ...base, data: shifted })).toBeGreaterThan(1.2)
  const scaled = { ...base, data: base.data.map((x, i) => (i < 400 ? 5 * x : x)) }
  expect(splitRhat(scaled)).toBeLessThan(1.02)
  expect(rankNormalisedRhat(scaled)).toBeGreaterThan(1.2)
})

test('the effective size of an AR(1) chain is (1 − φ)/(1 + φ) of its length', () => {
  const [chains, length, phi] = [8, 4000, 0.7]
  const noise = draws(3, chains, length)
  const data = noise.data.slice()
  for (let c = 0; c < chains; c++)
    for (let t = 1; t < length; t++)
      data[c * length + t] = phi * data[c * length + t - 1]! + Math.sqrt(1 - phi ** 2) * noise.data[c * length + t]!
  const ess = effectiveSampleSize({ ...noise, data }, 'mean')
  expect(ess / ((chains * length * (1 - phi)) / (1 + phi))).toBeGreaterThan(0.85)
  expect(ess / ((chains * length * (1 - phi)) / (1 + phi))).toBeLessThan(1.15)
  const truth = Math.sqrt((1 + phi) / (1 - phi) / (chains * length))
  expectClose(monteCarloError({ ...noise, data }), truth, { atol: 0, rtol: 0.1 })
})

test('summaries over predictions: one value per quantity that varies', () => {
  const one = draws(4, 4, 40)
  const predictions = hostArray(
    [4, 40, 3],
    Array.from({ length: 480 }, (_, i) => (i % 3 === 1 ? 0.5 : one.data[Math.floor(i / 3)]! * (1 + (i % 3))))
  )
  const summary = functionSpaceRhat(predictions)
  expect([summary.count, summary.constant, summary.values.length]).toEqual([3, 1, 2])
  for (const value of [summary.median, summary.q95, summary.max, summary.min])
    expectClose(value, splitRhat(one), { atol: 1e-12, rtol: 0 })
  expectClose(functionSpaceRhat(predictions, 'rank').max, rankNormalisedRhat(one), { atol: 1e-12, rtol: 0 })
  expectClose(functionSpaceEss(predictions).min, effectiveSampleSize(one, 'mean'), { atol: 0, rtol: 1e-12 })
})

test('a draw that is not finite gives NaN, a wrong shape an error', () => {
  const broken = { ...draws(5, 2, 20), data: draws(5, 2, 20).data.map((x, i) => (i === 3 ? NaN : x)) }
  expect(effectiveSampleSize(broken)).toBeNaN()
  expect(() => splitRhat(hostArray([8], new Float64Array(8)))).toThrowError(/splitRhat: draws: expected shape/)
  expect(() => effectiveSampleSize(hostArray([2, 3], new Float64Array(6)))).toThrowError(/effectiveSampleSize: draws/)
  expect(() => functionSpaceRhat(hostArray([8], new Float64Array(8)))).toThrowError(/functionSpaceRhat: predictions/)
  expect(() => highestDensityInterval(new Float64Array(0), 0.9)).toThrowError(/at least one draw/)
  expect(() => highestDensityInterval(Float64Array.of(1), 1)).toThrowError(/probability/)
})

test('the shortest interval of an even grid with a gap avoids the gap', () => {
  const grid = Float64Array.from({ length: 100 }, (_, i) => (i < 10 ? i - 100 : i))
  expect(highestDensityInterval(grid, 0.8)[0]).toBeGreaterThanOrEqual(10)
})
