// Normal vectors that few factors correlate: a diagonal plus a matrix of low rank.
import * as tf from '@tensorflow/tfjs-core'
import {
  BdlError,
  cholesky,
  choleskySolve,
  diagonal,
  diagPart,
  matrixTranspose,
  matrixVector,
  normal as standardNormal,
  split
} from '@bdl/core'
import {
  broadcastShapeOf,
  expectFiniteParameter,
  expectPositiveParameter,
  filled,
  type Parameter
} from '../parameters.js'
import { expectVectorOf, leadOf } from './checks.js'
import { gaussian, type GaussianParts, type MultivariateNormal } from './gaussian.js'

export interface MultivariateNormalLowRank extends MultivariateNormal {
  readonly name: 'multivariateNormalLowRank'
  /** W, [...B, n, k]. */
  readonly lowRank: tf.Tensor
  /** d, a number or [...B, n]. */
  readonly diag: Parameter
}

/** Parameters in full: W [...B, n, k] as given, d [...B, n]. */
interface Form {
  readonly w: tf.Tensor
  readonly d: () => tf.Tensor
}

/** W with rows over d, and the Cholesky factor of 1 + Wᵀ diag(d)⁻¹ W, [...B, k, k]. */
const capacitance = ({ w, d }: Form): readonly [scaled: tf.Tensor, factor: tf.Tensor] => {
  const scaled = tf.div(w, tf.expandDims(d(), -1))
  const lead = scaled.shape.slice(0, -2)
  const whole = tf.add(w, tf.zeros([...lead, 1, 1]))
  const k = w.shape[w.rank - 1]!
  return [scaled, cholesky(tf.add(tf.matMul(whole, scaled, true, false), tf.eye(k)))]
}

/**
 * δᵀ Σ⁻¹ δ as the least value over z of |diag(d)^-½ (δ - W z)|² + |z|², a sum of squares: the difference of Woodbury's
 * identity cancels where W is large.
 */
const quadratic = (form: Form, delta: tf.Tensor): tf.Tensor => {
  const [scaled, factor] = capacitance(form)
  const right = matrixVector(matrixTranspose(scaled), delta)
  const z = vectorSolve(factor, right)
  const rest = tf.sub(delta, matrixVector(form.w, z))
  return tf.add(tf.sum(tf.div(tf.square(rest), form.d()), -1), tf.sum(tf.square(z), -1))
}

/** x with L Lᵀ x = b of vectors. */
const vectorSolve = (l: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.squeeze(choleskySolve(l, tf.expandDims(b, -1)), [-1])

const partsOf = (form: Form, size: number): Omit<GaussianParts, 'name' | 'loc' | 'batchShape' | 'size'> => {
  const { w, d } = form
  const k = w.shape[w.rank - 1]!
  const whole = (): tf.Tensor => tf.add(w, tf.zeros([...d().shape, 1]))
  return {
    quadratic: (delta) => quadratic(form, delta),
    halfLogDet: () => tf.add(tf.sum(tf.log(diagPart(capacitance(form)[1])), -1), tf.mul(tf.sum(tf.log(d()), -1), 0.5)),
    factor: () => tf.concat([diagonal(tf.sqrt(d())), whole()], -1),
    variance: () => tf.add(d(), tf.sum(tf.square(w), -1)),
    covariance: () => tf.add(diagonal(d()), tf.matMul(whole(), whole(), false, true)),
    draw: (key, lead) => {
      const [keyOwn, keyShared] = split(key)
      const own = tf.mul(standardNormal(keyOwn, [...lead, size]), tf.sqrt(d()))
      return [tf.add(own, matrixVector(w, standardNormal(keyShared, [...lead, k])))]
    }
  }
}

/**
 * N(loc, Σ) over vectors with Σ = diag(d) + W Wᵀ. Densities take n k² operations and never the matrix n x n: the determinant is
 * det(1 + Wᵀ diag(d)⁻¹ W) times the product of d, and the quadratic form a least-squares problem in k unknowns.
 *
 * @param loc mean, a number or [...B, n]
 * @param factor W, [...B, n, k], with k well below n where it is to pay
 * @param diag d, variances > 0, a number or [...B, n]; leading axes broadcast
 * @error InvalidArgument if an entry is not finite or `diag` not positive; ShapeMismatch if sizes do not fit
 * @precision float32: the quadratic form is a sum of squares, right to a few ulp times the root of the condition of 1 + Wᵀ
 *   diag(d)⁻¹ W
 * @source Woodbury (1950); Petersen & Pedersen (2012), The Matrix Cookbook, 156 and 24
 * @example multivariateNormalLowRank(0, tf.ones([2, 1]), 1).covariance() // => [[2, 1], [1, 2]]
 */
export const multivariateNormalLowRank = (
  loc: Parameter,
  factor: tf.Tensor,
  diag: Parameter
): MultivariateNormalLowRank => {
  const fn = 'multivariateNormalLowRank'
  const [size, k] = factor.shape.slice(-2)
  if (size === undefined || k === undefined)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn,
      argument: 'factor',
      expected: 'shape [..., n, k]',
      got: `[${factor.shape.join(', ')}]`
    })
  expectVectorOf(fn, 'loc', loc, size)
  expectVectorOf(fn, 'diag', diag, size)
  expectFiniteParameter(fn, 'loc', loc)
  expectFiniteParameter(fn, 'factor', factor)
  expectPositiveParameter(fn, 'diag', diag)
  const lead = { loc: leadOf(loc, 1), factor: leadOf(factor, 2), diag: leadOf(diag, 1) }
  const batchShape = broadcastShapeOf(fn, lead)
  const parts = partsOf({ w: factor, d: () => filled(diag, [...batchShape, size]) }, size)
  return Object.freeze({ ...gaussian({ name: fn, loc, batchShape, size, ...parts }), name: fn, lowRank: factor, diag })
}
