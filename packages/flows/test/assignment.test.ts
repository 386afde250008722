import * as tf from '@tensorflow/tfjs-core'
import { grad, vmap } from '@bdl/compiler'
import { key, normal, randint, splitStack } from '@bdl/core'
import { eagerAndCompiled, expectNoLeak } from '@bdl/testing'
import { describe, expect, test } from 'vitest'
import { optimalAssignment } from '../src/index'

/** Every order of 0, ..., n - 1. */
const orders = (n: number): readonly (readonly number[])[] =>
  n === 0
    ? [[]]
    : orders(n - 1).flatMap((order) =>
        Array.from({ length: n }, (_, i) => [...order.slice(0, i), n - 1, ...order.slice(i)])
      )

const sumOf = (cost: ArrayLike<number>, n: number, rows: ArrayLike<number>): number =>
  Array.from(rows).reduce((sum, row, column) => sum + cost[row * n + column]!, 0)

const leastOf = (cost: ArrayLike<number>, n: number): number =>
  Math.min(...orders(n).map((rows) => sumOf(cost, n, rows)))

describe('against every order', () => {
  test.each([1, 2, 3, 4, 5, 6])('%i rows, eagerly and in a compiled batch, ties included', async (n) => {
    const count = 12
    const drawn = vmap((k: tf.Tensor) => tf.cast(randint(k, [n, n], -3, 4), 'float32'))(splitStack(key(n), count))
    for (const rows of await eagerAndCompiled(vmap(optimalAssignment), [drawn])) {
      const [costs, found] = [drawn.dataSync(), rows.dataSync()]
      for (let i = 0; i < count; i++) {
        const cost = costs.slice(i * n * n, (i + 1) * n * n)
        const chosen = found.slice(i * n, (i + 1) * n)
        expect(new Set(chosen).size).toBe(n)
        expect(sumOf(cost, n, chosen)).toBe(leastOf(cost, n))
      }
    }
  })
})

describe('what is unusual', () => {
  test('pairs that are not finite are taken only when nothing else is left', () => {
    const [inf, nan] = [Infinity, NaN]
    const rowsOf = (cost: number[][]) => Array.from(optimalAssignment(tf.tensor2d(cost)).dataSync())
    expect(rowsOf([[1e6, inf, 3], [nan, 2e6, 1], [0, 0, -inf]])).toEqual([0, 2, 1]) // prettier-ignore
    expect(rowsOf([[inf, 1], [inf, 2]])).toEqual([1, 0]) // prettier-ignore
    expect(new Set(rowsOf([[nan, nan], [nan, nan]])).size).toBe(2) // prettier-ignore
    expect(new Set(rowsOf([[3e38, -3e38], [3e38, 3e38]])).size).toBe(2) // prettier-ignore
  })

  test('equal costs give some order; a constant on top changes nothing', () => {
    expect(new Set(optimalAssignment(tf.fill([7, 7], 2.5)).dataSync()).size).toBe(7)
    const cost = normal(key(1), [20, 20])
    expect(optimalAssignment(tf.add(cost, 64)).dataSync()).toEqual(optimalAssignment(cost).dataSync())
  })

  test('no derivative flows through the choice, and nothing is left behind', () => {
    const cost = normal(key(2), [6, 6])
    const chosen = (c: tf.Tensor) => tf.sum(tf.gather(tf.diag(tf.ones([6])), optimalAssignment(c)))
    expect(tf.sum(tf.abs(grad(chosen)(cost))).dataSync()[0]).toBe(0)
    expectNoLeak(() => optimalAssignment(cost))
  })

  test('only square matrices', () => {
    expect(() => optimalAssignment(tf.zeros([2, 3]))).toThrow(/optimalAssignment.*cost.*\[n, n\].*\[2, 3\]/s)
    expect(() => optimalAssignment(tf.zeros([0, 0]))).toThrow(/optimalAssignment/)
    expect(() => optimalAssignment(tf.zeros([4]))).toThrow(/optimalAssignment/)
  })
})
