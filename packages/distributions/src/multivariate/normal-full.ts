// Normal vectors with their covariance given.
import * as tf from '@tensorflow/tfjs-core'
import { cholesky, choleskySolve, diagPart, scoped, symmetrise } from '@bdl/core'
import { broadcastShapeOf, expectFiniteParameter, type Parameter } from '../parameters.js'
import { expectPositiveDefinite, expectSquare, expectVectorOf, leadOf } from './checks.js'
import { gaussian, type MultivariateNormal } from './gaussian.js'
import { byFactor } from './normal-tril.js'

export interface MultivariateNormalFull extends MultivariateNormal {
  readonly name: 'multivariateNormal'
  /** Cholesky factor of the covariance, [...B, n, n]. */
  readonly scaleTril: () => tf.Tensor
  /** Inverse of the covariance, [...B, n, n]. */
  readonly precision: () => tf.Tensor
}

/**
 * N(loc, C) over vectors: `multivariateNormalTriL` with L Lᵀ = C, factored where it is used (compiled, once).
 *
 * @param loc mean, a number or [...B, n]
 * @param covariance C, [...B, n, n], symmetric positive definite; leading axes broadcast. What counts is (C + Cᵀ) / 2, so that
 *   derivatives are symmetric
 * @error InvalidArgument if `loc` is not finite or `covariance` not symmetric and positive definite; ShapeMismatch if sizes do
 *   not fit. Traced, densities of what is not positive definite are NaN
 * @precision float32: errors grow with the condition of C; given its factor, with the root of that
 * @example multivariateNormal(0, tf.tensor2d([[4, 2], [2, 5]])).logProb(tf.zeros([2])) // => -3.2242
 */
export const multivariateNormal = (loc: Parameter, covariance: tf.Tensor): MultivariateNormalFull => {
  const fn = 'multivariateNormal'
  const size = expectSquare(fn, 'covariance', covariance)
  expectVectorOf(fn, 'loc', loc, size)
  expectFiniteParameter(fn, 'loc', loc)
  expectPositiveDefinite(fn, 'covariance', covariance)
  const batchShape = broadcastShapeOf(fn, { loc: leadOf(loc, 1), covariance: leadOf(covariance, 2) })
  const parts = byFactor(() => cholesky(covariance), size)
  const whole = (x: tf.Tensor, own: readonly number[]): tf.Tensor =>
    tf.add(x, tf.zeros([...batchShape, ...own.map(() => 1)]))
  const made = gaussian({
    ...{ name: fn, loc, batchShape, size, ...parts },
    variance: () => whole(diagPart(covariance), [size]),
    covariance: () => whole(symmetrise(covariance), [size, size])
  })
  const precision = (): tf.Tensor => scoped(() => choleskySolve(cholesky(covariance), tf.eye(size)))
  return Object.freeze({ ...made, name: fn, scaleTril: made.factor, precision })
}
