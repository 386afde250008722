// Least sums that SciPy found in float64, for costs that are drawn here as they were drawn there.
import * as tf from '@tensorflow/tfjs-core'
import { jit } from '@bdl/compiler'
import { key, normal, randint, split } from '@bdl/core'
import { describeFixture, type CaseTolerance } from '@bdl/testing'
import { expect, test } from 'vitest'
import { optimalAssignment, optimalPairing } from '../src/index'

type Case = CaseTolerance & {
  readonly kind: 'points' | 'integers'
  readonly seed: number
  readonly n: number
  readonly d: number
  readonly below: number
  readonly least: number
}

type Host = ArrayLike<number>

const expectPermutation = (rows: Host): void =>
  expect(Array.from(rows).sort((a, b) => a - b)).toEqual(Array.from(rows, (_, i) => i))

/** Squared distances of pairs, summed in float64. */
const sumOfSquares = (x0: Host, x1: Host, rows: Host, d: number): number =>
  Array.from(rows).reduce(
    (sum, row, i) =>
      sum + Array.from({ length: d }, (_, k) => (x0[row * d + k]! - x1[i * d + k]!) ** 2).reduce((a, b) => a + b),
    0
  )

describeFixture<Case>('assignment.json', import.meta.url, ({ cases, tolerance }) => {
  const { atol, rtol } = tolerance.float32
  const expectLeast = (found: number, { least }: Case): void => {
    expect(found).toBeGreaterThanOrEqual(least - atol - rtol * least)
    expect(found).toBeLessThanOrEqual(least + atol + rtol * least)
  }

  test('the file has cases of ours', () => {
    expect(cases.some(({ kind }) => kind === 'points' || kind === 'integers')).toBe(true)
  })

  test.each(cases.filter(({ kind }) => kind === 'points'))('pairs of $n points in $d dimensions', async (c) => {
    const [sourceKey, dataKey] = split(key(c.seed))
    const x0 = normal(sourceKey, [c.n, c.d])
    const x1 = tf.add(tf.mul(normal(dataKey, [c.n, c.d]), 0.5), 1)
    const pair = jit(optimalPairing)
    const rows = (await pair(x0, x1, key(0))).dataSync()
    pair.dispose()
    expectPermutation(rows)
    expectLeast(sumOfSquares(x0.dataSync(), x1.dataSync(), rows, c.d), c)
  })

  test.each(cases.filter(({ kind }) => kind === 'integers'))('$n by $n integers below $below', async (c) => {
    const cost = tf.cast(randint(key(c.seed), [c.n, c.n], 0, c.below), 'float32')
    const assign = jit(optimalAssignment)
    const rows = (await assign(cost)).dataSync()
    assign.dispose()
    expectPermutation(rows)
    const entries = cost.dataSync()
    expectLeast(
      Array.from(rows).reduce((sum, row, i) => sum + entries[row * c.n + i]!, 0),
      c
    )
  })
})
