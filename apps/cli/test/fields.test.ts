/** The mathematics of the velocity fields, against closed forms. */
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { jit, vjp, vmap } from '@bdl/compiler'
import { fromHost, key, normal, scoped } from '@bdl/core'
import { standardisationOf } from '@bdl/metanet'
import { fixedSteps, heun, solve } from '@bdl/ode'
import { expectClose } from '@bdl/testing'
import { dataGradient } from '../src/weights/fields/data-gradient.js'
import { velocityOf } from '../src/weights/fields/field.js'
import type { BaseField } from '../src/weights/fields/field.js'
import { gatedField } from '../src/weights/fields/gated.js'
import { diagonalField, fullField, spectrumOfCovariance, spectrumOfRows } from '../src/weights/fields/gaussian.js'
import { metanetField } from '../src/weights/fields/metanet.js'
import { blocksOf, fromRows } from '../src/weights/networks.js'
import { networksOf, tinyProblem } from './tiny.js'

const SCALE = 0.5

/** Three dimensions with an eigenbasis that is no axis: S = R diag(λ) Rᵀ for a rotation R. */
const MEAN = [0.4, -1.1, 0.2]
const COVARIANCE = [
  [0.5, 0.2, -0.1],
  [0.2, 0.3, 0.05],
  [-0.1, 0.05, 0.2]
]
const VARIANCE = [0.04, 0.9, 0.25]

const fields = async (): Promise<readonly (readonly [name: string, field: BaseField])[]> => [
  ['diagonal', diagonalField(tf.tensor1d(MEAN), tf.tensor1d(VARIANCE), SCALE)],
  [
    'full',
    fullField(
      tf.tensor1d(MEAN),
      await spectrumOfCovariance({ shape: [3, 3], data: Float64Array.from(COVARIANCE.flat()) }),
      SCALE
    )
  ]
]

const covarianceOf = (name: string): readonly (readonly number[])[] =>
  name === 'full' ? COVARIANCE : VARIANCE.map((v, i) => VARIANCE.map((_, j) => (i === j ? v : 0)))

/** Carries rows [n, d] from time 0 to 1. */
const push = (field: BaseField, rows: tf.Tensor, steps = 64): Promise<tf.Tensor> =>
  jit((y0: tf.Tensor) => {
    const velocity = vmap(field.velocity, [null, 0])
    return solve({
      field: (t, x: tf.Tensor) => velocity(t, x),
      y0,
      t0: 0,
      t1: 1,
      solver: heun,
      control: fixedSteps(steps)
    }).y
  })(rows)

/** ∂v/∂x by vjp, one row per output. */
const jacobian = (f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor): readonly (readonly number[])[] => {
  const d = x.shape[0]!
  const [, pullback] = vjp(f, x)
  return Array.from({ length: d }, (_, i) =>
    Array.from(pullback(tf.cast(tf.oneHot(tf.scalar(i, 'int32'), d), 'float32')).dataSync())
  )
}

const trace = (matrix: readonly (readonly number[])[]): number => matrix.reduce((sum, row, i) => sum + row[i]!, 0)

describe('fields between Gaussians', () => {
  test('the flow is affine, with the mean and the covariance asked for', async () => {
    for (const [name, field] of await fields()) {
      // images of the origin and of the axes tell the affine map x₀ -> m + A x₀; then S = σ₀² A Aᵀ
      const image = (await push(field, tf.concat([tf.zeros([1, 3]), tf.eye(3)]))).arraySync() as number[][]
      const [origin = [], ...ends] = image
      expectClose(origin, MEAN, { atol: 2e-3, rtol: 0 })
      const columns = ends.map((end) => end.map((v, i) => v - origin[i]!))
      const product = MEAN.map((_, i) =>
        MEAN.map((__, j) => SCALE ** 2 * columns.reduce((s, c) => s + c[i]! * c[j]!, 0))
      )
      expectClose(product.flat(), covarianceOf(name).flat(), { atol: 3e-3, rtol: 0 })
    }
  })

  test('the velocity is E[x₁ − x₀ | x_t], so that it solves its own regression', async () => {
    const draws = 20_000
    for (const [name, field] of await fields()) {
      const t = 0.6
      const cholesky = choleskyOf(covarianceOf(name))
      const residual = scoped(() => {
        const x0 = tf.mul(normal(key(1), [draws, 3]), SCALE)
        const x1 = tf.add(tf.matMul(normal(key(2), [draws, 3]), tf.transpose(tf.tensor2d(cholesky))), MEAN)
        const xt = tf.add(tf.mul(x0, 1 - t), tf.mul(x1, t))
        const v = vmap(field.velocity, [null, 0])(tf.scalar(t), xt)
        const error = tf.sub(tf.sub(x1, x0), v)
        // the error of a conditional mean is uncorrelated with everything that is known
        return [tf.mean(error, 0), tf.div(tf.matMul(xt, error, true), draws)] as const
      })
      for (const moment of residual)
        for (const value of moment.dataSync()) expect(Math.abs(value)).toBeLessThan((5 * 2) / Math.sqrt(draws))
    }
  })

  test('the divergence is the trace of the Jacobian, at every time', async () => {
    for (const [, field] of await fields())
      for (const time of [0, 0.3, 0.9, 1]) {
        const t = tf.scalar(time)
        const exact = trace(jacobian((x) => field.velocity(t, x), tf.tensor1d([0.3, -0.2, 0.8])))
        expect(field.divergence(t).dataSync()[0]).toBeCloseTo(exact, 3)
      }
  })

  test('fewer rows than dimensions give the same field by the small Gram matrix', async () => {
    const rows = [
      [1, 0, 2, -1],
      [-1, 0, -2, 1]
    ]
    const shrinkage = 0.3
    const variance = rows.flat().reduce((s, v) => s + v * v, 0) / rows.length / 4
    const covariance = MEAN.concat(0).map((_, i) =>
      MEAN.concat(0).map(
        (__, j) =>
          ((1 - shrinkage) * rows.reduce((s, row) => s + row[i]! * row[j]!, 0)) / rows.length +
          (i === j ? shrinkage * variance : 0)
      )
    )
    const mean = tf.tensor1d([0.1, 0.2, 0.3, 0.4])
    const data = Float64Array.from(rows.flat())
    const small = fullField(mean, await spectrumOfRows({ shape: [2, 4], data }, shrinkage), SCALE)
    const whole = await spectrumOfCovariance({ shape: [4, 4], data: Float64Array.from(covariance.flat()) })
    const large = fullField(mean, whole, SCALE)
    for (const time of [0, 0.5, 1]) {
      const [t, x] = [tf.scalar(time), tf.tensor1d([0.7, -0.3, 0.2, 1.5])]
      expectClose(small.velocity(t, x), Array.from(large.velocity(t, x).dataSync()), { atol: 1e-5, rtol: 1e-4 })
      expectClose(small.divergence(t), large.divergence(t).arraySync() as number, { atol: 1e-4, rtol: 1e-4 })
    }
  })
})

const choleskyOf = (matrix: readonly (readonly number[])[]): number[][] => {
  const lower = matrix.map((row) => row.map(() => 0))
  matrix.forEach((row, i) =>
    row.slice(0, i + 1).forEach((value, j) => {
      const sum = lower[i]!.slice(0, j).reduce((s, v, k) => s + v * lower[j]![k]!, 0)
      lower[i]![j] = i === j ? Math.sqrt(value - sum) : (value - sum) / lower[j]![j]!
    })
  )
  return lower
}

describe('the data gradient', () => {
  const problem = tinyProblem()
  const base = diagonalField(tf.zeros([problem.dim]), tf.fill([problem.dim], 0.2), SCALE)

  test('is that of the log likelihood at the predicted end, its size as log(1 + r)', () => {
    const slope = tf.tensor1d([3, -4, 0, 0])
    const flat = diagonalField(tf.zeros([4]), tf.fill([4], 0.2), SCALE)
    const [t, x] = [tf.scalar(0.25), tf.tensor1d([0.1, 0.2, 0.3, 0.4])]
    const [end, gradient] = dataGradient(flat, (w) => tf.sum(tf.mul(w, slope)))(t, x)
    const expected = tf.add(x, tf.mul(0.75, flat.velocity(t, x)))
    expectClose(end, Array.from(expected.dataSync()), { atol: 1e-6, rtol: 1e-6 })
    const r = Math.sqrt((9 + 16) / 4)
    expectClose(
      gradient,
      [3, -4, 0, 0].map((g) => (g / r) * Math.log1p(r)),
      { atol: 1e-6, rtol: 1e-5 }
    )
  })

  test('is finite where the likelihood is flat', () => {
    const [, gradient] = dataGradient(base, (w) => tf.mul(tf.sum(w), 0))(tf.scalar(0.5), tf.zeros([problem.dim]))
    for (const value of gradient.dataSync()) expect(value).toBe(0)
  })

  test('learnable fields are their base alone before training', () => {
    const networks = networksOf(problem, key(3), 8)
    const unravelled = (row: tf.Tensor) =>
      fromRows(problem.sizes, tf.expandDims(row)).map(({ w, b }) => ({ w: tf.squeeze(w, [0]), b: tf.squeeze(b, [0]) }))
    const logLikelihood = (row: tf.Tensor): tf.Tensor => problem.logLikelihood(unravelled(row), problem.train)
    const standardisation = standardisationOf(networks)
    const gated = gatedField(base, { blocks: blocksOf(problem.sizes), centre: tf.zeros([problem.dim]), logLikelihood })
    const metanets = (['ends', 'all'] as const).flatMap((unitEmbeddings) => [
      metanetField('sees', base, { sizes: problem.sizes, standardisation, unitEmbeddings, logLikelihood }),
      metanetField('weights only', base, { sizes: problem.sizes, standardisation, unitEmbeddings })
    ])
    const [t, x] = [tf.scalar(0.4), scoped(() => tf.mul(normal(key(4), [problem.dim]), 0.7))]
    const plain = base.velocity(t, x).dataSync()
    expect(Array.from(velocityOf(gated)(gated.init(key(5)), t, x).dataSync())).toEqual(Array.from(plain))
    for (const field of metanets)
      expect(Array.from(velocityOf(field)(field.init(key(5)), t, x).dataSync())).toEqual(Array.from(plain))
  })
})

test('blocks follow the raveled network: biases before weights, layer after layer', () => {
  const problem = tinyProblem()
  expect(blocksOf(problem.sizes)).toEqual([3, 12, 3, 9])
  const row = fromHost({ shape: [1, problem.dim], data: Float64Array.from({ length: problem.dim }, (_, i) => i) })
  const [first, second] = fromRows(problem.sizes, row)
  expect(Array.from(first!.b.dataSync())).toEqual([0, 1, 2])
  expect(Array.from(first!.w.dataSync())[0]).toBe(3)
  expect(Array.from(second!.b.dataSync())).toEqual([15, 16, 17])
  expect(Array.from(second!.w.dataSync()).at(-1)).toBe(26)
})
