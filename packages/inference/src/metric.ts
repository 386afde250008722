/**
 * Kinetic energies of Hamiltonian dynamics, K(p) = pᵀ M⁻¹ p / 2: what velocity a momentum gives and how momenta are drawn.
 * M⁻¹ should resemble the posterior covariance (units of position²).
 */
import * as tf from '@tensorflow/tfjs-core'
import { fromHost, normal } from '@bdl/core'
import type { HostArray, Key } from '@bdl/core'
import { cholesky, invertLower } from './linear-algebra.js'

export interface Metric {
  /** M⁻¹ p: [dim] -> [dim]. */
  readonly velocity: (momentum: tf.Tensor) => tf.Tensor
  /** Lᵀ p with M⁻¹ = L Lᵀ: [dim] -> [dim]. Of a draw from N(0, M) it is N(0, I), and pᵀ M⁻¹ p' is an inner product of two. */
  readonly whiten: (momentum: tf.Tensor) => tf.Tensor
  /** A draw from N(0, M): [dim]. */
  readonly momentum: (key: Key, dim: number) => tf.Tensor
}

/** M = I. */
export const identityMetric: Metric = {
  velocity: (momentum) => tf.clone(momentum),
  whiten: (momentum) => tf.clone(momentum),
  momentum: (key, dim) => normal(key, [dim])
}

/**
 * M⁻¹ = diag(`inverseMass`).
 *
 * @param inverseMass [dim], positive, in units of position²; may be a traced tensor, so that warm-up can vary it
 */
export const diagonalMetric = (inverseMass: tf.Tensor): Metric => ({
  velocity: (momentum) => tf.mul(inverseMass, momentum),
  whiten: (momentum) => tf.mul(tf.sqrt(inverseMass), momentum),
  momentum: (key, dim) => tf.mul(normal(key, [dim]), tf.rsqrt(inverseMass))
})

/**
 * M⁻¹ = `inverseMass`, a full matrix; factorised on the host in float64.
 *
 * @param inverseMass [dim, dim], symmetric positive definite
 * @returns the metric; it holds three [dim, dim] tensors for as long as it is used
 * @error InvalidArgument if the matrix is not positive definite
 */
export const denseMetric = (inverseMass: HostArray): Metric => {
  // M⁻¹ = L Lᵀ, so p = L⁻ᵀ z has covariance L⁻ᵀ L⁻¹ = M; as a row vector that is zᵀ L⁻¹
  const factor = cholesky(inverseMass)
  const [matrix, lower, inverse] = [fromHost(inverseMass), fromHost(factor), fromHost(invertLower(factor))]
  const rowTimes = (row: tf.Tensor, m: tf.Tensor) => tf.reshape(tf.matMul(tf.reshape(row, [1, -1]), m), [-1])
  return {
    velocity: (momentum) => rowTimes(momentum, matrix), // symmetric: row or column is the same
    whiten: (momentum) => rowTimes(momentum, lower),
    momentum: (key, dim) => rowTimes(normal(key, [dim]), inverse)
  }
}

/** pᵀ M⁻¹ p / 2, a scalar in nats. */
export const kineticEnergy = (metric: Metric, momentum: tf.Tensor): tf.Tensor =>
  tf.mul(0.5, tf.sum(tf.mul(momentum, metric.velocity(momentum))))
