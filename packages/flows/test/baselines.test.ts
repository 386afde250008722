// Baselines against SciPy, the laws of distributions, and each other.
import * as tf from '@tensorflow/tfjs-core'
import { grad, jit } from '@bdl/compiler'
import { key, normal, type Key } from '@bdl/core'
import { distributionLaws } from '@bdl/distributions/testing'
import { describeFixture, expectClose, expectMean } from '@bdl/testing'
import { describe, expect, test } from 'vitest'
import { gaussianFit, kernelDensity, likelihoodBandwidth, type Bandwidth } from '../src/index'
import { isotropicMixtureLogProb } from '../src/isotropic-mixture'
import { grid, mass } from './grid'

type Rows = readonly (readonly number[])[]

interface Case {
  readonly data: Rows
  readonly x: Rows
  readonly kernels: readonly {
    readonly bandwidth: 'scott' | 'silverman' | number
    readonly weights: readonly number[] | null
    readonly covariance: Rows
    readonly logProb: readonly number[]
  }[]
  readonly perAxis: { readonly deviations: readonly number[]; readonly logProb: readonly number[] }
  readonly likelihood: {
    readonly factors: readonly number[]
    readonly leaveOneOut: readonly number[]
    readonly heldOut: readonly number[]
  }
  readonly gaussian: {
    readonly mean: readonly number[]
    readonly covariance: Rows
    readonly shrunk: Rows
    readonly logProb: readonly number[]
    readonly entropy: number
  }
}

const matrix = (rows: Rows): tf.Tensor => tf.tensor2d(rows.map((row) => [...row]))
const near = { atol: 2e-5, rtol: 2e-5 }
const best = (factors: readonly number[], scores: readonly number[]): number =>
  factors[scores.indexOf(Math.max(...scores))]!

describeFixture<Case>('baselines.json', import.meta.url, ({ cases }) => {
  const f = cases[0]!
  const [data, x] = [matrix(f.data), matrix(f.x)]

  test.each(f.kernels)('gaussian_kde: $bandwidth, weights $weights', async ({ bandwidth, weights, ...expected }) => {
    const estimate = kernelDensity(data, { bandwidth, ...(weights && { weights: tf.tensor1d([...weights]) }) })
    const compiled = jit(estimate.logProb)
    expectClose(estimate.logProb(x), expected.logProb, near, 'logProb')
    expectClose(await compiled(x), expected.logProb, near, 'compiled logProb')
    compiled.dispose()
    // of the estimate: the rows' own spread, and that of a kernel
    const shares = weights ?? f.data.map(() => 1)
    const total = shares.reduce((a, b) => a + b, 0)
    const mean = [0, 1].map((j) => f.data.reduce((s, row, i) => s + (row[j]! * shares[i]!) / total, 0))
    const covariance = [0, 1].map((j) =>
      [0, 1].map(
        (k) =>
          expected.covariance[j]![k]! +
          f.data.reduce((s, row, i) => s + ((row[j]! - mean[j]!) * (row[k]! - mean[k]!) * shares[i]!) / total, 0)
      )
    )
    expectClose(estimate.covariance!(), covariance, near, 'covariance')
    expectClose(estimate.mean!(), mean, near, 'mean')
  })

  test('deviations along the axes', () => {
    const { deviations, logProb } = f.perAxis
    const estimate = kernelDensity(data, { bandwidth: tf.tensor1d([...deviations]) })
    expectClose(estimate.logProb(x), logProb, near, 'logProb')
  })

  test('the bandwidth of most likelihood, left out one by one and held out', async () => {
    const { factors, leaveOneOut, heldOut } = f.likelihood
    const chosen = jit((rows: tf.Tensor) => likelihoodBandwidth(rows, { factors }))
    for (const choose of [(rows: tf.Tensor) => likelihoodBandwidth(rows, { factors }), chosen])
      expectClose(await choose(data), best(factors, leaveOneOut), near, 'left out')
    chosen.dispose()
    expectClose(likelihoodBandwidth(data, { factors, heldOut: x }), best(factors, heldOut), near, 'held out')
    // the default grid: no factor of the list may do much better than the one that it chooses
    const own = likelihoodBandwidth(data).dataSync()[0]!
    const among = likelihoodBandwidth(data, { factors: [...factors, own] }).dataSync()[0]!
    expect(Math.abs(Math.log(among / own))).toBeLessThan(0.2)
  })

  test('the Gaussian of most likelihood, and a shrunk one', () => {
    const { mean, covariance, shrunk, logProb, entropy } = f.gaussian
    const fit = gaussianFit(data)
    expectClose(fit.logProb(x), logProb, near, 'logProb')
    expectClose(fit.mean!(), mean, near, 'mean')
    expectClose(fit.covariance!(), covariance, near, 'covariance')
    expectClose(fit.entropy!(), entropy, near, 'entropy')
    expectClose(gaussianFit(data, { shrinkage: 'ledoit-wolf' }).covariance!(), shrunk, near, 'Ledoit-Wolf')
    const level = (covariance[0]![0]! + covariance[1]![1]!) / 2
    expectClose(gaussianFit(data, { shrinkage: 1 }).variance!(), [level, level], near, 'round')
  })

  const deviations: Bandwidth = tf.tensor1d([0.4, 0.2])
  const made = {
    'kernel density': kernelDensity(data),
    'kernel density, weighted': kernelDensity(data, { weights: tf.range(1, f.data.length + 1) }),
    'kernel density, deviations': kernelDensity(data, { bandwidth: deviations }),
    Gaussian: gaussianFit(data),
    'Gaussian, shrunk': gaussianFit(data, { shrinkage: 0.3 })
  }
  describe.each(Object.entries(made))('%s', (name, d) => {
    for (const law of distributionLaws(d, key(0), { tolerance: 3e-4 })) test(law.name, law.check)
    test('mass', () => {
      const { points, area } = grid(12, 240)
      expect(Math.abs(mass(d.logProb(points), area) - 1), name).toBeLessThan(1e-3)
    })
  })
})

test('draws of an estimate are differentiable in the data: moved data move draws', () => {
  const data = normal(key(1), [20, 2])
  const total = (rows: tf.Tensor): tf.Tensor => tf.sum(kernelDensity(rows).sample(key(2), [50]))
  const slope = grad(total)(data)
  // every draw moves by one where all rows do; the kernels' spread does not change then
  expectClose(tf.sum(slope, 0), [50, 50], { atol: 1e-3, rtol: 1e-4 }, 'sum of the gradient')
})

test('rows are drawn as often as their weights say, those without weight never', async () => {
  const data = tf.tensor2d(Array.from({ length: 7 }, (_, i) => [i, (i * i) % 5]))
  const weights = [0, 1, 3, 0, 2, 4, 0]
  const estimate = kernelDensity(data, { weights: tf.tensor1d(weights), bandwidth: tf.fill([2], 1e-3) })
  const draw = jit((k: Key) => estimate.sample(k, [20_000]))
  const rows = (await draw(key(6))).arraySync() as number[][]
  draw.dispose()
  weights.forEach((w, i) => {
    const p = w / 10
    const hits = rows.map(([x]) => (Math.round(x!) === i ? 1 : 0))
    if (w === 0) expect(hits).not.toContain(1)
    else expectMean(hits, p, Math.sqrt(p * (1 - p)))
  })
})

test('kernels in blocks are all kernels at once', () => {
  const [centres, x] = [normal(key(3), [5000, 3]), normal(key(4), [600, 3])]
  const logWeights = tf.logSoftmax(normal(key(5), [5000]) as tf.Tensor1D)
  const inBlocks = isotropicMixtureLogProb(x, { centres, logWeights, scale: 0.3 })
  const few = isotropicMixtureLogProb(tf.slice(x, [0, 0], [20, 3]), { centres, logWeights, scale: 0.3 })
  expectClose(tf.slice(inBlocks, [0], [20]), few, near, 'the same rows')
})

test.each([
  [() => kernelDensity(tf.zeros([5])), 'ShapeMismatch'],
  [() => kernelDensity(tf.zeros([1, 2])), 'InvalidArgument'],
  [() => kernelDensity(tf.zeros([5, 2]), { bandwidth: 0 }), 'InvalidArgument'],
  [() => kernelDensity(tf.zeros([5, 2]), { bandwidth: tf.ones([3]) }), 'ShapeMismatch'],
  [() => kernelDensity(tf.zeros([5, 2]), { weights: tf.ones([4]) }), 'ShapeMismatch'],
  [() => likelihoodBandwidth(tf.zeros([5, 2]), { factors: [1, -1] }), 'InvalidArgument'],
  [() => likelihoodBandwidth(tf.zeros([5, 2]), { factors: [] }), 'InvalidArgument'],
  [() => likelihoodBandwidth(tf.zeros([5, 2]), { heldOut: tf.zeros([5, 3]) }), 'ShapeMismatch'],
  [() => gaussianFit(tf.zeros([5, 0])), 'ShapeMismatch'],
  [() => gaussianFit(tf.zeros([1, 2])), 'InvalidArgument'],
  [() => gaussianFit(tf.zeros([5, 2]), { shrinkage: 1.5 }), 'InvalidArgument']
])('wrong arguments: %s', (make, code) => {
  expect(make).toThrow(expect.objectContaining({ code }))
})
