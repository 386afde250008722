// What distributions are made of others: functions that pass through, trees, mixtures, and densities against SciPy.
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { affine, chain, exp, sigmoid, softmaxCentered } from '@bdl/bijectors'
import { grad } from '@bdl/compiler'
import { key } from '@bdl/core'
import { eagerAndCompiled, expectClose, expectNoLeak } from '@bdl/testing'
import {
  bernoulli,
  deterministic,
  empirical,
  expRelaxedOneHot,
  gumbelSoftmax,
  horseshoe,
  independent,
  joint,
  mixture,
  negativeBinomial,
  normal,
  normalTree,
  poisson,
  priorTree,
  scaleMixtureNormal,
  transformed
} from '../src/index'

const close = { atol: 1e-5, rtol: 1e-5 }

describe('functions that pass through', () => {
  test('transformed: cdf and icdf of rising and falling maps', async () => {
    const rising = transformed(normal(0.5, 0.75), exp)
    const falling = transformed(normal(0, 1), chain(exp, affine({ shift: 1, scale: -2 })))
    // scipy.stats.lognorm(0.75, scale=exp(0.5)); 1 - lognorm(1).cdf((1 - y) / 2)
    const y = tf.tensor1d([-1, 0, 0.5, 2])
    for (const f of await eagerAndCompiled((x: tf.Tensor) => rising.cdf!(x), [y]))
      expectClose(f, [0, 0, 0.05582022, 0.60161501], close)
    for (const f of await eagerAndCompiled((x: tf.Tensor) => falling.cdf!(x), [tf.tensor1d([-5, 0, 1, 3])]))
      expectClose(f, [0.13596875, 0.7558914, 1, 1], close)
    expectClose(falling.icdf!(falling.cdf!(tf.tensor1d([-5, 0]))), [-5, 0], { atol: 1e-4, rtol: 1e-4 })
    expectClose(rising.icdf!(tf.scalar(0.5)), Math.exp(0.5), close)
  })

  test('transformed: -inf outside, and no NaN in the gradient', () => {
    const d = transformed(normal(0, 1), sigmoid)
    const x = tf.tensor1d([-1, 0, 0.5, 1, 2])
    expectClose(d.logProb(x), [-Infinity, -Infinity, -0.9189385 + Math.log(4), -Infinity, -Infinity], close)
    expectClose(grad((v: tf.Tensor) => tf.sum(d.logProb(v)))(x), [0, 0, 0, 0, 0], close)
    const onSimplex = transformed(independent(1)(normal(tf.zeros([2]), 1)), softmaxCentered)
    const off = onSimplex
      .logProb(
        tf.tensor2d([
          [0.2, 0.3, 0.5],
          [0.2, 0.3, 0.6],
          [-0.1, 0.6, 0.5]
        ])
      )
      .dataSync()
    expect([Number.isFinite(off[0]), off[1], off[2]]).toEqual([true, -Infinity, -Infinity])
  })

  test('independent: the probability that no entry exceeds its bound', () => {
    const d = independent(1)(normal(tf.zeros([2]), 1))
    expectClose(d.cdf!(tf.tensor1d([0, 1])), 0.5 * 0.84134475, close)
    expect(d.icdf).toBeUndefined()
  })
})

describe('densities', () => {
  test('horseshoe: scipy.special.exp1, over sixty orders of magnitude', async () => {
    const x = tf.tensor1d([1e-30, 1e-3, 0.5, 1, 1.4, 1.5, 7.7, 7.8, 100, 1e20])
    const expected = [
      2.86554738, 0.57048042, -1.45412991, -2.14389129, -2.56695323, -2.66125976, -5.48513426, -5.51015701,
      -10.58106155, -93.47392496
    ]
    for (const y of await eagerAndCompiled(horseshoe(1).logProb, [x]))
      expectClose(y, expected, { atol: 2e-6, rtol: 1e-6 })
    expectClose(horseshoe(2).logProb(tf.scalar(-2)), -2.14389129 - Math.LN2, close)
  })

  test('entropy of negative binomials: sums in float64', () => {
    const d = negativeBinomial(tf.tensor1d([0.5, 0.1, 1000]), { probs: tf.tensor1d([0.375, 0.9999, 0.999]) })
    expectClose(d.entropy!(), [0.69677223, 5.04951392, 11.77975067], { atol: 1e-5, rtol: 1e-4 })
  })

  test('concrete: for two classes it is a logistic variable over the temperature', () => {
    const logits = tf.tensor1d([0.5, -0.25])
    const d = gumbelSoftmax(0.7, { logits })
    const x = tf.tensor1d([0.3, 0.7])
    // logit(x_0) t is logistic around the difference of the logits
    const u = Math.log(0.3 / 0.7) * 0.7 - 0.75
    const logistic = -u - 2 * Math.log1p(Math.exp(-u))
    expectClose(d.logProb(x), logistic + Math.log(0.7) - Math.log(0.3 * 0.7), close)
    const cold = expRelaxedOneHot(1e-3, { logits })
    const [y, logProb] = cold.sampleAndLogProb(key(0), [100])
    expect(Array.from(logProb.dataSync()).every(Number.isFinite)).toBe(true)
    expect(Math.min(...y.dataSync())).toBeLessThan(-200)
  })

  test('scale mixture: log of the sum, where both terms underflow', () => {
    const d = scaleMixtureNormal({ pi: 0.5, sigma1: 1, sigma2: 0.0025 })
    expectClose(d.logProb(tf.tensor1d([0, 30])), [4.38187571, -451.6120857], close)
    const x = tf.scalar(1)
    expectNoLeak(() => d.logProb(x))
  })

  test('mixture: implicit derivatives of draws to second order, by finite differences of quantiles', () => {
    const d = (p: tf.Tensor) => mixture({ probs: tf.tensor1d([0.5, 0.5]) }, normal(tf.stack([p, tf.scalar(2)]), 1))
    const mean = (p: tf.Tensor) => tf.mean(tf.square(d(p).sample(key(3), [20000])))
    // E x^2 = (p^2 + 1) / 2 + 5 / 2: slope p, curvature 1
    expectClose(grad(mean)(tf.scalar(0.5)), 0.5, { atol: 0.05, rtol: 0 })
    expectClose(grad(grad(mean))(tf.scalar(0.5)), 1, { atol: 0.1, rtol: 0 })
  })

  test('empirical: weights add where samples are equal', () => {
    const d = empirical(tf.tensor1d([1, 2, 2, 5]))
    expectClose(d.logProb(tf.tensor1d([2, 3])), [Math.log(0.5), -Infinity], close)
    expectClose(d.mode!(), 2, close)
    expectClose(d.entropy!(), 1.5 * Math.LN2, close)
    expectClose(d.icdf!(tf.tensor1d([0.25, 0.5, 1])), [1, 2, 5], close)
  })
})

describe('trees', () => {
  const like = { layers: [{ w: tf.zeros([4, 2]), b: tf.zeros([2]) }], head: tf.zeros([2]) }

  test('priorTree: a distribution for each leaf, by shape and path', async () => {
    const seen: string[] = []
    const prior = priorTree(like, ({ shape, path }) => {
      seen.push(path.join('.'))
      return path.at(-1) === 'b' ? normal(0, 10) : normal(tf.zeros(shape.slice(-1)), 1 / Math.sqrt(shape[0]!))
    })
    expect(seen).toEqual(['head', 'layers.0.b', 'layers.0.w'])
    const [value, logProb] = prior.sampleAndLogProb(key(0), [3])
    expect(value.layers[0]!.w.shape).toEqual([3, 4, 2])
    const byHand = tf.addN([
      tf.sum(normal(0, Math.SQRT1_2).logProb(value.head), -1),
      tf.sum(normal(0, 10).logProb(value.layers[0]!.b), -1),
      tf.sum(normal(0, 0.5).logProb(value.layers[0]!.w), [-2, -1])
    ])
    expectClose(logProb, byHand, close)
    for (const y of await eagerAndCompiled(prior.logProb, [value])) expectClose(y, byHand, close)
    expectClose(prior.variance!().layers[0]!.w, tf.fill([4, 2], 0.25), close)
    expectClose(
      prior.entropy!(),
      priorTree(prior.mean!(), normal(0, 1)).entropy!().dataSync()[0]! - Math.LN2 + 2 * Math.log(10) - 8 * Math.LN2,
      close
    )
    expectNoLeak(() => prior.logProb(value))
  })

  test('priorTree: equals normalTree, takes vectors, and says what does not fit', () => {
    const value = normalTree(like, 2).sample(key(2))
    expectClose(priorTree(like, normal(0, 2)).logProb(value), normalTree(like, 2).logProb(value), close)
    const rows = independent(1)(normal(tf.zeros([2]), 2))
    expectClose(priorTree(like, rows).logProb(value), normalTree(like, 2).logProb(value), close)
    expect(() => priorTree(like, normal(tf.zeros([3]), 1))).toThrow(/priorTree: head: expected batch and event/)
    expect(() => priorTree(like, normal(0, 1)).logProb({ a: tf.scalar(0) } as never)).toThrow(/expected 3 leaves/)
    expect(priorTree(like, bernoulli({ probs: 0.5 })).isReparameterised).toBe(false)
  })

  test('joint: entries over trees, moments where all have them, support by name', () => {
    const d = joint({ weights: normalTree(like, 1), noise: transformed(normal(0, 1), exp), count: poisson(3) })
    const [value, logProb] = d.sampleAndLogProb(key(4))
    expectClose(d.logProb(value), logProb, close)
    expect([value.weights.head.shape, d.mean, d.isReparameterised]).toEqual([[2], undefined, false])
    expect(d.support.contains(value).dataSync()[0]).toBe(1)
    expect(d.support.contains({ weights: value.weights, noise: tf.scalar(-1), count: value.count }).dataSync()[0]).toBe(
      0
    )
    const both = joint({ a: normal(1, 2), b: deterministic(3) })
    expect([both.mean!().a.dataSync()[0], both.variance!().b.dataSync()[0]]).toEqual([1, 0])
    expectClose(both.entropy!(), normal(1, 2).entropy!(), close)
  })
})
