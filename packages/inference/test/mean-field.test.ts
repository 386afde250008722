// Mean-field VI against closed forms: exact on independent normals, known to be too narrow on correlated ones.
import * as tf from '@tensorflow/tfjs-core'
import { grad } from '@bdl/compiler'
import { key, leaves, toHostSync } from '@bdl/core'
import { adam, cosineSchedule } from '@bdl/nn'
import { eagerAndCompiled, expectClose, expectMean, expectNoLeak, expectVariance } from '@bdl/testing'
import { expect, test } from 'vitest'
import { elbo, estimateElbo, meanFieldInit, meanFieldPosterior, meanFieldVi } from '../src/index'

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI)

type Position = { readonly a: tf.Tensor; readonly b: tf.Tensor }

const loc = { a: [1, -2], b: [0.5] }
const sd = { a: [0.3, 2], b: [0.1] }

/** Normalised density of independent normals, times e³: its log evidence is 3. */
const independent = (p: Position): tf.Tensor => {
  const part = (x: tf.Tensor, m: readonly number[], s: readonly number[]) =>
    tf.sum(
      tf.sub(
        tf.mul(-0.5, tf.square(tf.div(tf.sub(x, tf.tensor1d([...m])), tf.tensor1d([...s])))),
        tf.add(tf.log(tf.tensor1d([...s])), HALF_LOG_TWO_PI)
      )
    )
  return tf.add(tf.add(part(p.a, loc.a, sd.a), part(p.b, loc.b, sd.b)), 3)
}

const zero: Position = { a: tf.zeros([2]), b: tf.zeros([1]) }

test('independent normals are recovered, and the ELBO is the log evidence without noise', async () => {
  const { posterior, parameters, trace } = await meanFieldVi({
    logDensity: independent,
    position: zero,
    key: key(1),
    optimiser: adam({ learningRate: cosineSchedule(0.05, 2500) }),
    steps: 2500,
    logScale: -1
  })
  expectClose(parameters.loc, [...loc.a, ...loc.b], { atol: 0.02, rtol: 0.01 })
  expectClose(tf.exp(parameters.logScale), [...sd.a, ...sd.b], { atol: 0, rtol: 0.05 })
  const { mean, error } = await estimateElbo(independent, { parameters, like: zero, key: key(2), draws: 2000 })
  expect(mean - 3).toBeLessThan(5 * error + 1e-4)
  expect(3 - mean).toBeLessThan(5 * error + 2e-3)
  expect(trace.shape).toEqual([2500])
  expectClose(posterior.mean!().b, [0.5], { atol: 0.02, rtol: 0 })
})

test('on a correlated normal the variances are 1 / Λ_ii, too narrow by design', async () => {
  const precision = tf.tensor2d([
    [2, 1.2],
    [1.2, 1.5]
  ])
  const correlated = (q: tf.Tensor) => {
    const row = tf.reshape(q, [1, 2])
    return tf.mul(-0.5, tf.sum(tf.mul(tf.matMul(row, precision), row)))
  }
  const { parameters } = await meanFieldVi({
    logDensity: correlated,
    position: tf.tensor1d([1, 1]),
    key: key(3),
    optimiser: adam({ learningRate: cosineSchedule(0.05, 2500) }),
    steps: 2500,
    samples: 16,
    logScale: -1
  })
  expectClose(tf.exp(tf.mul(2, parameters.logScale)), [1 / 2, 1 / 1.5], { atol: 0, rtol: 0.06 })
  expectClose(parameters.loc, [0, 0], { atol: 0.05, rtol: 0 })
})

test('the ELBO estimate is unbiased and its gradient follows', async () => {
  // for a standard normal target and q = N(m, s²): E = −½ Σ (m² + s²) + Σ log s + d/2 log 2πe
  const target = (q: tf.Tensor) => tf.mul(-0.5, tf.sum(tf.square(q)))
  const parameters = { loc: tf.tensor1d([0.5, -1]), logScale: tf.tensor1d([-1, 0.2]) }
  const s = [Math.exp(-1), Math.exp(0.2)]
  const truth = -0.5 * (0.25 + 1 + s[0]! ** 2 + s[1]! ** 2) - 0.8 + 2 * (HALF_LOG_TWO_PI + 0.5)
  const { mean, error } = await estimateElbo(target, { parameters, like: tf.zeros([2]), key: key(4), draws: 4000 })
  expect(Math.abs(mean - truth)).toBeLessThan(5 * error)
  const estimate = elbo(target, { samples: 4000, like: tf.zeros([2]) })
  for (const g of await eagerAndCompiled((p: typeof parameters) => grad(estimate)(p, key(5)), [parameters])) {
    expectClose(g.loc, [-0.5, 1], { atol: 0.15, rtol: 0 })
    expectClose(g.logScale, [1 - s[0]! ** 2, 1 - s[1]! ** 2], { atol: 0.2, rtol: 0 })
  }
})

test('the posterior is a distribution over trees: draws, density, moments, entropy', async () => {
  const parameters = { loc: tf.tensor1d([1, -2, 0.5]), logScale: tf.tensor1d([-1, 0.3, 0]) }
  const posterior = meanFieldPosterior(zero)(parameters)
  const s = [Math.exp(-1), Math.exp(0.3), 1]
  for (const [draw, logProb] of await eagerAndCompiled(
    (k: tf.Tensor) => posterior.sampleAndLogProb(k, [4000]),
    [key(6)]
  )) {
    expect([draw.a.shape, draw.b.shape, logProb.shape]).toEqual([[4000, 2], [4000, 1], [4000]])
    const values = toHostSync(draw.a).data
    expectMean(
      values.filter((_, i) => i % 2 === 0),
      1,
      s[0]!
    )
    expectVariance(
      values.filter((_, i) => i % 2 === 1),
      -2,
      s[1]! ** 2
    )
    expectClose(posterior.logProb(draw), logProb, { atol: 1e-4, rtol: 1e-5 })
  }
  const at = { a: tf.tensor1d([0.7, -1]), b: tf.tensor1d([2]) }
  const normal = (x: number, m: number, scale: number) =>
    -0.5 * ((x - m) / scale) ** 2 - Math.log(scale) - HALF_LOG_TWO_PI
  expectClose(posterior.logProb(at), normal(0.7, 1, s[0]!) + normal(-1, -2, s[1]!) + normal(2, 0.5, 1), {
    atol: 1e-5,
    rtol: 1e-5
  })
  expectClose(posterior.entropy!(), -0.7 + 3 * (HALF_LOG_TWO_PI + 0.5), { atol: 1e-5, rtol: 1e-5 })
  expectClose(posterior.variance!().a, [s[0]! ** 2, s[1]! ** 2], { atol: 1e-5, rtol: 1e-5 })
  expectNoLeak(() => posterior.sample(k0))
  expectNoLeak(() => posterior.logProb(at))
  expectNoLeak(() => meanFieldInit(zero))
})

const k0 = key(7)

test('only what is returned stays alive', async () => {
  const [k, optimiser] = [key(8), adam({ learningRate: 0.01 })]
  const before = tf.memory().numTensors
  const { parameters, trace } = await meanFieldVi({
    logDensity: independent,
    position: zero,
    key: k,
    optimiser,
    steps: 3
  })
  expect(tf.memory().numTensors - before).toBe(leaves([parameters, trace]).length)
})
