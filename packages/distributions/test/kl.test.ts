// Divergences: against averages over draws, at the edges, of what is made of others, by draws, and the open table.
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { exp } from '@bdl/bijectors'
import { grad, jit } from '@bdl/compiler'
import { key } from '@bdl/core'
import { expectClose, expectNoLeak } from '@bdl/testing'
import {
  bernoulli,
  binomial,
  categorical,
  deterministic,
  geometric,
  horseshoe,
  independent,
  joint,
  kl,
  klMonteCarlo,
  klRules,
  klWith,
  multinomial,
  negativeBinomial,
  normal,
  normalTree,
  oneHotCategorical,
  poisson,
  transformed,
  type Distribution,
  type KlRule
} from '../src/index'

const close = { atol: 1e-6, rtol: 1e-5 }
const logits = tf.tensor2d([
  [0, 1, -1, 0.5],
  [2, 0, 0, 0]
])

const pairs: readonly (readonly [string, Distribution, Distribution])[] = [
  ['bernoulli', bernoulli({ probs: tf.tensor1d([0.25, 0.9]) }), bernoulli({ logits: 0.5 })],
  ['binomial', binomial(7, { probs: tf.tensor1d([0.25, 0.9]) }), binomial(7, { logits: 0.5 })],
  ['categorical', categorical({ logits }), categorical({ logits: tf.zeros([4]) })],
  ['geometric', geometric({ probs: tf.tensor1d([0.25, 0.9]) }), geometric({ logits: 0.5 })],
  ['multinomial', multinomial(5, { logits }), multinomial(5, { logits: tf.zeros([2, 4]) })],
  [
    'negativeBinomial',
    negativeBinomial(2.5, { probs: tf.tensor1d([0.25, 0.6]) }),
    negativeBinomial(2.5, { probs: 0.5 })
  ],
  ['oneHotCategorical', oneHotCategorical({ logits }), oneHotCategorical({ logits: tf.zeros([2, 4]) })],
  ['poisson', poisson(tf.tensor1d([0.5, 20])), poisson(15)],
  ['independent', independent(1)(poisson(tf.tensor1d([0.5, 20]))), independent(1)(poisson(tf.tensor1d([1, 15])))],
  ['transformed', transformed(normal(tf.tensor1d([0, 1]), 1), exp), transformed(normal(tf.tensor1d([0.5, 0]), 2), exp)]
]

describe('kl', () => {
  test.each(pairs)('%s: the mean of log p - log q over draws of p', (_, p, q) => {
    const { value, standardError } = klMonteCarlo(key(5), 20000)(p, q)
    const distance = tf.sub(tf.abs(tf.sub(value, kl(p, q))), tf.add(tf.mul(standardError, 5), 1e-5))
    expect(Math.max(...distance.dataSync())).toBeLessThanOrEqual(0)
    expectNoLeak(() => kl(p, q))
  })

  test.each(pairs)('%s: nothing to itself, exactly', (_, p) => {
    expect(Array.from(kl(p, p).dataSync()).every((v) => v === 0)).toBe(true)
  })

  test('small divergences keep their digits: (p - q)^2 / (2 p q) to first order', () => {
    const p = Math.fround(0.3)
    const q = Math.fround(0.3 + 1e-4)
    const exact = p * Math.log(p / q) + (1 - p) * Math.log1p((q - p) / (1 - q))
    expectClose(kl(bernoulli({ probs: p }), bernoulli({ probs: q })), exact, { atol: 0, rtol: 2e-3 })
    expectClose(kl(poisson(1e6), poisson(1e6 + 1)), 4.99999667e-7, { atol: 0, rtol: 1e-4 })
  })

  test('counts that differ have no closed form, or none at all', async () => {
    expect(() => kl(binomial(3, { probs: 0.5 }), binomial(4, { probs: 0.5 }))).toThrow(/closed form/)
    const f = (n: tf.Tensor) => kl(binomial(n, { probs: 0.5 }), binomial(4, { probs: 0.25 }))
    const compiled = jit(f)
    const one = 0.5 * Math.log(2) + 0.5 * Math.log(0.5 / 0.75)
    expectClose(await compiled(tf.tensor1d([4, 5, 3])), [4 * one, Infinity, NaN], close)
    compiled.dispose()
  })

  test('joint: the sum over the entries, of trees too', () => {
    const of = (m: number) => joint({ a: normal(m, 1), b: poisson(m) })
    expectClose(kl(of(1), of(2)), 0.5 + (Math.log(0.5) - 1 + 2), close)
    expect(() => kl(joint({ a: normal(0, 1) }), joint({ b: normal(0, 1) }))).toThrow(/closed form/)
    const like = { w: tf.zeros([2]) }
    expect(() => kl(joint({ t: normalTree(like, 1) }), joint({ t: normalTree(like, 1) }))).toThrow(/normalTree/)
  })

  test('impossible for q: infinite, with a finite slope', () => {
    const slope = grad((l: tf.Tensor) => kl(bernoulli({ logits: l }), bernoulli({ probs: 0.5 })))
    expectClose(slope(tf.scalar(0)), 0, close)
    expectClose(kl(bernoulli({ probs: 0.5 }), bernoulli({ probs: 1 })), Infinity, close)
    expectClose(kl(poisson(tf.tensor1d([0, 1])), poisson(tf.tensor1d([2, 0]))), [2, Infinity], close)
  })

  test('one sure value: minus the log of its chance', () => {
    expectClose(kl(deterministic(2), poisson(3)), -Math.log((9 / 2) * Math.exp(-3)), close)
    expectClose(kl(deterministic(2), deterministic(tf.tensor1d([2, 3]))), [0, Infinity], close)
  })
})

describe('klMonteCarlo', () => {
  test('over trees, with the error that it states', () => {
    const like = { w: tf.zeros([3]), b: tf.zeros([2]) }
    const [p, q] = [normalTree(like, 1), normalTree(like, 2)]
    const { value, standardError } = klMonteCarlo(key(1), 4000)(p, q)
    const [v, e] = [value.dataSync()[0]!, standardError.dataSync()[0]!]
    const exact = 5 * (Math.log(2) + 1 / 8 - 0.5)
    expect(Math.abs(v - exact)).toBeLessThan(5 * e)
    // the gap is 3/8 chi^2_5 and a constant: its deviation is 3/8 sqrt(10)
    expectClose(e, (0.375 * Math.sqrt(10)) / Math.sqrt(4000), { atol: 0, rtol: 0.1 })
  })

  test('is differentiable, and asks for two draws', () => {
    const f = (m: tf.Tensor) => klMonteCarlo(key(2), 2000)(normal(m, 1), normal(0, 1)).value
    expectClose(grad(f)(tf.scalar(1.5)), 1.5, { atol: 0.15, rtol: 0 })
    expect(() => klMonteCarlo(key(0), 1)).toThrow(/klMonteCarlo: draws/)
  })
})

describe('klWith', () => {
  test("a table of one's own: a rule more, before or after those that there are", () => {
    const mine: KlRule = (p, q) => (p.name === 'horseshoe' && q.name === 'normal' ? tf.scalar(Infinity) : undefined)
    const own = klWith([mine, ...klRules])
    expectClose(own(horseshoe(1), normal(0, 1)), Infinity, close)
    expectClose(own(normal(0, 1), normal(0, 2)), 0.31814718, close)
    // what is made of others finds it too
    expectClose(own(joint({ a: horseshoe(1) }), joint({ a: normal(0, 1) })), Infinity, close)
    expect(() => kl(horseshoe(1), normal(0, 1))).toThrow(/expected a pair with a closed form, got horseshoe, normal/)
  })
})
