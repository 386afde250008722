/**
 * The exact flow-matching field between Gaussians. For independent x₀ ~ N(0, σ₀² I) and x₁ ~ N(m, S), the straight path
 * x_t = (1−t) x₀ + t x₁ has the velocity v(t, x) = E[x₁ − x₀ | x_t = x] = m + (t S − (1−t) σ₀² I) Σ_t⁻¹ (x − t m) with
 * Σ_t = (1−t)² σ₀² I + t² S (Lipman et al. 2023, conditioned on the pair). In the eigenbasis of S it is a product per axis.
 */
import * as tf from '@tensorflow/tfjs-core'
import { fromHost, scoped } from '@bdl/core'
import type { HostArray } from '@bdl/core'
import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import type { BaseField } from './field.js'

/** (t λ − (1−t) σ₀²) / ((1−t)² σ₀² + t² λ) for each eigenvalue. */
const slopes = (t: tf.Tensor, eigenvalues: tf.Tensor, sourceScale: number): tf.Tensor => {
  const left = tf.sub(1, t)
  const variance = sourceScale ** 2
  const numerator = tf.sub(tf.mul(t, eigenvalues), tf.mul(left, variance))
  return tf.div(numerator, tf.add(tf.mul(tf.square(left), variance), tf.mul(tf.square(t), eigenvalues)))
}

/** The field to N(m, diag(variance)); the tensors are borrowed for as long as the field is used. */
export const diagonalField = (mean: tf.Tensor, variance: tf.Tensor, sourceScale: number): BaseField => ({
  velocity: (t, x) => scoped(() => tf.add(mean, tf.mul(slopes(t, variance, sourceScale), tf.sub(x, tf.mul(t, mean))))),
  divergence: (t) => scoped(() => tf.sum(slopes(t, variance, sourceScale)))
})

export interface Eigen {
  /** Columns are eigenvectors: [d, d]. */
  readonly vectors: tf.Tensor
  /** [d]. */
  readonly values: tf.Tensor
}

/** Eigenvectors of a covariance in float64 on the host. */
export const eigenOf = ({ shape, data }: HostArray): Eigen => {
  const d = shape[0]!
  const matrix = Matrix.from1DArray(d, d, data)
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(matrix, { assumeSymmetric: true })
  return {
    vectors: fromHost({ shape: [d, d], data: Float64Array.from(eigenvectorMatrix.to1DArray()) }),
    values: fromHost({ shape: [d], data: Float64Array.from(realEigenvalues) })
  }
}

/** The field to N(m, S) with S given by its eigenvectors: two products with a [d, d] matrix per evaluation. */
export const fullField = (mean: tf.Tensor, { vectors, values }: Eigen, sourceScale: number): BaseField => ({
  velocity: (t, x) =>
    scoped(() => {
      const d = x.shape[0]!
      const centred = tf.reshape(tf.sub(x, tf.mul(t, mean)), [1, d])
      const turned = tf.mul(tf.matMul(centred, vectors), slopes(t, values, sourceScale))
      return tf.add(mean, tf.reshape(tf.matMul(turned, vectors, false, true), [d]))
    }),
  divergence: (t) => scoped(() => tf.sum(slopes(t, values, sourceScale)))
})
