/**
 * The exact flow-matching field between Gaussians. For independent x₀ ~ N(0, σ₀² I) and x₁ ~ N(m, S), the straight path
 * x_t = (1−t) x₀ + t x₁ has the velocity v(t, x) = E[x₁ − x₀ | x_t = x] = m + (t S − (1−t) σ₀² I) Σ_t⁻¹ (x − t m) with
 * Σ_t = (1−t)² σ₀² I + t² S (Lipman et al. 2023, conditioned on the pair). In the eigenbasis of S it is a product per axis.
 */
import * as tf from '@tensorflow/tfjs-core'
import { fromHost, scoped } from '@bdl/core'
import type { HostArray } from '@bdl/core'
import { Matrix } from 'ml-matrix'
import { symmetricEigenAside } from './eigen.js'
import type { BaseField } from './field.js'

/** (t λ − (1−t) σ₀²) / ((1−t)² σ₀² + t² λ) for each variance λ. */
const slopes = (t: tf.Tensor, variances: tf.Tensor | number, sourceScale: number): tf.Tensor => {
  const left = tf.sub(1, t)
  const source = sourceScale ** 2
  const numerator = tf.sub(tf.mul(t, variances), tf.mul(left, source))
  return tf.div(numerator, tf.add(tf.mul(tf.square(left), source), tf.mul(tf.square(t), variances)))
}

/** The field to N(m, diag(variance)); the tensors are borrowed for as long as the field is used. */
export const diagonalField = (mean: tf.Tensor, variance: tf.Tensor, sourceScale: number): BaseField => ({
  velocity: (t, x) => scoped(() => tf.add(mean, tf.mul(slopes(t, variance, sourceScale), tf.sub(x, tf.mul(t, mean))))),
  divergence: (t) => scoped(() => tf.sum(slopes(t, variance, sourceScale)))
})

/** S = U diag(values) Uᵀ + floor · (I − U Uᵀ). */
export interface Spectrum {
  /** Orthonormal columns: [d, r], r <= d. */
  readonly vectors: tf.Tensor
  /** [r]. */
  readonly values: tf.Tensor
  /** Variance along every direction outside the span. */
  readonly floor: number
}

const hostOf = (matrix: Matrix): HostArray => ({
  shape: [matrix.rows, matrix.columns],
  data: Float64Array.from(matrix.to1DArray())
})

/** From a covariance [d, d], in float64 on the host. */
export const spectrumOfCovariance = async ({ shape, data }: HostArray, signal?: AbortSignal): Promise<Spectrum> => {
  const { vectors, values } = await symmetricEigenAside(data, signal)
  return {
    vectors: fromHost({ shape, data: vectors }),
    values: fromHost({ shape: [values.length], data: values }),
    floor: 0
  }
}

/** Eigenvalues of the Gram matrix below this share of the largest are rounding. */
const RANK_TOLERANCE = 1e-10

/**
 * From n < d centred rows, whose covariance S₀ = XᵀX/n has rank below n: the spectrum of (1−λ) S₀ + λ m I by the n × n Gram
 * matrix, with m the mean variance.
 */
export const spectrumOfRows = async (rows: HostArray, shrinkage: number, signal?: AbortSignal): Promise<Spectrum> => {
  const [n, d] = rows.shape as [number, number]
  const x = Matrix.from1DArray(n, d, rows.data)
  const gram = x.mmul(x.transpose()).div(n)
  const { vectors, values } = await symmetricEigenAside(Float64Array.from(gram.to1DArray()), signal)
  const largest = Math.max(...values)
  const kept = Array.from(values).flatMap((value, i) => (value > RANK_TOLERANCE * largest ? [i] : []))
  const directions = x.transpose().mmul(Matrix.from1DArray(n, n, vectors).subMatrixColumn(kept))
  kept.forEach((i, column) => directions.mulColumn(column, 1 / Math.sqrt(n * values[i]!)))
  const floor = (shrinkage * values.reduce((a, b) => a + b, 0)) / d
  const shrunk = kept.map((i) => (1 - shrinkage) * values[i]! + floor)
  return {
    vectors: fromHost(hostOf(directions)),
    values: fromHost({ shape: [kept.length], data: Float64Array.from(shrunk) }),
    floor
  }
}

/** The field to N(m, S) with S given by its spectrum: two products with a [d, r] matrix per evaluation. */
export const fullField = (mean: tf.Tensor, { vectors, values, floor }: Spectrum, sourceScale: number): BaseField => {
  const [d, rank] = vectors.shape as [number, number]
  const isComplete = rank === d
  return {
    velocity: (t, x) =>
      scoped(() => {
        const centred = tf.reshape(tf.sub(x, tf.mul(t, mean)), [1, d])
        const outside = slopes(t, floor, sourceScale)
        const inside = slopes(t, values, sourceScale)
        const turned = tf.mul(tf.matMul(centred, vectors), isComplete ? inside : tf.sub(inside, outside))
        const back = tf.matMul(turned, vectors, false, true)
        return tf.add(mean, tf.reshape(isComplete ? back : tf.add(back, tf.mul(outside, centred)), [d]))
      }),
    divergence: (t) =>
      scoped(() => {
        const inside = tf.sum(slopes(t, values, sourceScale))
        return isComplete ? inside : tf.add(inside, tf.mul(d - rank, slopes(t, floor, sourceScale)))
      })
  }
}
