// Laws of the metrics of rankings, of predicted numbers and of two samples.
import { hostArray } from '@bdl/core'
import type { HostArray } from '@bdl/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as m from '../src/index.js'
import { normalCdf, normalQuantile } from '../src/normal.js'
import { check, clouds, finite, rankings, shifted, total } from './support.js'

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
