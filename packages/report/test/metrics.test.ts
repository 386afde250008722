// Laws of the metrics: what must hold for any prediction, whatever the numbers.
import { hostArray } from '@bdl/core'
import type { HostArray } from '@bdl/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as m from '../src/index.js'
import { normalCdf, normalQuantile } from '../src/normal.js'

const finite = fc.double({ min: -8, max: 8, noNaN: true })

/** Probabilities [n, c] with labels. */
const predictions = fc
  .record({ n: fc.integer({ min: 1, max: 40 }), c: fc.integer({ min: 2, max: 6 }) })
  .chain(({ n, c }) =>
    fc.record({
      p: fc.array(finite, { minLength: n * c, maxLength: n * c }).map((z) => m.softmax(hostArray([n, c], z))),
      labels: fc.array(fc.integer({ min: 0, max: c - 1 }), { minLength: n, maxLength: n })
    })
  )

/** Members [s, n, c] of an ensemble. */
const ensembles = fc
  .record({ s: fc.integer({ min: 1, max: 5 }), n: fc.integer({ min: 1, max: 6 }), c: fc.integer({ min: 2, max: 4 }) })
  .chain(({ s, n, c }) =>
    fc.array(finite, { minLength: s * n * c, maxLength: s * n * c }).map((z) => m.softmax(hostArray([s, n, c], z)))
  )

/** Scores with ties, and labels with both groups. */
const rankings = fc
  .array(fc.record({ score: fc.integer({ min: -5, max: 5 }), label: fc.integer({ min: 0, max: 1 }) }), {
    minLength: 2,
    maxLength: 30
  })
  .filter((rows) => new Set(rows.map((row) => row.label)).size === 2)
  .map((rows) => ({ scores: rows.map((row) => row.score), labels: rows.map((row) => row.label) }))

const clouds = fc
  .record({ n: fc.integer({ min: 2, max: 8 }), k: fc.integer({ min: 2, max: 8 }), d: fc.integer({ min: 1, max: 3 }) })
  .chain(({ n, k, d }) =>
    fc.record({
      x: fc.array(finite, { minLength: n * d, maxLength: n * d }).map((v) => hostArray([n, d], v)),
      y: fc.array(finite, { minLength: k * d, maxLength: k * d }).map((v) => hostArray([k, d], v))
    })
  )

const total = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0)

const shifted = (x: HostArray, by: number): HostArray => ({ ...x, data: x.data.map((v) => v + by) })

const check = <T>(arbitrary: fc.Arbitrary<T>, law: (value: T) => void): void => {
  fc.assert(
    fc.property(arbitrary, (value) => {
      law(value)
    }),
    { seed: 20261121 }
  )
}

describe('classification', () => {
  test('softmax is positive, sums to 1, and forgets a common shift', () => {
    check(fc.array(finite, { minLength: 3, maxLength: 3 }), (z) => {
      const p = m.softmax(hostArray([1, 3], z))
      expect(total(p.data)).toBeCloseTo(1, 12)
      const moved = m.softmax(
        hostArray(
          [1, 3],
          z.map((v) => v + 700)
        )
      )
      moved.data.forEach((v, i) => expect(v).toBeCloseTo(p.data[i] ?? NaN, 10))
    })
  })

  test('the Brier score splits by class, is at most 2, and 0 for certainty in the truth', () => {
    check(predictions, ({ p, labels }) => {
      const c = p.shape[1] ?? 1
      const byClass = Array.from({ length: c }, (_, k) =>
        total(labels.map((y, i) => ((p.data[i * c + k] ?? 0) - (y === k ? 1 : 0)) ** 2))
      )
      const score = m.brierScore(p, labels)
      expect(score).toBeCloseTo(total(byClass) / labels.length, 12)
      expect(score).toBeGreaterThanOrEqual(0)
      expect(score).toBeLessThanOrEqual(2)
      const truth = hostArray(
        [labels.length, c],
        labels.flatMap((y) => Array.from({ length: c }, (_, k) => (k === y ? 1 : 0)))
      )
      expect([m.brierScore(truth, labels), m.negativeLogLikelihood(truth, labels), m.accuracy(truth, labels)]).toEqual([
        0, 0, 1
      ])
    })
  })

  test('NLL and Brier are proper: the frequencies of the labels beat every other constant prediction', () => {
    const labels = [0, 0, 0, 1, 1, 2]
    const constant = (p: readonly number[]): HostArray =>
      hostArray(
        [6, 3],
        labels.flatMap(() => p)
      )
    const best = constant([3 / 6, 2 / 6, 1 / 6])
    check(fc.array(finite, { minLength: 3, maxLength: 3 }), (z) => {
      const other = constant(Array.from(m.softmax(hostArray([1, 3], z)).data))
      expect(m.negativeLogLikelihood(other, labels)).toBeGreaterThanOrEqual(
        m.negativeLogLikelihood(best, labels) - 1e-12
      )
      expect(m.brierScore(other, labels)).toBeGreaterThanOrEqual(m.brierScore(best, labels) - 1e-12)
    })
  })

  test('top-1 is accuracy, top-c is 1, and k only helps', () => {
    check(predictions, ({ p, labels }) => {
      const c = p.shape[1] ?? 1
      const byK = Array.from({ length: c }, (_, k) => m.topKAccuracy(k + 1, p, labels))
      expect(byK[0]).toBe(m.accuracy(p, labels))
      expect(byK.at(-1)).toBe(1)
      expect(byK).toEqual([...byK].sort((a, b) => a - b))
    })
  })

  test('a label ruled out costs infinitely much', () => {
    expect(m.negativeLogLikelihood(hostArray([1, 2], [1, 0]), [1])).toBe(Infinity)
  })

  test('wrong shapes and labels are refused', () => {
    const p = hostArray([2, 2], [0.5, 0.5, 0.5, 0.5])
    expect(() => m.accuracy(p, [0])).toThrow(/labels/)
    expect(() => m.brierScore(p, [0, 2])).toThrow(/labels\[1\]/)
    expect(() => m.negativeLogLikelihood(p, [0, 0.5])).toThrow(/labels\[1\]/)
    expect(() => m.accuracy(hostArray([4], [1, 0, 0, 0]), [0])).toThrow(/matrix/)
    expect(() => m.topKAccuracy(0, p, [0, 1])).toThrow(/topKAccuracy: k/)
    expect(() => m.softmax(hostArray([0], []))).toThrow(/softmax/)
  })
})

describe('calibration', () => {
  test('errors lie in [0, 1], the expected one below the largest, and above |accuracy - mean confidence|', () => {
    check(predictions, ({ p, labels }) => {
      for (const bins of [
        m.calibrationBins(p, labels),
        m.equalMassBins(m.confidence(p), m.correctness(p, labels), { bins: 5 })
      ]) {
        const error = m.calibrationError(bins)
        expect(error).toBeLessThanOrEqual(m.maximumCalibrationError(bins) + 1e-12)
        expect(m.maximumCalibrationError(bins)).toBeLessThanOrEqual(1)
        const gap = Math.abs(m.accuracy(p, labels) - total(m.confidence(p)) / labels.length)
        expect(error).toBeGreaterThanOrEqual(gap - 1e-12)
        expect(total(bins.map((bin) => bin.count))).toBe(labels.length)
      }
    })
  })

  test('one bin leaves exactly |accuracy - mean confidence|', () => {
    check(predictions, ({ p, labels }) => {
      const gap = Math.abs(m.accuracy(p, labels) - total(m.confidence(p)) / labels.length)
      expect(m.expectedCalibrationError(p, labels, { bins: 1 })).toBeCloseTo(gap, 12)
      expect(m.adaptiveCalibrationError(p, labels, { bins: 1 })).toBeCloseTo(gap, 12)
    })
  })

  test('an edge belongs to the bin that the option says, at every number of bins', () => {
    for (let bins = 1; bins <= 60; bins++)
      for (let k = 0; k <= bins; k++) {
        const index = (closed: 'left' | 'right') =>
          m.equalWidthBins([k / bins], [1], { bins, closed }).findIndex((bin) => bin.count === 1)
        expect(index('right')).toBe(Math.max(0, k - 1))
        expect(index('left')).toBe(Math.min(bins - 1, k))
      }
  })

  test('bins of equal mass differ by at most one row', () => {
    const counts = m
      .equalMassBins(
        Array.from({ length: 22 }, (_, i) => i / 22),
        Array(22).fill(1),
        { bins: 5 }
      )
      .map((b) => b.count)
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
    expect(total(counts)).toBe(22)
  })

  test('wrong lengths and numbers of bins are refused', () => {
    expect(() => m.equalWidthBins([0.5], [1, 0])).toThrow(/correct/)
    expect(() => m.equalWidthBins([], [])).toThrow(/at least 1/)
    expect(() => m.equalMassBins([0.5], [1], { bins: 0 })).toThrow(/bins/)
  })
})

describe('uncertainty', () => {
  test('0 <= mutual information <= entropy of the average <= log c', () => {
    check(ensembles, (members) => {
      const h = m.entropy(m.modelAverage(members))
      m.mutualInformation(members).forEach((information, i) => {
        expect(information).toBeGreaterThanOrEqual(0)
        expect(information).toBeLessThanOrEqual((h[i] ?? 0) + 1e-12)
        expect(h[i]).toBeLessThanOrEqual(Math.log(members.shape[2] ?? 1) + 1e-12)
      })
    })
  })

  test('members that agree know everything there is: no mutual information, disagreement or divergence', () => {
    const row = [0.7, 0.2, 0.1]
    const members = hostArray([3, 1, 3], [...row, ...row, ...row])
    expect(m.mutualInformation(members)[0]).toBeCloseTo(0, 12)
    expect([m.disagreement(members), m.pairwiseKl(members)]).toEqual([0, 0])
    expect(m.pairwiseJsd(members)).toBeCloseTo(0, 12)
  })

  test('certain members of opposite minds: mutual information, entropy and divergence are log 2', () => {
    const members = hostArray([2, 1, 2], [1, 0, 0, 1])
    expect(m.mutualInformation(members)[0]).toBeCloseTo(Math.log(2), 12)
    expect(m.expectedEntropy(members)[0]).toBe(0)
    expect(m.pairwiseJsd(members)).toBeCloseTo(Math.log(2), 12)
    expect(m.disagreement(members)).toBe(1)
    expect(m.pairwiseKl(members)).toBe(Infinity)
  })

  test('the average is never worse than the mean of its members, in NLL and Brier (Jensen)', () => {
    check(ensembles, (members) => {
      const [s = 1, n = 1] = members.shape
      const labels = Array.from({ length: n }, () => 0)
      const average = m.modelAverage(members)
      const mean = (score: (p: HostArray, y: readonly number[]) => number): number =>
        total(Array.from({ length: s }, (_, k) => score(m.member(members, k), labels))) / s
      expect(m.negativeLogLikelihood(average, labels)).toBeLessThanOrEqual(mean(m.negativeLogLikelihood) + 1e-12)
      expect(m.brierScore(average, labels)).toBeLessThanOrEqual(mean(m.brierScore) + 1e-12)
      expect(m.logPredictiveDensity(members, labels)).toBeCloseTo(-n * m.negativeLogLikelihood(average, labels), 9)
    })
  })

  test('wrong ranks are refused', () => {
    expect(() => m.modelAverage(hostArray([2, 2], [1, 0, 0, 1]))).toThrow(/members/)
  })
})

describe('ranking', () => {
  test('AUROC is the share of pairs in the right order, equals counting half', () => {
    check(rankings, ({ scores, labels }) => {
      const group = (label: number) => scores.filter((_, i) => labels[i] === label)
      const pairs = group(1).flatMap((a) => group(0).map((b) => (a > b ? 1 : a === b ? 0.5 : 0)))
      expect(m.auroc(scores, labels)).toBeCloseTo(total(pairs) / pairs.length, 12)
    })
  })

  test('neither metric changes under an increasing map or another order of rows', () => {
    check(rankings, ({ scores, labels }) => {
      const mapped = scores.map((s) => Math.exp(s) * 3 - 1)
      for (const metric of [m.auroc, m.averagePrecision]) {
        expect(metric(mapped, labels)).toBe(metric(scores, labels))
        expect(metric([...scores].reverse(), [...labels].reverse())).toBe(metric(scores, labels))
      }
    })
  })

  test('turning the scores or the labels round turns AUROC round', () => {
    check(rankings, ({ scores, labels }) => {
      const area = m.auroc(scores, labels)
      expect(
        m.auroc(
          scores.map((s) => -s),
          labels
        )
      ).toBeCloseTo(1 - area, 12)
      expect(
        m.auroc(
          scores,
          labels.map((y) => 1 - y)
        )
      ).toBeCloseTo(1 - area, 12)
    })
  })

  test('equal scores tell nothing: AUROC 1/2, average precision the share of positives', () => {
    expect(m.auroc([1, 1, 1, 1], [1, 0, 0, 0])).toBe(0.5)
    expect(m.averagePrecision([1, 1, 1, 1], [1, 0, 0, 0])).toBe(0.25)
    expect(m.outOfDistributionAuroc([0.1, 0.2], [0.3, 0.4])).toBe(1)
  })

  test('one group alone is NaN; other labels and NaN scores are refused', () => {
    expect([m.auroc([1, 2], [1, 1]), m.averagePrecision([1, 2], [0, 0])]).toEqual([NaN, NaN])
    expect(() => m.auroc([1, 2], [0, 2])).toThrow(/labels\[1\]/)
    expect(() => m.auroc([1, NaN], [0, 1])).toThrow(/scores\[1\]/)
  })
})

describe('regression', () => {
  test('CRPS of one draw is the absolute error', () => {
    check(fc.tuple(finite, finite), ([y, x]) => {
      expect(m.ensembleCrps([y], hostArray([1, 1], [x]))[0]).toBeCloseTo(Math.abs(y - x), 12)
    })
  })

  test('CRPS of a sample by order statistics is the sum over all pairs', () => {
    check(fc.tuple(finite, fc.array(finite, { minLength: 1, maxLength: 12 })), ([y, xs]) => {
      const distance = total(xs.map((x) => Math.abs(x - y))) / xs.length
      const pairs = total(xs.flatMap((a) => xs.map((b) => Math.abs(a - b)))) / xs.length ** 2
      expect(m.ensembleCrps([y], hostArray([xs.length, 1], xs))[0]).toBeCloseTo(distance - pairs / 2, 10)
    })
  })

  test('normal CRPS is the integral of (F - step)^2 and scales with the units', () => {
    const [step, y] = [1e-3, 0.7]
    const integral = total(
      Array.from({ length: 20001 }, (_, i) => {
        const x = -10 + i * step
        return step * (normalCdf(x) - (x >= y ? 1 : 0)) ** 2
      })
    )
    // A rectangle rule over a jump of height below 1 is wrong by at most its step.
    expect(Math.abs(m.gaussianCrps([y], [0], [1]) - integral)).toBeLessThan(step)
    expect(m.gaussianCrps([7], [0], [10])).toBeCloseTo(10 * m.gaussianCrps([0.7], [0], [1]), 12)
  })

  test('the normal distribution function has its tabulated values, symmetry and inverse', () => {
    // Abramowitz & Stegun, table 26.1; the tail from Mills' ratio in double precision.
    expect(normalCdf(1)).toBeCloseTo(0.841344746068543, 14)
    expect(normalCdf(3)).toBeCloseTo(0.9986501019683699, 14)
    expect(normalCdf(-10) / 7.619853024160527e-24).toBeCloseTo(1, 12)
    check(finite, (z) => expect(normalCdf(z) + normalCdf(-z)).toBeCloseTo(1, 14))
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 12)
  })

  test('the mean predicts with R squared 0, the truth with 1 and no error', () => {
    check(
      fc.array(finite, { minLength: 2, maxLength: 9 }).filter((y) => Math.max(...y) - Math.min(...y) > 1e-3),
      (y) => {
        const centre = total(y) / y.length
        expect(
          m.rSquared(
            y,
            y.map(() => centre)
          )
        ).toBeCloseTo(0, 8)
        expect([m.rSquared(y, y), m.rootMeanSquaredError(y, y), m.meanAbsoluteError(y, y)]).toEqual([1, 0, 0])
      }
    )
  })

  test('deviations that are not positive, levels outside (0, 1) and unequal lengths are refused', () => {
    expect(() => m.gaussianNll([0], [0], [0])).toThrow(/sd\[0\]/)
    expect(() => m.gaussianCoverage(1, [0], [0], [1])).toThrow(/level/)
    expect(() => m.rootMeanSquaredError([0, 1], [0])).toThrow(/predicted/)
  })
})

describe('two samples', () => {
  test('V-statistics are never negative, 0 for equal samples, and symmetric', () => {
    check(clouds, ({ x, y }) => {
      for (const distance of [
        (a: HostArray, b: HostArray) => m.mmdSquared(a, b, 1.5, 'v'),
        (a: HostArray, b: HostArray) => m.energyDistance(a, b)
      ]) {
        expect(distance(x, y)).toBeGreaterThanOrEqual(-1e-12)
        expect(distance(x, x)).toBeCloseTo(0, 10)
        expect(distance(x, y)).toBeCloseTo(distance(y, x), 10)
      }
    })
  })

  test('Wasserstein distances of a shift are the shift, and order 1 is at most order 2', () => {
    check(fc.tuple(clouds, fc.double({ min: 0.1, max: 5, noNaN: true })), ([{ x, y }, by]) => {
      const axis = hostArray([1, x.shape[1] ?? 1], [1, ...Array((x.shape[1] ?? 1) - 1).fill(0)])
      expect(m.slicedWasserstein(x, shifted(x, by), axis, 1)).toBeCloseTo(by, 9)
      expect(m.slicedWasserstein(x, shifted(x, by), axis, 2)).toBeCloseTo(by, 9)
      expect(m.slicedWasserstein(x, y, axis, 1)).toBeLessThanOrEqual(m.slicedWasserstein(x, y, axis, 2) + 1e-9)
    })
  })

  test('samples of different sizes: a sample repeated is the same sample', () => {
    check(
      fc.tuple(fc.array(finite, { minLength: 1, maxLength: 7 }), fc.array(finite, { minLength: 1, maxLength: 5 })),
      ([x, y]) => {
        for (const order of [1, 2] as const)
          expect(m.wassersteinPower([...x, ...x, ...x], y, order)).toBeCloseTo(m.wassersteinPower(x, y, order), 9)
      }
    )
  })

  test('wrong widths, bandwidths and sizes are refused', () => {
    const [a, b] = [hostArray([2, 1], [0, 1]), hostArray([1, 2], [0, 1])]
    expect(() => m.mmdSquared(a, b, 1)).toThrow(/columns/)
    expect(() => m.mmdSquared(a, a, 0)).toThrow(/bandwidth/)
    expect(() => m.mmdSquared(a, hostArray([1, 1], [0]), 1, 'u')).toThrow(/2 rows/)
  })
})
