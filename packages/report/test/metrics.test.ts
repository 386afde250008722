// Laws of the metrics of class probabilities: what must hold for any prediction, whatever the numbers.
import { hostArray } from '@bdl/core'
import type { HostArray } from '@bdl/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as m from '../src/index.js'
import { check, ensembles, finite, predictions, total } from './support.js'

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
