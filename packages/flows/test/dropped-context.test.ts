import * as tf from '@tensorflow/tfjs-core'
import { grad, vmap } from '@bdl/compiler'
import { key, scoped, splitStack, type Key } from '@bdl/core'
import { eagerAndCompiled, expectClose, expectMean, expectNoLeak } from '@bdl/testing'
import { describe, expect, test } from 'vitest'
import { dropContext } from '../src/index'

const n = 10
const context = tf.reshape(tf.range(0, n), [n, 1])
const rows = { y: tf.square(tf.range(0, n)) }
/** Rows give y + context where it is known, and minus y where not. */
const losses = (c: tf.Tensor | undefined, { y }: typeof rows) =>
  scoped(() => (c === undefined ? tf.neg(y) : tf.add(y, tf.reshape(c, [-1]))))
const known = (28.5 + 4.5) as number // means of squares and of numbers below 10
const unknown = -28.5
const of = (probability: number, seed: number) => dropContext({ key: key(seed), probability }, context, rows, losses)
const number = (x: tf.Tensor): number => x.dataSync()[0]!

describe('rows that lose their context', () => {
  test('none, all, and one row alone', () => {
    expect(number(of(0, 0))).toBeCloseTo(known, 4)
    expect(number(of(1, 0))).toBeCloseTo(unknown, 4)
    const one = { y: tf.tensor1d([4]) }
    const alone = dropContext({ key: key(0), probability: 0.25 }, tf.ones([1, 1]), one, losses)
    expect(number(alone)).toBeCloseTo(0.75 * 5 - 0.25 * 4, 5)
  })

  test.each([0.02, 0.1, 0.37, 0.99])('the mean over keys is that of independent drops, p = %d', async (probability) => {
    const many = (keys: tf.Tensor) =>
      vmap((k: Key) => dropContext({ key: k, probability }, context, rows, losses))(keys)
    const [, values] = await eagerAndCompiled(many, [splitStack(key(5), 2000)])
    const spread = Math.sqrt(number(tf.moments(values).variance))
    expectMean(values.dataSync(), (1 - probability) * known + probability * unknown, spread)
    expect(new Set(values.dataSync()).size).toBeGreaterThan(5)
  })

  test('every row is used once, with its own context', () => {
    const seen: number[] = []
    dropContext({ key: key(1), probability: 0.3 }, context, rows, (c, { y }) => {
      seen.push(...y.dataSync())
      if (c) expectClose(tf.square(tf.reshape(c, [-1])), y, { atol: 0, rtol: 0 })
      expect(y.shape[0]).toBe(c ? 7 : 3)
      return tf.clone(y)
    })
    expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i * i))
  })

  test('derivatives pass, nothing is left, and a probability is one', () => {
    const slope = grad((scale: tf.Tensor) =>
      dropContext({ key: key(0), probability: 0.5 }, context, rows, (c, r) => tf.mul(scale, losses(c, r)))
    )
    expectClose(slope(tf.scalar(2)), of(0.5, 0), { atol: 1e-4, rtol: 1e-5 })
    const k = key(0)
    expectNoLeak(() => dropContext({ key: k, probability: 0.5 }, context, rows, losses))
    for (const probability of [-0.1, 1.1, NaN]) expect(() => of(probability, 0)).toThrow(/dropContext.*probability/s)
  })
})
