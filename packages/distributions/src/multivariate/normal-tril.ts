// Normal vectors with the Cholesky factor of their covariance given.
import * as tf from '@tensorflow/tfjs-core'
import {
  diagPart,
  matrixTranspose,
  matrixVector,
  normal as standardNormal,
  tril,
  triangularSolveVector
} from '@bdl/core'
import { broadcastShapeOf, expectFiniteParameter, type Parameter } from '../parameters.js'
import { expectScaleTril, expectSquare, expectVectorOf, leadOf } from './checks.js'
import { gaussian, type GaussianParts, type MultivariateNormal } from './gaussian.js'

export interface MultivariateNormalTriL extends MultivariateNormal {
  readonly name: 'multivariateNormalTriL'
  /** [...B, n, n], lower triangular with a positive diagonal. */
  readonly scaleTril: tf.Tensor
}

/** All that follows from a factor L of the covariance, which is made anew in each call. */
export const byFactor = (
  factor: () => tf.Tensor,
  size: number
): Pick<GaussianParts, 'quadratic' | 'halfLogDet' | 'factor' | 'variance' | 'covariance' | 'draw'> => ({
  quadratic: (delta) => tf.sum(tf.square(triangularSolveVector(factor(), delta)), -1),
  halfLogDet: () => tf.sum(tf.log(diagPart(factor())), -1),
  factor,
  variance: () => tf.sum(tf.square(factor()), -1),
  covariance: () => {
    const l = factor()
    return tf.matMul(l, matrixTranspose(l))
  },
  draw: (key, lead) => {
    const z = standardNormal(key, [...lead, size])
    return [matrixVector(factor(), z), tf.sum(tf.square(z), -1)]
  }
})

/**
 * N(loc, L Lᵀ) over vectors: log p(x) = -|L⁻¹ (x - loc)|^2 / 2 - sum_i log L_ii - n log(2 pi) / 2.
 *
 * @param loc mean, a number or [...B, n]
 * @param scaleTril L, [...B, n, n], lower triangular with a positive diagonal; leading axes broadcast. Traced, what stands above
 *   the diagonal is not looked at
 * @error InvalidArgument if `loc` is not finite or `scaleTril` no such triangle; ShapeMismatch if sizes do not fit
 * @precision float32: errors grow with the condition of L; compiled by our WebAssembly and eagerly, systems are solved in
 *   float64 within
 * @example multivariateNormalTriL(0, tf.tensor2d([[2, 0], [1, 2]])).covariance() // => [[4, 2], [2, 5]]
 */
export const multivariateNormalTriL = (loc: Parameter, scaleTril: tf.Tensor): MultivariateNormalTriL => {
  const fn = 'multivariateNormalTriL'
  const size = expectSquare(fn, 'scaleTril', scaleTril)
  expectVectorOf(fn, 'loc', loc, size)
  expectFiniteParameter(fn, 'loc', loc)
  expectScaleTril(fn, 'scaleTril', scaleTril)
  const batchShape = broadcastShapeOf(fn, { loc: leadOf(loc, 1), scaleTril: leadOf(scaleTril, 2) })
  const own = (): tf.Tensor => tf.add(tril(scaleTril), tf.zeros([...batchShape, 1, 1]))
  const parts = byFactor(() => tril(scaleTril), size)
  const whole = byFactor(own, size)
  const { variance, covariance } = whole
  return Object.freeze({
    ...gaussian({ name: fn, loc, batchShape, size, ...parts, variance, covariance }),
    name: fn,
    scaleTril
  })
}
