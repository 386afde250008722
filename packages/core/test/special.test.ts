// Derivatives of the special functions: closed forms in float64, to second order, and finite values at the edges.
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { grad, vmap } from '@bdl/compiler'
import { eagerAndCompiled, expectClose, expectNoLeak } from '@bdl/testing'
import {
  erf,
  erfc,
  erfinv,
  log1mexp,
  logaddexp,
  logNdtr,
  logSigmoid,
  logsumexp,
  ndtr,
  ndtri,
  sigmoid,
  softplus,
  softplusInverse
} from '../src/index'

const { exp, expm1, PI, SQRT2, sqrt } = Math
const pdf = (x: number): number => exp((-x * x) / 2) / sqrt(2 * PI)
const logistic = (x: number): number => 1 / (1 + exp(-x))

/** Values at points in the middle, from which the slopes of the inverse functions follow: Abramowitz & Stegun, table 26.1. */
const PHI_1 = 0.8413447460685429

interface Row {
  readonly f: (x: tf.Tensor) => tf.Tensor
  readonly at: readonly number[]
  readonly first: (x: number) => number
  readonly second: (x: number) => number
}

const xs = [-6.5, -2, -0.5, 0, 0.3, 1.2, 4]
const mills = (x: number, cdf: number): number => pdf(x) / cdf
const erfSlope = (x: number): number => (2 / sqrt(PI)) * exp(-x * x)

const rows: Readonly<Record<string, Row>> = {
  softplus: { f: softplus, at: xs, first: logistic, second: (x) => logistic(x) * logistic(-x) },
  sigmoid: {
    f: sigmoid,
    at: xs,
    first: (x) => logistic(x) * logistic(-x),
    second: (x) => logistic(x) * logistic(-x) * (1 - 2 * logistic(x))
  },
  logSigmoid: { f: logSigmoid, at: xs, first: (x) => logistic(-x), second: (x) => -logistic(x) * logistic(-x) },
  softplusInverse: {
    f: softplusInverse,
    at: [0.01, 0.5, 2, 20],
    first: (y) => -1 / expm1(-y),
    second: (y) => -exp(-y) / expm1(-y) ** 2
  },
  log1mexp: {
    f: log1mexp,
    at: [-20, -2, -0.7, -0.69, -0.01],
    first: (x) => exp(x) / expm1(x),
    second: (x) => -exp(x) / expm1(x) ** 2
  },
  erf: { f: erf, at: xs, first: erfSlope, second: (x) => -2 * x * erfSlope(x) },
  erfc: { f: erfc, at: xs, first: (x) => -erfSlope(x), second: (x) => 2 * x * erfSlope(x) },
  // at y = erf(1 / sqrt 2) the inverse is 1 / sqrt 2; g'' = 2 g g'^2
  erfinv: {
    f: erfinv,
    at: [0, 2 * PHI_1 - 1],
    first: (y) => (y === 0 ? sqrt(PI) / 2 : (sqrt(PI) / 2) * exp(0.5)),
    second: (y) => (y === 0 ? 0 : SQRT2 * (PI / 4) * exp(1))
  },
  ndtr: { f: ndtr, at: xs, first: pdf, second: (x) => -x * pdf(x) },
  ndtri: {
    f: ndtri,
    at: [0.5, PHI_1],
    first: (p) => 1 / pdf(p === 0.5 ? 0 : 1),
    second: (p) => (p === 0.5 ? 0 : 1 / pdf(1) ** 2)
  },
  logNdtr: {
    f: logNdtr,
    at: [0, 1],
    first: (x) => mills(x, x === 0 ? 0.5 : PHI_1),
    second: (x) => -mills(x, x === 0 ? 0.5 : PHI_1) * (x + mills(x, x === 0 ? 0.5 : PHI_1))
  }
}

const sumOf = (f: (x: tf.Tensor) => tf.Tensor) => (x: tf.Tensor) => tf.sum(f(x))
const tolerance = { atol: 1e-6, rtol: 2e-5 }

describe('slopes', () => {
  test.each(Object.entries(rows))(
    '%s: first and second derivative, eagerly, compiled and under vmap',
    async (name, row) => {
      const x = tf.tensor1d([...row.at])
      const slope = grad(sumOf(row.f))
      const curvature = grad(sumOf(slope))
      for (const y of await eagerAndCompiled(slope, [x])) expectClose(y, row.at.map(row.first), tolerance, `${name}'`)
      for (const y of await eagerAndCompiled(curvature, [x]))
        expectClose(y, row.at.map(row.second), tolerance, `${name}''`)
      expectClose(vmap(slope)(x), row.at.map(row.first), tolerance, `vmap ${name}'`)
    }
  )

  test('logsumexp: the softmax, and its Jacobian', async () => {
    const x = tf.tensor2d([
      [1, 2, 3],
      [-1, 0, 500]
    ])
    const softmax = [0, 1, 2].map((i) => exp(i - 2) / (1 + exp(-1) + exp(-2)))
    for (const y of await eagerAndCompiled(grad(sumOf((v) => logsumexp(v))), [x]))
      expectClose(y, [softmax, [0, 0, 1]], tolerance)
    const weighted = (v: tf.Tensor): tf.Tensor =>
      tf.sum(tf.mul(grad(sumOf((u) => logsumexp(u)))(v), tf.tensor1d([1, 0, 0])))
    const [p, q, r] = softmax as [number, number, number]
    expectClose(tf.slice(grad(weighted)(x), [0, 0], [1, 3]), [[p * (1 - p), -p * q, -p * r]], tolerance)
  })

  test('logsumexp: other axes, kept axes', () => {
    const x = tf.tensor2d([
      [0, 1],
      [2, 3]
    ])
    const column = (a: number, b: number): number => b + Math.log1p(exp(a - b))
    expectClose(logsumexp(x, 0), [column(0, 2), column(1, 3)], tolerance)
    expectClose(logsumexp(x, -1, true), [[column(0, 1)], [column(2, 3)]], tolerance)
  })

  test('logaddexp: shares, also at a tie and to second order', async () => {
    const [a, b] = [tf.tensor1d([0, 1, 3]), tf.tensor1d([0, 3, 1])]
    const share = (u: tf.Tensor): tf.Tensor => tf.sum(logaddexp(u, b))
    const expected = [0.5, logistic(-2), logistic(2)]
    for (const y of await eagerAndCompiled(grad(share), [a])) expectClose(y, expected, tolerance)
    expectClose(
      grad(sumOf(grad(share)))(a),
      expected.map((p) => p * (1 - p)),
      tolerance
    )
    expectClose(logaddexp(tf.zeros([2, 1]), tf.zeros([1, 3])), Array(2).fill(Array(3).fill(Math.LN2)), tolerance)
  })
})

describe('edges', () => {
  const { POSITIVE_INFINITY: inf } = Number
  const at = (f: (x: tf.Tensor) => tf.Tensor, ...x: number[]): number[] => Array.from(f(tf.tensor1d(x)).dataSync())
  const slopeAt = (f: (x: tf.Tensor) => tf.Tensor, ...x: number[]): number[] => at(grad(sumOf(f)), ...x)

  test('infinite terms: logaddexp and logsumexp are defined, with finite gradients', () => {
    expect(at((x) => logaddexp(x, tf.tensor1d([-inf, inf, 1, 1])), -inf, inf, -inf, inf)).toEqual([-inf, inf, 1, inf])
    expect(slopeAt((x) => logaddexp(x, tf.tensor1d([1, 1])), -inf, inf)).toEqual([0, 1])
    expect(slopeAt((x) => logsumexp(x), -inf, -inf)).toEqual([0, 0])
    expect(slopeAt((x) => logsumexp(x), -inf, 0)).toEqual([0, 1])
  })

  test('far arguments: values saturate, gradients stay finite', () => {
    expect(at(softplus, -1e4, 1e4)).toEqual([0, 1e4])
    expect(slopeAt(softplus, -1e4, 1e4)).toEqual([0, 1])
    expect(at(logSigmoid, -1e4, 1e4)).toEqual([-1e4, -0])
    expect(at(erf, -inf, inf)).toEqual([-1, 1])
    expect(slopeAt(erf, -1e4, 1e4)).toEqual([0, 0])
    expect(at(ndtr, -inf, inf)).toEqual([0, 1])
    expectClose(slopeAt(logNdtr, -1e3, -50, 40), [1000.000999998, 50.01998403, 0], { atol: 0, rtol: 1e-6 })
    expect(at(log1mexp, 0, -1e4)).toEqual([-inf, -0])
    expect(slopeAt(log1mexp, -1e4)).toEqual([0])
    expect(at(ndtri, 0, 1)).toEqual([-inf, inf])
    expect(at(erfinv, -1, 1)).toEqual([-inf, inf])
  })

  test.each(Object.entries(rows))('%s leaks nothing', (_, { f, at: points }) => {
    const x = tf.tensor1d([...points])
    expectNoLeak(() => f(x))
  })
})
