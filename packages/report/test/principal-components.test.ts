import { hostArray } from '@bdl/core'
import fc from 'fast-check'
import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import { expect, test } from 'vitest'
import { columnOf, principalComponents } from '../src/index.js'

const variance = (values: Float64Array): number => {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  return values.reduce((total, v) => total + (v - mean) ** 2, 0) / values.length
}

test('a cloud on a line has one component: the line', () => {
  const rows = hostArray(
    [5, 3],
    [0, 1, 2, 3, 4].flatMap((t) => [1 + 2 * t, 5 - t, 2 * t])
  )
  const { axes, scores, explained, mean } = principalComponents(rows, 1)
  expect(Array.from(mean)).toEqual([5, 3, 4])
  expect(Array.from(axes.data).map((v) => Number(v.toFixed(12)))).toEqual(
    [2 / 3, -1 / 3, 2 / 3].map((v) => Number(v.toFixed(12)))
  )
  expect(Array.from(scores.data).map((v) => Number(v.toFixed(9)))).toEqual([-6, -3, 0, 3, 6])
  expect(explained[0]).toBeCloseTo(1, 12)
})

test('shares of variance are the largest eigenvalues of the covariance, and axes are orthonormal', () => {
  const entries = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 60, maxLength: 60 })
  fc.assert(
    fc.property(
      entries.filter((data) => variance(Float64Array.from(data)) > 1e-2),
      (data) => {
        const { axes, scores, explained } = principalComponents(hostArray([12, 5], data), 2)
        const x = Matrix.zeros(12, 5)
        data.forEach((v, i) => x.set(Math.floor(i / 5), i % 5, v))
        const centred = x.center('column', { center: x.mean('column') })
        const eigenvalues = [...new EigenvalueDecomposition(centred.transpose().mmul(centred)).realEigenvalues].sort(
          (a, b) => b - a
        )
        const total = eigenvalues.reduce((a, b) => a + b, 0)
        explained.forEach((share, i) => expect(share).toBeCloseTo((eigenvalues[i] ?? 0) / total, 6))
        const a = Matrix.from1DArray(2, 5, axes.data)
        const gram = a.mmul(a.transpose())
        expect(gram.get(0, 0)).toBeCloseTo(1, 9)
        expect(gram.get(0, 1)).toBeCloseTo(0, 9)
        for (const j of [0, 1]) expect((variance(columnOf(scores, j)) * 12) / total).toBeCloseTo(explained[j] ?? 0, 6)
      }
    ),
    { seed: 20261121, numRuns: 30 }
  )
})

test('many dimensions, few rows: the two directions put in are found', () => {
  const [n, d] = [60, 400]
  const data = Float64Array.from({ length: n * d }, (_, i) => {
    const [row, column] = [Math.floor(i / d), i % d]
    const noise = Math.sin(row * 12.9898 + column * 78.233) * 0.01
    return (column === 7 ? 5 * Math.cos(row) : column === 300 ? 2 * Math.sin(2 * row) : 0) + noise
  })
  const { axes, explained } = principalComponents({ shape: [n, d], data }, 2)
  expect(axes.data[7]).toBeGreaterThan(0.999)
  expect(axes.data[d + 300]).toBeGreaterThan(0.999)
  expect((explained[0] ?? 0) + (explained[1] ?? 0)).toBeGreaterThan(0.99)
})

test('numbers of components that do not exist are refused', () => {
  const rows = hostArray([3, 2], [0, 1, 2, 3, 4, 6])
  expect(() => principalComponents(rows, 0)).toThrow(/principalComponents: k/)
  expect(() => principalComponents(rows, 3)).toThrow(/principalComponents/)
})
