import * as tf from '@tensorflow/tfjs-core'
import { key } from '@bdl/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  featureStatistics,
  pixelNoise,
  rotate90,
  scaleFeatures,
  shufflePixels,
  splitDataset,
  standardise,
  takeRows,
  toTensors
} from '../src/index.js'
import type { Dataset } from '../src/index.js'
import { counted, left, right } from './support.js'

const column = (dataset: Dataset, j: number): readonly number[] => {
  const d = dataset.features.shape[1] ?? 1
  return Array.from(dataset.features.data.filter((_, i) => i % d === j))
}

const firsts = (dataset: Dataset): readonly number[] => column(dataset, 0)

describe('splitDataset', () => {
  test('the parts are disjoint, have their sizes and keep rows together', () => {
    fc.assert(
      fc.property(fc.integer({ min: 6, max: 60 }), fc.integer({ min: 0, max: 1000 }), (n, seed) => {
        const counts = [Math.floor(n / 2), 2, 1]
        const parts = right(splitDataset(key(seed), { counts })(counted(n, 2)))
        expect(parts.map((part) => part.labels.length)).toEqual(counts)
        const rows = parts.flatMap(firsts)
        expect(new Set(rows).size).toBe(rows.length)
        for (const part of parts) expect(Array.from(part.labels)).toEqual(firsts(part).map((i) => i % 3))
        for (const part of parts) expect(column(part, 1)).toEqual(firsts(part).map((i) => i + 0.01))
      }),
      { numRuns: 20 }
    )
  })

  test('shares that make 1 use every row once', () => {
    const parts = right(splitDataset(key(1), { fractions: [0.7, 0.2, 0.1] })(counted(37, 1)))
    expect(parts.flatMap(firsts).sort((a, b) => a - b)).toEqual(Array.from({ length: 37 }, (_, i) => i))
  })

  test('the type knows how many parts there are', () => {
    const [first, second] = right(splitDataset(key(1), { counts: [2, 3] })(counted(9, 1)))
    expect(first.labels.length + second.labels.length).toBe(5)
  })

  test('the same key gives the same parts, another key others', () => {
    const rows = (seed: number) => right(splitDataset(key(seed), { counts: [50] })(counted(50, 1))).flatMap(firsts)
    expect(rows(3)).toEqual(rows(3))
    expect(rows(3)).not.toEqual(rows(4))
  })

  test.each([
    [{ counts: [8, 3] }, 'counted: cannot split: parts of 8, 3 rows, but there are 10'],
    [{ counts: [0] }, 'counted: cannot split: a part of 0 rows; every part needs at least one'],
    [{ counts: [] }, 'counted: cannot split: no parts were asked for'],
    [{ counts: [1.5] }, 'counted: cannot split: a part of 1.5 rows; every part needs at least one'],
    [{ fractions: [0.9, 0.2] }, 'counted: cannot split: shares of 0.9, 0.2 are more than the whole'],
    [{ fractions: [0.99, 0.01] }, 'counted: cannot split: a part of 0 rows; every part needs at least one'],
    [{ fractions: [NaN] }, 'counted: cannot split: a share of NaN is not in (0, 1]']
  ])('%j of 10 rows is refused', (parts, message) => {
    expect(left(splitDataset(key(0), parts)(counted(10, 1)))).toBe(message)
  })
})

describe('standardise', () => {
  test('gives mean 0 and standard deviation 1, and leaves a constant finite', () => {
    const constant = {
      ...counted(9, 2),
      features: { shape: [9, 2], data: counted(9, 2).features.data.map((v, i) => (i % 2 ? 0.1 : v)) }
    }
    const z = featureStatistics(standardise(featureStatistics(constant))(constant))
    expect(z.mean[0]).toBeCloseTo(0, 12)
    expect(z.sd[0]).toBeCloseTo(1, 12)
    expect([z.mean[1], z.sd[1]]).toEqual([0, 0])
  })

  test('the statistics of 0..8 are those of the closed form', () => {
    const { mean, sd } = featureStatistics(counted(9, 1))
    expect(mean[0]).toBeCloseTo(4, 12)
    expect(sd[0]).toBeCloseTo(Math.sqrt((81 - 1) / 12), 12)
  })

  test('refuses statistics of another width', () => {
    expect(() => standardise(featureStatistics(counted(3, 2)))(counted(3, 4))).toThrow(/standardise: statistics/)
  })
})

describe('rotate90', () => {
  test('turns counter-clockwise, as numpy.rot90 does', () => {
    const image = { ...counted(1, 6, [2, 3]), features: { shape: [1, 6], data: Float64Array.of(1, 2, 3, 4, 5, 6) } }
    const turned = rotate90()(image)
    expect(turned.imageShape).toEqual([3, 2])
    expect(Array.from(turned.features.data)).toEqual([3, 6, 2, 5, 1, 4])
  })

  test('keeps the channels of a pixel together', () => {
    const image = { ...counted(1, 4, [1, 2, 2]), features: { shape: [1, 4], data: Float64Array.of(1, 10, 2, 20) } }
    expect(Array.from(rotate90()(image).features.data)).toEqual([2, 20, 1, 10])
  })

  test('four turns are none, and turns add', () => {
    const images = counted(5, 64, [8, 8])
    expect(rotate90(4)(images)).toEqual(images)
    expect(rotate90(-1)(rotate90()(images))).toEqual(images)
    expect(rotate90(2)(images)).toEqual(rotate90()(rotate90()(images)))
  })

  test('refuses rows that are no images and parts of a turn', () => {
    expect(() => rotate90()(counted(2, 4))).toThrow(/rotate90: dataset.imageShape/)
    expect(() => rotate90(0.5)(counted(2, 4, [2, 2]))).toThrow(/rotate90: turns/)
  })
})

describe('noise', () => {
  const n = 4000
  const source = counted(n, 3)

  test('shufflePixels keeps every marginal and breaks the dependence', () => {
    const shuffled = shufflePixels(key(5))(source)
    for (const j of [0, 1, 2]) {
      expect([...column(shuffled, j)].sort((a, b) => a - b)).toEqual(column(source, j))
    }
    const statistics = featureStatistics(shuffled)
    const z = [0, 1].map((j) =>
      column(shuffled, j).map((v) => (v - (statistics.mean[j] ?? 0)) / (statistics.sd[j] ?? 1))
    )
    const correlation = (z[0] ?? []).reduce((s, v, i) => s + (v * (z[1]?.[i] ?? 0)) / n, 0)
    // The features were perfectly correlated; a correlation of independent columns has standard error 1 / sqrt(n).
    expect(Math.abs(correlation)).toBeLessThan(5 / Math.sqrt(n))
  })

  test('pixelNoise has the moments of a clipped normal and stays in the range', () => {
    const noise = pixelNoise(key(6))(source)
    expect(noise.features.data.every((v) => v >= 0 && v <= n - 1 + 0.02)).toBe(true)
    const { mean, sd } = featureStatistics(noise)
    // Range = mean +- sqrt(3) sd for uniform rows. The normal clipped at +-c has mean 0 and, with Phi(c) = 0.95837 and
    // phi(c) = 0.08902 at c = sqrt(3), variance 2 Phi - 1 - 2 c phi + 2 c^2 (1 - Phi) = 0.8581.
    const expected = featureStatistics(source)
    const scale = expected.sd[1] ?? 1
    expect(Math.abs((mean[1] ?? 0) - (expected.mean[1] ?? 0))).toBeLessThan((5 * scale) / Math.sqrt(n))
    expect(Math.abs(((sd[1] ?? 0) / scale) ** 2 - 0.8581)).toBeLessThan(5 * Math.sqrt(2 / n))
  })

  test('is the same for the same key', () => {
    expect(pixelNoise(key(7))(source)).toEqual(pixelNoise(key(7))(source))
    expect(shufflePixels(key(7))(counted(20, 4))).toEqual(shufflePixels(key(7))(counted(20, 4)))
  })
})

describe('rows and tensors', () => {
  test('takeRows takes rows in order, with repeats, and refuses others', () => {
    const taken = takeRows([2, 0, 2])(counted(3, 2))
    expect(Array.from(taken.features.data)).toEqual([2, 2.01, 0, 0.01, 2, 2.01])
    expect(Array.from(taken.labels)).toEqual([2, 0, 2])
    expect(() => takeRows([3])(counted(3, 2))).toThrow(/takeRows: indices\[0\]/)
  })

  test('scaleFeatures scales', () => {
    expect(Array.from(scaleFeatures(0.5)(counted(2, 1)).features.data)).toEqual([0, 0.5])
  })

  test('tensors are owned by the caller, and nothing else is left', () => {
    const source = counted(4, 4, [2, 2])
    const seed = key(0)
    const before = tf.memory().numTensors
    const { x, y } = toTensors(source)
    expect([x.shape, x.dtype, y.shape, y.dtype]).toEqual([[4, 4], 'float32', [4], 'int32'])
    right(splitDataset(seed, { counts: [2] })(source))
    pixelNoise(seed)(source)
    shufflePixels(seed)(source)
    expect(tf.memory().numTensors).toBe(before + 2)
  })
})
