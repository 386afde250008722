// Normal matrices whose rows and whose columns are correlated.
import * as tf from '@tensorflow/tfjs-core'
import {
  diagPart,
  matrixProduct,
  matrixTranspose,
  normal as standardNormal,
  scoped,
  triangularSolve,
  tril
} from '@bdl/core'
import { everyOf, real } from '../constraint.js'
import { distribution, type Distribution } from '../distribution.js'
import { broadcastShapeOf, expectFiniteParameter, filled, type Parameter } from '../parameters.js'
import { expectScaleTril, expectSquare, expectMatrixOf, leadOf } from './checks.js'
import { onlyInside } from './inside.js'

const HALF_LOG_TAU = 0.5 * Math.log(2 * Math.PI)

/** Parameters of a matrix normal, and its covariances. */
interface MatrixNormalFields {
  readonly loc: Parameter
  readonly rowScaleTril: tf.Tensor
  readonly columnScaleTril: tf.Tensor
  /** Covariance of the entries of a column, up to a factor that moves to the other one: [...R, m, m]. */
  readonly rowCovariance: () => tf.Tensor
  /** Covariance of the entries of a row, up to that factor: [...C, n, n]. */
  readonly columnCovariance: () => tf.Tensor
}

export interface MatrixNormal extends Distribution, MatrixNormalFields {
  readonly name: 'matrixNormal'
}

const square = (l: tf.Tensor): tf.Tensor => scoped(() => matrixProduct(tril(l), tril(l), { transposeB: true }))

const logDiagonal = (l: tf.Tensor): tf.Tensor => tf.sum(tf.log(diagPart(l)), -1)

/** Row and column factors A and B of a normal matrix. */
interface Factors {
  readonly a: tf.Tensor
  readonly b: tf.Tensor
  readonly rows: number
  readonly columns: number
}

const halfLogDet = ({ a, b, rows, columns }: Factors): tf.Tensor =>
  tf.add(tf.mul(logDiagonal(a), columns), tf.mul(logDiagonal(b), rows))

/** The log-density where |A⁻¹ δ B⁻ᵀ|^2 is `squares`. */
const density = (factors: Factors, squares: tf.Tensor): tf.Tensor =>
  tf.sub(tf.mul(squares, -0.5), tf.add(halfLogDet(factors), factors.rows * factors.columns * HALF_LOG_TAU))

const squaresOf = ({ a, b }: Factors, delta: tf.Tensor): tf.Tensor =>
  tf.sum(tf.square(triangularSolve(b, matrixTranspose(triangularSolve(a, delta)))), [-2, -1])

const logProbAt = (factors: Factors, delta: tf.Tensor): tf.Tensor => {
  const isFar = tf.any(tf.isInf(delta), [-2, -1])
  const near = tf.where(tf.reshape(isFar, [...isFar.shape, 1, 1]), 0, delta)
  return onlyInside(tf.logicalNot(isFar), density(factors, squaresOf(factors, near)))
}

/** Products of the variances of rows and of columns. */
const varianceOf = ({ a, b }: Factors): tf.Tensor => {
  const [rows, columns] = [tf.sum(tf.square(tril(a)), -1, true), tf.sum(tf.square(tril(b)), -1)]
  return tf.mul(rows, tf.expandDims(columns, -2))
}

/**
 * X = loc + A Z Bᵀ with independent standard normal entries of Z: cov(X_ij, X_kl) = (A Aᵀ)_ik (B Bᵀ)_jl.
 *
 * log p(X) = -|A⁻¹ (X - loc) B⁻ᵀ|^2 / 2 - n sum_i log A_ii - m sum_j log B_jj - m n log(2 pi) / 2
 * @param loc mean, a number or [...B, m, n]
 * @param rowScaleTril A, [...B, m, m], lower triangular with a positive diagonal
 * @param columnScaleTril B, [...B, n, n], likewise; leading axes broadcast
 * @error InvalidArgument if `loc` is not finite or a factor no such triangle; ShapeMismatch if sizes do not fit
 * @precision float32: errors grow with the condition of the factors
 * @source Dawid (1981), Some matrix-variate distribution theory, Biometrika 68(1)
 * @example matrixNormal(tf.zeros([2, 3]), tf.eye(2), tf.eye(3)).logProb(tf.zeros([2, 3])) // => -5.5136
 */
export const matrixNormal = (loc: Parameter, rowScaleTril: tf.Tensor, columnScaleTril: tf.Tensor): MatrixNormal => {
  const fn = 'matrixNormal'
  const m = expectSquare(fn, 'rowScaleTril', rowScaleTril)
  const n = expectSquare(fn, 'columnScaleTril', columnScaleTril)
  expectMatrixOf(fn, 'loc', loc, m, n)
  expectFiniteParameter(fn, 'loc', loc)
  expectScaleTril(fn, 'rowScaleTril', rowScaleTril)
  expectScaleTril(fn, 'columnScaleTril', columnScaleTril)
  const batchShape = broadcastShapeOf(fn, {
    loc: leadOf(loc, 2),
    rowScaleTril: leadOf(rowScaleTril, 2),
    columnScaleTril: leadOf(columnScaleTril, 2)
  })
  const factors: Factors = { a: rowScaleTril, b: columnScaleTril, rows: m, columns: n }
  const mean = (): tf.Tensor => filled(loc, [...batchShape, m, n])
  return distribution<tf.Tensor, MatrixNormalFields & Pick<MatrixNormal, 'name'>>({
    name: fn,
    ...{ loc, rowScaleTril, columnScaleTril },
    rowCovariance: () => square(rowScaleTril),
    columnCovariance: () => square(columnScaleTril),
    batchShape,
    eventShape: [m, n],
    isReparameterised: true,
    support: everyOf(2)(real),
    logProb: (x) => logProbAt(factors, tf.sub(x, loc)),
    sampleAndLogProb: (key, sampleShape) => {
      const z = standardNormal(key, [...sampleShape, ...batchShape, m, n])
      const delta = matrixProduct(matrixProduct(tril(rowScaleTril), z), tril(columnScaleTril), { transposeB: true })
      return [tf.add(delta, loc), density(factors, tf.sum(tf.square(z), [-2, -1]))]
    },
    mean,
    mode: mean,
    variance: () => filled(varianceOf(factors), [...batchShape, m, n]),
    entropy: () => filled(tf.add(halfLogDet(factors), m * n * (HALF_LOG_TAU + 0.5)), batchShape)
  })
}
