// Importance weights: closed forms, and Pareto tails whose index is known.
import * as tf from '@tensorflow/tfjs-core'
import { isBdlError, key, uniform } from '@bdl/core'
import { expectClose } from '@bdl/testing'
import { expect, test } from 'vitest'
import {
  fitGeneralisedPareto,
  importanceEss,
  importanceReport,
  logMeanExp,
  logSumExp,
  normalisedWeights,
  paretoK,
  paretoSmooth
} from '../src/index'

const DIGITS = { atol: 1e-12, rtol: 1e-12 }

/** Uniform draws with 24 bits, kept from 0. */
const uniforms = (seed: number, n: number): Float64Array =>
  Float64Array.from(tf.tidy(() => uniform(key(seed), [n])).dataSync(), (u) => u + 2 ** -25)

test('log-sum-exp and log-mean-exp survive what exp does not', () => {
  expectClose(logSumExp(Float64Array.of(-1000, -1000)), -1000 + Math.log(2), DIGITS)
  expectClose(logMeanExp(Float64Array.of(1e5, 1e5, 1e5)), 1e5, DIGITS)
  expect(logSumExp(Float64Array.of(-Infinity, -Infinity))).toBe(-Infinity)
  expectClose(logSumExp(Float64Array.of(-Infinity, 3)), 3, DIGITS)
})

test('equal weights are all effective, one weight is one draw', () => {
  expectClose(importanceEss(new Float64Array(256)), 256, DIGITS)
  expectClose(importanceEss(Float64Array.from({ length: 256 }, (_, i) => (i === 7 ? 900 : 0))), 1, DIGITS)
  const weights = normalisedWeights(Float64Array.of(Math.log(1), Math.log(3)))
  expectClose(weights, [0.25, 0.75], DIGITS)
  expectClose(importanceEss(Float64Array.of(Math.log(1), Math.log(3))), 16 / 10, DIGITS)
})

// target Exp(rate 1 − k), proposal Exp(1): the weight (1 − k) exp(k x) is Pareto distributed with tail index k
for (const k of [0.2, 0.5, 0.8])
  test(`Pareto k of weights whose tail index is ${k}`, () => {
    const logWeights = uniforms(7, 20_000).map((u) => Math.log(1 - k) - k * Math.log(u))
    const { k: found, logWeights: smoothed } = paretoSmooth(logWeights)
    // asymptotic standard deviation (1 + k)/√M with M = 3 √S = 425 tail draws
    expect(Math.abs(found - k)).toBeLessThan((5 * (1 + k)) / Math.sqrt(425))
    expect(paretoK(logWeights)).toBe(found)
    expect(Math.max(...smoothed)).toBeLessThanOrEqual(Math.max(...logWeights))
    // smoothing keeps the order
    const order = Array.from(logWeights.keys()).sort((i, j) => logWeights[i]! - logWeights[j]!)
    expect(order.every((at, i) => i === 0 || smoothed[at]! >= smoothed[order[i - 1]!]! - 1e-12)).toBe(true)
  })

test('a generalised Pareto sample gives its shape and scale back', () => {
  const [shape, scale] = [0.4, 2.5]
  const sample = uniforms(3, 5000)
    .map((u) => (scale / shape) * (u ** -shape - 1))
    .sort()
  const fit = fitGeneralisedPareto(sample)
  expect(Math.abs(fit.shape - shape)).toBeLessThan((5 * (1 + shape)) / Math.sqrt(5000))
  expect(Math.abs(fit.scale / scale - 1)).toBeLessThan((5 * Math.sqrt(2 * (1 + shape))) / Math.sqrt(5000))
})

test('adding a constant to log weights moves the evidence alone', () => {
  const logWeights = uniforms(11, 400).map((u) => 3 * u)
  const [a, b] = [importanceReport(logWeights), importanceReport(logWeights.map((x) => x - 900))]
  expectClose(a.logEvidence - b.logEvidence, 900, { atol: 1e-9, rtol: 0 })
  expectClose(a.ess, b.ess, { atol: 0, rtol: 1e-9 })
  expectClose(a.k, b.k, { atol: 1e-6, rtol: 1e-6 })
  expectClose(a.weights, [...b.weights], { atol: 1e-12, rtol: 1e-9 })
})

test('in high dimension the report says that importance sampling fails', () => {
  // log weights with standard deviation 150 nats, as a flow in 1,210 dimensions gives
  const logWeights = uniforms(5, 256).map((u) => 500 * u)
  const report = importanceReport(logWeights)
  expect(report.ess).toBeLessThan(2)
  expect(report.k).toBeGreaterThan(0.7)
})

test('the log evidence of a conjugate normal model, within five standard errors', () => {
  // prior and proposal N(0, 1) by Box-Muller, likelihood N(y = 0.5 | w, 1): evidence N(0.5 | 0, 2)
  const [u, v] = [uniforms(21, 20_000), uniforms(22, 20_000)]
  const draws = u.map((a, i) => Math.sqrt(-2 * Math.log(a)) * Math.cos(2 * Math.PI * v[i]!))
  const report = importanceReport(draws.map((w) => -0.5 * (0.5 - w) ** 2 - 0.5 * Math.log(2 * Math.PI)))
  const truth = -0.5 * Math.log(4 * Math.PI) - 0.25 / 4
  expect(Math.abs(report.logEvidence - truth)).toBeLessThan(5 * report.logEvidenceError)
  expect(report.k).toBeLessThan(0.5)
})

test('weights that are no numbers are an error that says so', () => {
  for (const bad of [Float64Array.of(0, NaN), Float64Array.of(Infinity, 0), new Float64Array(0)])
    expect(() => paretoSmooth(bad)).toThrowError(/paretoSmooth: logWeights/)
  try {
    fitGeneralisedPareto(Float64Array.of(1, 2))
  } catch (e) {
    expect(isBdlError(e) && e.code).toBe('InvalidArgument')
  }
  expect(paretoSmooth(new Float64Array(30)).k).toBe(Infinity)
  expect(paretoSmooth(Float64Array.of(1, 2, 3)).k).toBe(Infinity)
})
