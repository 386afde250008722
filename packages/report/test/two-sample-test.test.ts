import * as tf from '@tensorflow/tfjs-core'
import { hostArray, key, normal, scoped, split, toHostSync } from '@bdl/core'
import type { HostArray, Key } from '@bdl/core'
import { expect, test } from 'vitest'
import { medianPairwiseDistance, mmdSquared, mmdTest, randomDirections } from '../src/index.js'

const cloud = (k: Key, n: number, d: number, shift = 0): HostArray => {
  const { shape, data } = scoped(() => toHostSync(normal(k, [n, d])))
  return { shape, data: data.map((v) => v + shift) }
}

test('directions have length 1 and no preferred side', () => {
  const directions = randomDirections(key(0), 2000, 3)
  const lengths = Array.from({ length: 2000 }, (_, i) => Math.hypot(...directions.data.subarray(3 * i, 3 * i + 3)))
  lengths.forEach((length) => expect(length).toBeCloseTo(1, 12))
  // A coordinate of a direction in three dimensions is uniform on [-1, 1]: variance 1/3.
  for (const j of [0, 1, 2]) {
    const mean = directions.data.filter((_, i) => i % 3 === j).reduce((a, b) => a + b, 0) / 2000
    expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(1 / 3 / 2000))
  }
})

test('the test sees a shift, at every bandwidth, and its statistic is the metric', () => {
  const [kx, ky, kt] = scoped(() => split(key(1), 3))
  if (kx === undefined || ky === undefined || kt === undefined) throw new Error('three keys')
  const [x, y] = [cloud(kx, 30, 4), cloud(ky, 25, 4, 1.5)]
  const results = mmdTest(kt, x, y, { permutations: 99 })
  expect(results.map((one) => one.bandwidth / medianPairwiseDistance(x, y))).toEqual([0.5, 1, 2])
  for (const { bandwidth, mmdSquared: value, pValue } of results) {
    expect(value).toBeCloseTo(mmdSquared(x, y, bandwidth), 12)
    expect(pValue).toBe(1 / 100)
  }
})

test('without a difference p-values are uniform', () => {
  const repeats = 60
  const before = tf.memory().numTensors
  const keys = scoped(() => split(key(2), 3 * repeats).map((k) => tf.keep(k)))
  const p = Array.from({ length: repeats }, (_, i) => {
    const [kx, ky, kt] = keys.slice(3 * i, 3 * i + 3)
    if (kx === undefined || ky === undefined || kt === undefined) throw new Error('three keys')
    return mmdTest(kt, cloud(kx, 8, 2), cloud(ky, 8, 2), { multiples: [1], permutations: 39 })[0]?.pValue ?? NaN
  })
  // Uniform on 1/40, ..., 1: mean 41/80, variance (40^2 - 1) / (12 * 40^2).
  const mean = p.reduce((a, b) => a + b, 0) / repeats
  expect(Math.abs(mean - 41 / 80)).toBeLessThan(5 * Math.sqrt((40 ** 2 - 1) / (12 * 40 ** 2) / repeats))
  tf.dispose(keys)
  expect(tf.memory().numTensors).toBe(before)
})

test('numbers that are not positive integers are refused', () => {
  const x = hostArray([2, 1], [0, 1])
  expect(() => mmdTest(key(0), x, x, { permutations: 0 })).toThrow(/permutations/)
  expect(() => randomDirections(key(0), 0, 2)).toThrow(/count/)
})
