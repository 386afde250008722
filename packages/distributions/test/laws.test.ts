// The laws over a registry, trees, combinators, divergences and errors.
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { grad, jit } from '@bdl/compiler'
import { asEvent, chain, exp, reverse, scale, tanh } from '@bdl/bijectors'
import { key, leaves, ravel, ravelBatch, split } from '@bdl/core'
import { eagerAndCompiled, expectClose, expectKs, expectMean, expectNoLeak, expectVariance } from '@bdl/testing'
import * as constraints from '../src/constraint'
import * as index from '../src/index'
import { distributionLaws, drawsLaws, drawsOf } from '../src/testing'
import {
  categorical,
  distribution,
  horseshoe,
  imageOf,
  independent,
  integersBelow,
  interval,
  joint,
  kl,
  klRules,
  klWith,
  normal,
  normalTree,
  positive,
  real,
  transformed,
  uniform,
  unitInterval,
  type Distribution
} from '../src/index'
import { families, laws } from './rows/rows'

const close = { atol: 1e-5, rtol: 1e-5 }
const loc = tf.tensor1d([0, 1, -2])
const scales = tf.tensor1d([0.5, 1, 3])
const logits = tf.tensor2d([
  [0, 1, -1, 0.5],
  [2, 0, 0, 0]
])
describe.each(Object.entries(laws))('%s', (name, d) => {
  const options = families[name] === undefined ? {} : { family: families[name] }
  test.each(distributionLaws(d, key(2026), options).map((law) => [law.name, law.check] as const))('%s', (_, check) =>
    check()
  )

  test('a hundred thousand draws, compiled: moments, entropy, Kolmogorov-Smirnov', async () => {
    const compiled = jit((k: tf.Tensor) => drawsOf(d, k, 100_000))
    const draws = await compiled(key(2027))
    drawsLaws(d, draws).forEach(({ check }) => check())
    compiled.dispose()
  })

  test('compiled is eager', async () => {
    const k = key(3)
    const f = (at: tf.Tensor) => d.sampleAndLogProb(at, [5])
    const [x, logProb] = f(k)
    const compiled = jit(f)
    const [y, lp] = await compiled(k)
    expectClose(y, x, close, name)
    expectClose(lp, logProb, { atol: 2e-5, rtol: 1e-5 }, name)
    compiled.dispose()
  })
})

test('every public family and combinator over tensors has a row', () => {
  const rows = Object.keys(laws).map((row) => row.split(' ')[0])
  const elsewhere = [
    ...['distribution', 'joint', 'normalTree', 'priorTree', 'kl', 'klMonteCarlo', 'klRules', 'klWith'],
    ...Object.keys(index).filter((name) => name in constraints)
  ]
  expect(
    Object.keys(index)
      .filter((name) => !rows.includes(name))
      .sort()
  ).toEqual(elsewhere.sort())
})

describe('the laws catch what is wrong', () => {
  test('a density without its constant, and a wrong variance', () => {
    const wrong = distribution<tf.Tensor>({
      name: 'wrong',
      batchShape: [],
      eventShape: [],
      isReparameterised: true,
      support: real,
      logProb: (x) => tf.mul(tf.square(x), -0.5),
      sampleAndLogProb: (k, shape) => normal(0, 1).sampleAndLogProb(k, shape),
      mean: () => tf.scalar(0),
      variance: () => tf.scalar(1.3)
    })
    const failing = distributionLaws(wrong, key(0)).flatMap(({ name, check }) => {
      try {
        check()
        return []
      } catch {
        return [name]
      }
    })
    expect(failing).toEqual(['shapes, and the pair agrees with logProb', 'draws have the stated moments and entropy'])
  })
})

describe('transformed', () => {
  test('log-normal: closed form, mass 1, support', () => {
    const d = transformed(normal(0.5, 0.75), exp)
    const x = tf.linspace(0.001, 40, 40001)
    const density = tf.exp(d.logProb(x)).dataSync()
    expectClose(
      Array.from(density).reduce((s, p) => s + p * 0.001, 0),
      1,
      { atol: 1e-3, rtol: 0 }
    )
    const formula = -((Math.log(2) - 0.5) ** 2) / (2 * 0.75 ** 2) - Math.log(2 * 0.75 * Math.sqrt(2 * Math.PI))
    expectClose(d.logProb(tf.scalar(2)), formula, close)
    expect(Array.from(d.support.contains(tf.tensor1d([-1, 0, 2])).dataSync())).toEqual([0, 0, 1])
  })

  test('the pair is right where the value saturates', () => {
    const d = transformed(normal(30, 0.001), tanh)
    const [y, logProb] = d.sampleAndLogProb(key(0))
    expect(y.dataSync()[0]).toBe(1)
    expect(Number.isFinite(logProb.dataSync()[0])).toBe(true)
  })

  test('log-dets of elementwise maps are summed over the event', () => {
    const base = independent(1)(normal(loc, scales))
    const d = transformed(base, scale(2))
    expect([d.batchShape, d.eventShape]).toEqual([[], [3]])
    const y = tf.tensor1d([1, 2, 3])
    expectClose(d.logProb(y), tf.sub(base.logProb(tf.div(y, 2)), 3 * Math.LN2), close)
  })

  test('gradients reach the parameters of base and bijector', async () => {
    const loss = (p: { m: tf.Tensor; s: tf.Tensor }) =>
      tf.sum(transformed(normal(p.m, 1), chain(scale(p.s), exp)).logProb(tf.tensor1d([0.5, 2])))
    // u = log x / s is normal: d/dm = sum (u - m), d/ds = sum ((u - m) u - 1) / s
    const [m, s] = [0.25, 1.5]
    const us = [Math.log(0.5) / s, Math.log(2) / s]
    const expected = [us.reduce((t, u) => t + u - m, 0), us.reduce((t, u) => t + ((u - m) * u - 1) / s, 0)]
    const f = (p: { m: tf.Tensor; s: tf.Tensor }) => ravel(grad(loss)(p)).vector
    for (const g of await eagerAndCompiled(f, [{ m: tf.scalar(m), s: tf.scalar(s) }])) expectClose(g, expected, close)
  })
})

describe('reparametrised gradients', () => {
  test('of the mean of draws: 1 in loc, the mean noise in scale', () => {
    const k = key(4)
    const mean = (p: { l: tf.Tensor; s: tf.Tensor }) => tf.mean(normal(p.l, p.s).sample(k, [100]))
    const g = grad(mean)({ l: tf.scalar(2), s: tf.scalar(3) })
    expectClose(g.l, 1, close)
    expectClose(g.s, tf.mean(normal(0, 1).sample(k, [100])), close)
  })
})

describe('trees', () => {
  const like = { b: tf.zeros([3]), w: tf.zeros([2, 3]) }
  const prior = normalTree(like, [0.5, 2])

  test('normalTree: the density of the raveled vector, for one draw and for many', async () => {
    const flat = normal(0, tf.tensor1d([0.5, 0.5, 0.5, 2, 2, 2, 2, 2, 2]))
    const [value, logProb] = prior.sampleAndLogProb(key(1), [4])
    const expected = tf.sum(flat.logProb(ravelBatch(value).vector), -1)
    expectClose(logProb, expected, close)
    for (const y of await eagerAndCompiled(prior.logProb, [value])) expectClose(y, expected, close)
    const one = prior.sample(key(1))
    expect(leaves(one).map((leaf) => leaf.shape)).toEqual([[3], [2, 3]])
    expect(prior.logProb(one).shape).toEqual([])
    expect(prior.eventShape).toEqual([9])
    const k = key(1)
    expectNoLeak(() => prior.sampleAndLogProb(k, [4]))
  })

  test('normalTree: moments and entropy', () => {
    const draws = prior.sample(key(2), [4000])
    expectMean(draws.b.dataSync(), 0, 0.5)
    expectVariance(draws.b.dataSync(), 0, 0.25)
    expectVariance(draws.w.dataSync(), 0, 4)
    expectClose(prior.variance!().w, tf.fill([2, 3], 4), close)
    expectClose(prior.entropy!(), 4.5 * (1 + Math.log(2 * Math.PI)) + 3 * Math.log(0.5) + 6 * Math.log(2), close)
  })

  test('joint: named parts, log-probabilities add', () => {
    const d = joint({ slope: normal(0, 1), noise: transformed(normal(0, 1), exp) })
    const [value, logProb] = d.sampleAndLogProb(key(3), [6])
    const slope: tf.Tensor = value.slope
    const expected = tf.add(normal(0, 1).logProb(slope), transformed(normal(0, 1), exp).logProb(value.noise))
    expectClose(logProb, expected, close)
    expectClose(d.logProb(value), expected, close)
    expect(d.support.contains(value).dataSync()[0]).toBe(1)
    expect(d.support.contains({ noise: tf.scalar(-1), slope: tf.scalar(0) }).dataSync()[0]).toBe(0)
  })

  test('joint: entries are independent of each other, and named, not ordered', () => {
    const d = joint({ a: normal(0, 1), b: normal(0, 1) })
    const x = d.sample(key(4), [4000])
    expectMean(tf.mul(x.a, x.b).dataSync(), 0, 1)
    const swapped = joint({ b: normal(0, 1), a: normal(0, 1) }).sample(key(4), [4000])
    expectClose(swapped.a, x.a, { atol: 0, rtol: 0 })
  })
})

describe('kl', () => {
  const pairs: readonly (readonly [string, Distribution, Distribution])[] = [
    ['normal', normal(loc, scales), normal(0.5, 2)],
    ['uniform', uniform(0, 1), uniform(-1, 2)],
    ['categorical', categorical({ logits }), categorical({ logits: tf.zeros([4]) })],
    ['independent', independent(1)(normal(loc, scales)), independent(1)(normal(loc, 2))]
  ]

  test.each(pairs)('%s: the mean of log p - log q over draws of p', (_, p, q) => {
    const x = p.sample(key(5), [20000])
    const gaps = tf.sub(p.logProb(x), q.logProb(x))
    const [means, exact] = [tf.mean(gaps, 0), kl(p, q)]
    const error = tf.sqrt(tf.div(tf.mean(tf.square(tf.sub(gaps, means)), 0), 20000))
    const distance = tf.sub(tf.abs(tf.sub(means, exact)), tf.add(tf.mul(error, 5), 1e-5)).dataSync()
    expect(Math.max(...distance)).toBeLessThanOrEqual(0)
    expectNoLeak(() => kl(p, q))
  })

  test('impossible for q: infinite; impossible for p: nothing', () => {
    const [p, q] = [tf.tensor1d([0, -Infinity]), tf.tensor1d([0, 0])]
    expectClose(kl(categorical({ logits: p }), categorical({ logits: q })), Math.LN2, close)
    expectClose(kl(categorical({ logits: q }), categorical({ logits: p })), Infinity, close)
    const slope = grad((l: tf.Tensor) => kl(categorical({ logits: l }), categorical({ logits: q })))(p)
    expect(Array.from(slope.dataSync()).every(Number.isFinite)).toBe(true)
  })

  test('the table is open', () => {
    const constant = klWith([...klRules, (p, q) => (p.name === q.name ? tf.scalar(7) : undefined)])
    const d = horseshoe(1)
    expectClose(constant(d, d), 7, close)
    expect(() => kl(d, d)).toThrow(/kl: p, q: expected a pair with a closed form, got horseshoe, horseshoe/)
  })
})

describe('constraints', () => {
  const inside = (c: typeof real, ...x: number[]): number[] => Array.from(c.contains(tf.tensor1d(x)).dataSync())

  test('membership', () => {
    expect(inside(real, 0, Infinity, NaN)).toEqual([1, 0, 0])
    expect(inside(positive, -1, 0, 1, Infinity)).toEqual([0, 0, 1, 0])
    expect(inside(unitInterval, -0.1, 0, 1, 1.1)).toEqual([0, 1, 1, 0])
    expect(inside(interval(-1, 2), -1.5, -1, 2, 2.5)).toEqual([0, 1, 1, 0])
    expect(inside(integersBelow(3), -1, 0, 1.5, 2, 3)).toEqual([0, 1, 0, 1, 0])
    expect(inside(imageOf(unitInterval, scale(2)), -1, 1, 3)).toEqual([0, 1, 0])
    expect(real.contains({ a: tf.zeros([2]), b: tf.tensor1d([1, NaN]) }).dataSync()[0]).toBe(0)
  })

  test.each([real, positive, unitInterval, interval(-1, tf.scalar(2)), imageOf(positive, scale(-1))])(
    'the bijector of $name reaches the inside and back',
    (c) => {
      const x = tf.tensor1d([-3, 0, 2])
      const y = c.fromReals!.forward(x)
      expect(Array.from(c.contains(y).dataSync())).toEqual([1, 1, 1])
      expectClose(c.fromReals!.inverse(y), x, { atol: 1e-4, rtol: 1e-4 })
    }
  )
})

describe('edges and errors', () => {
  test('log-probabilities outside the support are -inf', () => {
    expect(
      Array.from(
        uniform(0, 1)
          .logProb(tf.tensor1d([-0.1, 0.5, 1.1]))
          .dataSync()
      )
    ).toEqual([-Infinity, 0, -Infinity])
    const outside = categorical({ logits: tf.zeros([3]) }).logProb(tf.tensor1d([-1, 3, 0.5]))
    expect(Array.from(outside.dataSync())).toEqual([-Infinity, -Infinity, -Infinity])
  })

  test('shapes: samples, batches and events stay apart', () => {
    const d = independent(1)(normal(tf.zeros([4, 3]), 1))
    expect(d.logProb(tf.zeros([5, 4, 3])).shape).toEqual([5, 4])
    expect(transformed(normal(tf.zeros([4, 3]), 1), asEvent(2)(exp)).logProb(tf.ones([4, 3])).shape).toEqual([])
    const [keyA, keyB] = split(key(0))
    expect(d.sample(keyA).dataSync()).not.toEqual(d.sample(keyB).dataSync())
  })

  test('categorical draws have the stated frequencies', () => {
    const x = categorical({ logits: tf.tensor1d([0, Math.log(3)]) })
      .sample(key(9), [10000])
      .dataSync()
    expectMean(x, 0.75, Math.sqrt(0.1875))
    expectKs(uniform(2, 4).sample(key(9), [2000]).dataSync(), (v) => (v - 2) / 2)
  })

  test('programming errors', () => {
    expect(() => normal(0, 0)).toThrow(/normal: scale: expected finite numbers > 0, got 0/)
    expect(() => normal(tf.zeros([2]), tf.ones([3]))).toThrow(
      /normal: loc, scale: expected shapes that broadcast together/
    )
    expect(() => uniform(1, 1)).toThrow(/uniform: low, high: expected low < high, got 1, 1/)
    expect(() => categorical({ logits: tf.scalar(0) })).toThrow(/categorical: logits/)
    expect(() => independent(2)(normal(loc, 1))).toThrow(
      /independent: base: expected a batch of at least 2 axes, got \[3\]/
    )
    expect(() => independent(0.5)).toThrow(/independent: n/)
    expect(() => transformed(normal(0, 1), reverse)).toThrow(/transformed: base/)
    expect(() => normalTree({ w: tf.zeros([1]) }, -1)).toThrow(/normalTree: scale/)
    expect(() => normalTree({ w: tf.zeros([1]) }, [1, 2])).toThrow(/expected 2 leaves|expected 1 leaves/)
    expect(() => joint({ a: normal(0, 1), b: normal(loc, 1) })).toThrow(
      /joint: b: expected batch shape \[\], got \[3\]/
    )
  })
})
