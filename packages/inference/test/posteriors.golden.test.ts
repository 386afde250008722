// Posteriors with known moments: log densities and gradients at points, then HMC, Laplace and mean-field VI against them.
import * as tf from '@tensorflow/tfjs-core'
import { valueAndGrad } from '@bdl/compiler'
import { hostArray, key, normal, scoped, toHostSync } from '@bdl/core'
import { adam, cosineSchedule } from '@bdl/nn'
import { describeFixture, eagerAndCompiled, expectClose, toleranceOf } from '@bdl/testing'
import { expect, test } from 'vitest'
import {
  diagonalMetric,
  hessian,
  hmc,
  laplace,
  map,
  memberOf,
  rankNormalisedRhat,
  runChains,
  warmUpHmc
} from '../src/index'
import { logDensityOf, momentsOf } from './inference-json'
import type { InferenceCase } from './inference-json'
import { coordinate, expectChainExpectation, expectChainMean } from './statistics'

/** Bananas, funnels and mixtures are for samplers that adapt or temper; the others plain HMC mixes in seconds. */
const SAMPLED = [
  'normalNormal',
  'betaBernoulli',
  'gammaPoisson',
  'linearRegression',
  'logisticRegression',
  'gaussian',
  'eightSchoolsNonCentred'
]

const CHAINS = 64

const sample = async (logDensity: (q: tf.Tensor) => tf.Tensor, dim: number, steps: number) => {
  const positions = scoped(() => normal(key(1), [CHAINS, dim]))
  const options = {
    logDensity,
    key: key(2),
    positions,
    transitions: 200,
    steps: 7,
    massMatrix: 'diagonal',
    stepSize: 0.05
  } as const
  const warm = await warmUpHmc(options)
  const metric = diagonalMetric(warm.inverseMass)
  const kernel = hmc(logDensity, { stepSize: warm.stepSize, steps: 7, metric })
  const { positions: draws } = await runChains({ kernel, key: key(3), positions: warm.positions, steps })
  return toHostSync(draws)
}

/** The long tail in log τ of a hierarchical model asks for more. */
const transitionsOf = ({ model }: InferenceCase) => (model === 'eightSchoolsNonCentred' ? 1200 : 300)

/** What the fixture's moments are of, where it is not the unconstrained position. */
const quantities: Readonly<Record<string, (x: number) => number>> = {
  betaBernoulli: (logit) => 1 / (1 + Math.exp(-logit)),
  gammaPoisson: (log) => Math.exp(log)
}

describeFixture<InferenceCase>('inference.json', import.meta.url, (fixture) => {
  for (const [index, c] of fixture.cases.entries()) {
    const logDensity = logDensityOf(c)
    if (logDensity === null) continue
    const tolerance = toleranceOf(fixture, c)

    const { points } = c
    if (points !== undefined)
      test(`${c.model} ${index}: log density and gradient at points`, async () => {
        for (const [i, x] of points.x.entries())
          for (const [value, gradient] of await eagerAndCompiled(valueAndGrad(logDensity), [tf.tensor1d([...x])])) {
            expectClose(value, points.logDensity[i]!, tolerance, `log density at point ${i}`)
            expectClose(gradient, [...points.grad[i]!], tolerance, `gradient at point ${i}`)
          }
      })

    if (SAMPLED.includes(c.model))
      test(`${c.model} ${index}: HMC has the posterior's moments`, async () => {
        const { mean: means, sd } = momentsOf(c)
        const raw = await sample(logDensity, means.length, transitionsOf(c))
        const draws = hostArray(raw.shape, raw.data.map(quantities[c.model] ?? ((x) => x)))
        for (const [i, mean] of means.entries()) {
          const column = coordinate(draws, i)
          expect(rankNormalisedRhat(column)).toBeLessThan(1.03)
          expectChainMean(column, mean, `mean ${i}`)
          expectChainExpectation(column, (x) => (x - mean) ** 2, sd[i]! ** 2, `variance ${i}`)
        }
      })

    const expected = c.laplace
    if (expected !== undefined)
      test(`${c.model} ${index}: Laplace's approximation with the full Hessian`, async () => {
        const mode = tf.tensor1d([...expected.map])
        for (const h of await eagerAndCompiled(hessian(logDensity), [mode]))
          expectClose(tf.neg(h), expected.hessian, tolerance)
        const fit = await laplace(logDensity, mode)
        expectClose(fit.covariance.data, expected.cov.flat(), tolerance, 'covariance')
        expectClose(fit.logEvidence, expected.logMarginalLikelihood, tolerance, 'log evidence')
        expect(fit.gradientNorm).toBeLessThan(1e-4)
        expectClose(fit.posterior.mean!(), [...expected.map], tolerance, 'mean')
        expectClose(
          fit.posterior.variance!(),
          expected.cov.map((row, i) => row[i]!),
          tolerance,
          'variance'
        )
        fit.dispose()
      })

    if (expected !== undefined)
      test(`${c.model} ${index}: MAP finds the mode`, async () => {
        const optimiser = adam({ learningRate: cosineSchedule(0.1, 600) })
        const init = () => tf.zeros([expected.map.length])
        const found = await map({ logDensity, init, key: key(4), optimiser, steps: 600 })
        expectClose(memberOf(found, 0), [...expected.map], { atol: 1e-3, rtol: 1e-3 })
      })
  }

  test('the file has cases for this package', () => {
    expect(fixture.cases.some((c) => logDensityOf(c) !== null)).toBe(true)
  })
})

test('Laplace refuses a point that is no maximum', async () => {
  await expect(laplace((q: tf.Tensor) => tf.sum(tf.square(q)), tf.tensor1d([0, 0]))).rejects.toThrowError(
    /laplace: mode/
  )
})
