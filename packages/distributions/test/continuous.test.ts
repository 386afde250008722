// Continuous families where float32 is hard, at their edges, with wrong parameters; divergences between different families.
// Numbers are of 50-digit arithmetic (densities, entropies) or of quadrature in float64 (divergences).
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { grad, vmap } from '@bdl/compiler'
import { key, withoutValidation } from '@bdl/core'
import { eagerAndCompiled, expectClose } from '@bdl/testing'
import {
  beta,
  cauchy,
  exponential,
  gamma,
  gumbel,
  halfCauchy,
  halfNormal,
  inverseGamma,
  kl,
  laplace,
  logistic,
  logNormal,
  normal,
  studentT,
  truncatedNormal,
  uniform,
  vonMises,
  type Distribution
} from '../src/index'

const t = (...x: number[]): tf.Tensor => tf.tensor1d(x)
const inf = Number.POSITIVE_INFINITY
const fine = { atol: 2e-6, rtol: 2e-6 }
const sumOf = (f: (x: tf.Tensor) => tf.Tensor) => (x: tf.Tensor) => tf.sum(f(x))

describe('large and small parameters, far tails', () => {
  const rows: Readonly<Record<string, readonly [() => Distribution, () => tf.Tensor, readonly number[]]>> = {
    gamma: [
      () => gamma(t(1e6, 1e-3, 0.5, 3), t(1, 1, 1e-6, 1)),
      () => t(1000500, 1e-30, 1e8, 1e-20),
      [-7.95215212, 62.1012964, -116.69046, -92.796551]
    ],
    beta: [
      () => beta(t(1e6, 1e-3, 1000, 2), t(2e6, 1e-3, 0.5, 3e5)),
      () => t(0.3335, 1e-30, 0.9999, 1e-5),
      [7.10244771, 61.4075745, 7.38655335, 10.7101484]
    ],
    studentT: [
      () => studentT(t(0.5, 1e6, 4, 100), 0, 1),
      () => t(1e30, 3, -1e12, 0),
      [-105.446723, -5.41892303, -135.670199, -0.921438492]
    ],
    vonMises: [() => vonMises(0, t(1e5, 1e-4, 50)), () => t(0.01, 3, 2), [-0.162435161, -1.83797607, -69.7727944]],
    truncatedNormal: [
      () => truncatedNormal(0, 1, t(30, -2, 6, -50), t(31, 3000, 6.01, -40)),
      () => t(30.02, 2.5, 6.005, -40.1),
      [2.80209168, -4.02092562, 4.60500121, -0.315435332]
    ]
  }

  test.each(Object.entries(rows))('log-densities of %s', async (name, [make, at, expected]) => {
    // the argument's own rounding is in the numbers; that of n x - a of order 1e6 is not
    const tolerance = name === 'beta' ? { atol: 5e-4, rtol: 2e-6 } : { atol: 5e-5, rtol: 2e-6 }
    for (const y of await eagerAndCompiled((x: tf.Tensor) => make().logProb(x), [at()]))
      expectClose(y, expected, tolerance, name)
  })

  test('entropies', () => {
    expectClose(gamma(t(1e6, 0.01), 2).entropy!(), [7.6335463, -95.6389461], fine)
    expectClose(inverseGamma(t(1e5, 0.1), 2).entropy!(), [-15.1572958, 14.5119901], fine)
    expectClose(beta(t(1e5, 0.1), t(3e5, 20)).entropy!(), [-5.86766196, -10.0068834], fine)
    expectClose(studentT(t(0.3, 1e5), 0, 1).entropy!(), [5.14555851, 1.41894853], fine)
  })

  test('pairs are right where draws underflow or are rounded to 1', () => {
    const [x, logProb] = gamma(0.01, 1).sampleAndLogProb(key(1), [200])
    expect(Array.from(x.dataSync())).toContain(0)
    expect(logProb.dataSync().every(Number.isFinite)).toBe(true)
    const [y, pair] = beta(5, 0.02).sampleAndLogProb(key(1), [200])
    expect(Array.from(y.dataSync())).toContain(1)
    expect(pair.dataSync().every(Number.isFinite)).toBe(true)
  })

  test('moments that are infinite or undefined', () => {
    const d = studentT(t(0.5, 1.5, 3), 2, 1)
    expect(Array.from(d.mean!().dataSync())).toEqual([NaN, 2, 2])
    expect(Array.from(d.variance!().dataSync())).toEqual([NaN, inf, 3])
    const g = inverseGamma(t(0.5, 1.5, 3), 2)
    expect(Array.from(g.mean!().dataSync())).toEqual([inf, 4, 1])
    expect(Array.from(g.variance!().dataSync())).toEqual([NaN, inf, 1])
    expect([cauchy(0, 1).mean, cauchy(0, 1).variance, halfCauchy(0, 1).variance]).toEqual([
      undefined,
      undefined,
      undefined
    ])
    expect(halfCauchy(0, 1).mean!().dataSync()[0]).toBe(inf)
    // derivatives of what is finite are, beside entries that are not
    const slope = grad((df: tf.Tensor) => tf.sum(tf.slice(studentT(df, 2, 1).variance!(), 2, 1)))(t(0.5, 1.5, 3))
    expectClose(slope, [0, 0, -2], fine)
  })
})

describe('edges', () => {
  const edges: Readonly<Record<string, readonly [Distribution, readonly number[], readonly number[]]>> = {
    exponential: [exponential(2), [-1, 0, inf], [-inf, Math.LN2, -inf]],
    'gamma below 1': [gamma(0.5, 1), [-1, 0, inf], [-inf, inf, -inf]],
    'gamma of 1': [gamma(1, 2), [-1, 0], [-inf, Math.LN2]],
    'gamma above 1': [gamma(2, 1), [-1, 0], [-inf, -inf]],
    inverseGamma: [inverseGamma(2, 1), [-1, 0, inf], [-inf, -inf, -inf]],
    beta: [beta(2, 3), [-0.1, 0, 1, 1.1], [-inf, -inf, -inf, -inf]],
    'beta with flat ends': [beta(1, 3), [0, 1], [Math.log(3), -inf]],
    'beta with poles': [beta(0.5, 0.5), [-0.1, 0, 1], [-inf, inf, inf]],
    logNormal: [logNormal(0, 1), [-1, 0, inf], [-inf, -inf, -inf]],
    halfNormal: [halfNormal(1), [-1e-3, inf], [-inf, -inf]],
    halfCauchy: [halfCauchy(1, 1), [0.999, 1], [-inf, Math.log(2 / Math.PI)]],
    truncatedNormal: [truncatedNormal(0, 1, -1, 2), [-1.001, 2.001, -inf], [-inf, -inf, -inf]],
    uniform: [uniform(0, 2), [-0.1, 0, 2, 2.1], [-inf, -Math.LN2, -Math.LN2, -inf]],
    normal: [normal(0, 1), [-inf, inf], [-inf, -inf]],
    laplace: [laplace(0, 1), [-inf, inf], [-inf, -inf]],
    cauchy: [cauchy(0, 1), [-inf, inf], [-inf, -inf]],
    logistic: [logistic(0, 1), [-inf, inf], [-inf, -inf]],
    gumbel: [gumbel(0, 1), [-inf, inf, -1e3], [-inf, -inf, -inf]],
    studentT: [studentT(3, 0, 1), [-inf, inf], [-inf, -inf]],
    vonMises: [vonMises(0, 1), [-inf, inf], [-inf, -inf]]
  }

  test.each(Object.entries(edges))('%s', async (_, [d, x, expected]) => {
    for (const y of await eagerAndCompiled((at: tf.Tensor) => d.logProb(at), [t(...x)]))
      expectClose(y, expected, { atol: 1e-6, rtol: 1e-6 })
    // the derivative at a point inside is not spoilt by points that are not
    const inside = d.mean === undefined ? 0.5 : d.name === 'halfCauchy' ? 2 : d.mean().dataSync()[0]!
    const slope = (at: tf.Tensor): tf.Tensor => grad(sumOf((v) => d.logProb(v)))(at)
    const [alone] = slope(t(inside)).dataSync()
    expect(Number.isFinite(alone)).toBe(true)
    expect(slope(t(inside, ...x)).dataSync()[0]).toBe(alone)
  })

  test('distribution functions outside of the support, quantiles of what is no chance', () => {
    for (const [d] of Object.values(edges)) {
      const [low, high] = d.cdf!(t(-inf, inf)).dataSync()
      expect([low, high], d.name).toEqual([0, 1])
      if (d.icdf !== undefined) expect(Array.from(d.icdf(t(-0.1, 1.1)).dataSync()), d.name).toEqual([NaN, NaN])
    }
  })

  test('under vmap over parameters: as a batch', () => {
    const parameters = t(0.5, 2, 30)
    const x = tf.scalar(0.7)
    for (const make of [
      (p: tf.Tensor) => gamma(p, 2),
      (p: tf.Tensor) => beta(p, 2),
      (p: tf.Tensor) => studentT(p, 0, 1),
      (p: tf.Tensor) => vonMises(0.1, p),
      (p: tf.Tensor) => truncatedNormal(0, p, 0, 1)
    ]) {
      expectClose(vmap((p: tf.Tensor) => make(p).logProb(x))(parameters), make(parameters).logProb(x), fine)
      expectClose(vmap((p: tf.Tensor) => make(p).cdf!(x))(parameters), make(parameters).cdf!(x), fine)
    }
  })
})

describe('divergences', () => {
  const pairs: readonly (readonly [Distribution, Distribution, number])[] = [
    [normal(0.5, 1.25), laplace(-1, 2), 0.564340339997462],
    [laplace(0.5, 1.25), normal(-1, 2), 0.36766998189040384],
    [uniform(-1, 2), normal(0.5, 2), 0.6072234250965082],
    [gamma(2.5, 2), exponential(0.75), 0.18838134350666902],
    [exponential(2), gamma(2.5, 0.75), 2.977579500355035],
    [gamma(2.5, 2), gamma(0.75, 4), 3.12926181666716],
    [inverseGamma(2.5, 2), inverseGamma(0.75, 4), 3.12926181666716],
    [halfCauchy(0, 2), halfCauchy(0, 5), 0.20294084399669027]
  ]

  test.each(pairs)('%# between families', async (p, q, expected) => {
    for (const y of await eagerAndCompiled((shift: tf.Tensor) => tf.add(kl(p, q), shift), [tf.scalar(0)]))
      expectClose(y, expected, { atol: 2e-6, rtol: 1e-5 })
  })

  test('small where the parameters nearly agree: half the squared distance in the Fisher metric', () => {
    const h = 2 ** -10
    const near = { atol: 0, rtol: 2e-3 }
    expectClose(kl(normal(0, 1 + h), normal(0, 1)), h ** 2, near)
    expectClose(kl(exponential(1), exponential(1 + h)), h ** 2 / 2, near)
    expectClose(kl(cauchy(0, 1), cauchy(h, 1)), h ** 2 / 4, near)
    expectClose(kl(laplace(0, 1), laplace(h, 1)), h ** 2 / 2, near)
  })

  test('digits stay where one scale is a small part of the other: of a sharp posterior, and its slope -1/s', async () => {
    const scales = [1e-12, 1e-5, 1e-3, 0.25, 1].map(Math.fround)
    const divergence = (s: tf.Tensor): tf.Tensor => kl(normal(0, s), normal(0, 1))
    const slope = grad((s: tf.Tensor) => tf.sum(divergence(s)))
    const close = { atol: 0, rtol: 5e-7 }
    for (const y of await eagerAndCompiled(divergence, [t(...scales)]))
      expectClose(
        y,
        scales.map((s) => (s * s - 1) / 2 - Math.log(s)),
        close
      )
    for (const y of await eagerAndCompiled(slope, [t(...scales)]))
      expectClose(
        y,
        scales.map((s) => s - 1 / s),
        close
      )
  })

  test('of half-Cauchy laws with different ends there is none', () => {
    expect(() => kl(halfCauchy(0, 1), halfCauchy(1, 1))).toThrow(/halfCauchy, halfCauchy/)
  })
})

describe('wrong parameters', () => {
  const wrong: readonly (readonly [() => Distribution, RegExp])[] = [
    [() => normal(inf, 1), /normal: loc: expected finite numbers, got Infinity/],
    [() => laplace(0, t(1, 0)), /laplace: scale: expected finite numbers > 0, got 0 at entry 1/],
    [() => exponential(-1), /exponential: rate/],
    [() => gamma(0, 1), /gamma: concentration/],
    [() => gamma(1, t(NaN)), /gamma: rate/],
    [() => inverseGamma(1, 0), /inverseGamma: scale/],
    [() => beta(1, t(-1)), /beta: concentration0/],
    [() => studentT(0, 0, 1), /studentT: df/],
    [() => vonMises(0, -1), /vonMises: concentration: expected finite numbers >= 0, got -1/],
    [() => uniform(t(0, 3), 1), /uniform: low, high: expected low < high, got \[0, 3\], 1/],
    [() => truncatedNormal(0, 1, 2, 1), /truncatedNormal: low, high: expected low < high, got 2, 1/],
    [() => gamma(tf.ones([2]), tf.ones([3])), /gamma: concentration, rate: expected shapes that broadcast together/]
  ]

  test.each(wrong)('%#', (make, message) => {
    expect(make).toThrow(message)
  })

  test('unread, they give NaN', () => {
    const d = withoutValidation(() => normal(0, tf.scalar(-1)))
    expect(d.logProb(tf.scalar(0)).dataSync()[0]).toBeNaN()
  })
})
