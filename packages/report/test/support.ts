// Arbitrary predictions, rankings and samples, and the way that laws are checked.
import { hostArray } from '@bdl/core'
import type { HostArray } from '@bdl/core'
import fc from 'fast-check'
import { softmax } from '../src/index.js'

/** Numbers of ordinary size. */
export const finite = fc.double({ min: -8, max: 8, noNaN: true })

/** Probabilities [n, c] with labels. */
export const predictions = fc
  .record({ n: fc.integer({ min: 1, max: 40 }), c: fc.integer({ min: 2, max: 6 }) })
  .chain(({ n, c }) =>
    fc.record({
      p: fc.array(finite, { minLength: n * c, maxLength: n * c }).map((z) => softmax(hostArray([n, c], z))),
      labels: fc.array(fc.integer({ min: 0, max: c - 1 }), { minLength: n, maxLength: n })
    })
  )

/** Members [s, n, c] of an ensemble. */
export const ensembles = fc
  .record({ s: fc.integer({ min: 1, max: 5 }), n: fc.integer({ min: 1, max: 6 }), c: fc.integer({ min: 2, max: 4 }) })
  .chain(({ s, n, c }) =>
    fc.array(finite, { minLength: s * n * c, maxLength: s * n * c }).map((z) => softmax(hostArray([s, n, c], z)))
  )

/** Scores with ties, and labels with both groups. */
export const rankings = fc
  .array(fc.record({ score: fc.integer({ min: -5, max: 5 }), label: fc.integer({ min: 0, max: 1 }) }), {
    minLength: 2,
    maxLength: 30
  })
  .filter((rows) => new Set(rows.map((row) => row.label)).size === 2)
  .map((rows) => ({ scores: rows.map((row) => row.score), labels: rows.map((row) => row.label) }))

/** Two samples of points in the same space. */
export const clouds = fc
  .record({ n: fc.integer({ min: 2, max: 8 }), k: fc.integer({ min: 2, max: 8 }), d: fc.integer({ min: 1, max: 3 }) })
  .chain(({ n, k, d }) =>
    fc.record({
      x: fc.array(finite, { minLength: n * d, maxLength: n * d }).map((v) => hostArray([n, d], v)),
      y: fc.array(finite, { minLength: k * d, maxLength: k * d }).map((v) => hostArray([k, d], v))
    })
  )

/** Sum of numbers. */
export const total = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0)

/** Every entry moved. */
export const shifted = (x: HostArray, by: number): HostArray => ({ ...x, data: x.data.map((v) => v + by) })

/** Checks a law; the seed is fixed, so that a failure can be met again. */
export const check = <T>(arbitrary: fc.Arbitrary<T>, law: (value: T) => void): void => {
  fc.assert(
    fc.property(arbitrary, (value) => {
      law(value)
    }),
    { seed: 20261121 }
  )
}
