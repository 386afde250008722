/**
 * Kinetic energies of Hamiltonian dynamics, K(p) = pᵀ M⁻¹ p / 2: what velocity a momentum gives and how momenta are drawn.
 * M⁻¹ should resemble the posterior covariance (units of position²).
 */
import * as tf from '@tensorflow/tfjs-core'
import { cholesky as choleskyOf, triangularSolve } from '@bdl/compiler'
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

const rowTimes = (row: tf.Tensor, matrix: tf.Tensor): tf.Tensor =>
  tf.reshape(tf.matMul(tf.reshape(row, [1, -1]), matrix), [-1])

/** p with Lᵀ p = z for a draw z from N(0, I), so that p has covariance L⁻ᵀ L⁻¹ = M. */
const denseFrom = (matrix: tf.Tensor, factor: tf.Tensor, unwhiten: (z: tf.Tensor) => tf.Tensor): Metric => ({
  velocity: (momentum) => rowTimes(momentum, matrix), // symmetric: row or column is the same
  whiten: (momentum) => rowTimes(momentum, factor),
  momentum: (key, dim) => unwhiten(normal(key, [dim]))
})

/**
 * M⁻¹ = `inverseMass`, a full matrix.
 *
 * @param inverseMass [dim, dim], symmetric positive definite. On the host it is factorised there, in float64; a tensor, which
 *   may be traced so that warm-up can vary it, where it is used, in float32
 * @param factor of a tensor, L with M⁻¹ = L Lᵀ, if it is known
 * @returns the metric; it holds these matrices, or three of its own if `inverseMass` is on the host, for as long as it is used
 * @error InvalidArgument if a matrix on the host is not positive definite; a tensor then gives NaN
 */
export const denseMetric = (inverseMass: HostArray | tf.Tensor, factor?: tf.Tensor): Metric => {
  if (!(inverseMass instanceof tf.Tensor)) {
    const lower = cholesky(inverseMass)
    const inverse = fromHost(invertLower(lower))
    return denseFrom(fromHost(inverseMass), fromHost(lower), (z) => rowTimes(z, inverse))
  }
  const lower = factor ?? choleskyOf(inverseMass)
  const solve = (z: tf.Tensor) => triangularSolve(lower, tf.reshape(z, [-1, 1]), { transpose: true })
  return denseFrom(inverseMass, lower, (z) => tf.reshape(solve(z), [-1]))
}

/** pᵀ M⁻¹ p / 2, a scalar in nats. */
export const kineticEnergy = (metric: Metric, momentum: tf.Tensor): tf.Tensor =>
  tf.mul(0.5, tf.sum(tf.mul(momentum, metric.velocity(momentum))))
