// Gaussian fits: moments as NumPy defines them, density in closed form, Ledoit and Wolf's shrinkage from its definition.
import * as tf from '@tensorflow/tfjs-core'
import { hostArray, key, normal, scoped, toHostSync } from '@bdl/core'
import { expectClose, expectMean, expectVariance } from '@bdl/testing'
import { expect, test } from 'vitest'
import { fitGaussian } from '../src/index'
import { ledoitWolfShrinkage } from '../src/gaussian-fit'
import { inverse } from './potentials'

const rows = (n: number) =>
  scoped(() => {
    const z = normal(key(1), [n, 3])
    return tf.add(
      tf.matMul(
        z,
        tf.tensor2d([
          [1, 0.5, 0],
          [0, 0.7, -0.4],
          [0, 0, 0.3]
        ])
      ),
      tf.tensor1d([1, 2, 3])
    )
  })

const moments = (draws: tf.Tensor) => {
  const { data } = toHostSync(draws)
  const n = data.length / 3
  const mean = [0, 1, 2].map(
    (j) => Array.from({ length: n }, (_, i) => data[3 * i + j]!).reduce((a, b) => a + b, 0) / n
  )
  const deviations = Array.from({ length: n }, (_, i) => mean.map((m, j) => data[3 * i + j]! - m))
  const cov = mean.map((_, a) => mean.map((_, b) => deviations.reduce((s, d) => s + d[a]! * d[b]!, 0) / n))
  return { mean, cov, deviations }
}

const asTree = (draws: tf.Tensor) => ({ a: tf.slice(draws, [0, 0], [-1, 1]), b: tf.slice(draws, [0, 1], [-1, 2]) })

test('without shrinkage: mean, covariance and density are those of the draws', async () => {
  const draws = rows(400)
  const { mean, cov } = moments(draws)
  const fit = await fitGaussian(asTree(draws), { shrinkage: 0 })
  expectClose(fit.mean.data, mean, { atol: 1e-5, rtol: 1e-5 })
  expectClose(fit.covariance.data, cov.flat(), { atol: 1e-5, rtol: 1e-4 })
  const x = [0.3, 1.8, 3.1]
  const d = x.map((v, j) => v - mean[j]!)
  const precision = inverse(cov)
  const distance = d.reduce((s, a, i) => s + d.reduce((t, b, j) => t + a * precision[i]![j]! * b, 0), 0)
  const det =
    cov[0]![0]! * (cov[1]![1]! * cov[2]![2]! - cov[1]![2]! ** 2) -
    cov[0]![1]! * (cov[1]![0]! * cov[2]![2]! - cov[1]![2]! * cov[2]![0]!) +
    cov[0]![2]! * (cov[1]![0]! * cov[2]![1]! - cov[1]![1]! * cov[2]![0]!)
  const truth = -0.5 * (distance + Math.log(det) + 3 * Math.log(2 * Math.PI))
  expectClose(fit.posterior.logProb({ a: tf.tensor1d([x[0]!]), b: tf.tensor1d(x.slice(1)) }), truth, {
    atol: 1e-3,
    rtol: 1e-4
  })
  const [sample, logProb] = fit.posterior.sampleAndLogProb(key(2), [5000])
  expectMean(sample.a.dataSync(), mean[0]!, Math.sqrt(cov[0]![0]!))
  expectVariance(tf.slice(sample.b, [0, 1], [-1, 1]).dataSync(), mean[2]!, cov[2]![2]!)
  expectClose(fit.posterior.logProb(sample), logProb, { atol: 2e-3, rtol: 1e-3 })
  expectClose(fit.posterior.entropy!(), 0.5 * (Math.log(det) + 3 * Math.log(2 * Math.PI * Math.E)), {
    atol: 1e-3,
    rtol: 1e-4
  })
})

test('Ledoit and Wolf: λ = min(b̄², d²)/d² from the definition, and it shrinks to m I', async () => {
  const draws = rows(12)
  const { cov, deviations } = moments(draws)
  const n = deviations.length
  const m = (cov[0]![0]! + cov[1]![1]! + cov[2]![2]!) / 3
  const frobenius = (f: (i: number, j: number) => number) =>
    [0, 1, 2].flatMap((i) => [0, 1, 2].map((j) => f(i, j) ** 2)).reduce((a, b) => a + b, 0) / 3
  const d2 = frobenius((i, j) => cov[i]![j]! - (i === j ? m : 0))
  const b2 = deviations.reduce((s, d) => s + frobenius((i, j) => d[i]! * d[j]! - cov[i]![j]!), 0) / n ** 2
  const fourth = deviations.reduce((s, d) => s + d.reduce((t, x) => t + x * x, 0) ** 2, 0)
  const lambda = ledoitWolfShrinkage(hostArray([3, 3], cov.flat()), fourth, n)
  expectClose(lambda, Math.min(b2, d2) / d2, { atol: 1e-12, rtol: 1e-9 })
  const fit = await fitGaussian(asTree(draws))
  expectClose(fit.shrinkage, lambda, { atol: 1e-5, rtol: 1e-4 })
  expectClose(fit.covariance.data[1]!, (1 - lambda) * cov[0]![1]!, { atol: 1e-5, rtol: 1e-3 })
  expectClose(fit.covariance.data[4]!, (1 - lambda) * cov[1]![1]! + lambda * m, { atol: 1e-5, rtol: 1e-3 })
})

test('fewer draws than dimensions: the shrunk fit is positive definite all the same', async () => {
  const draws = scoped(() => normal(key(3), [5, 40]))
  const fit = await fitGaussian(draws)
  expect(fit.shrinkage).toBeGreaterThan(0)
  expect(Number.isFinite(fit.posterior.logProb(tf.zeros([40])).dataSync()[0])).toBe(true)
})

test('diagonal: variances alone', async () => {
  const draws = rows(200)
  const { cov } = moments(draws)
  const fit = await fitGaussian(asTree(draws), { diagonal: true })
  expectClose(fit.covariance.data, [cov[0]![0]!, 0, 0, 0, cov[1]![1]!, 0, 0, 0, cov[2]![2]!], {
    atol: 1e-5,
    rtol: 1e-4
  })
})

test('what the fit holds is released by dispose', async () => {
  const draws = asTree(rows(50))
  const before = tf.memory().numTensors
  const fit = await fitGaussian(draws)
  fit.dispose()
  expect(tf.memory().numTensors - before).toBe(0)
})

test('bad arguments are errors that name them', async () => {
  await expect(fitGaussian(tf.zeros([1, 3]))).rejects.toThrowError(/fitGaussian: positions: expected at least 2 draws/)
  await expect(fitGaussian(tf.zeros([4, 3]), { shrinkage: 2 })).rejects.toThrowError(/fitGaussian: shrinkage/)
  await expect(fitGaussian(tf.zeros([4, 3]))).rejects.toThrowError(/positive definite/)
})
