// Sets of matrices: positive definite ones, and Cholesky factors of these or of correlations.
import * as tf from '@tensorflow/tfjs-core'
import { chain, choleskyOuterProduct, corrCholesky, fillScaleTril } from '@bdl/bijectors'
import { cholesky, diagPart, matrixTranspose, triu } from '@bdl/core'
import { allLast, constraint, type Constraint } from './constraint.js'

/** Rounding that equalities between numbers of size one are forgiven. */
const ROUNDING = 1e-5

const isLowerTriangular = (x: tf.Tensor): tf.Tensor =>
  tf.logicalAnd(allLast(tf.equal(triu(x, 1), 0), 2), allLast(tf.isFinite(x), 2))

const hasPositiveDiagonal = (x: tf.Tensor): tf.Tensor => allLast(tf.greater(diagPart(x), 0), 1)

/** |a_ij - a_ji| <= 1e-5 sqrt(a_ii a_jj): what rounding leaves of symmetry, whatever the scales of the axes are. */
const isSymmetric = (x: tf.Tensor): tf.Tensor => {
  const scales = tf.sqrt(tf.abs(diagPart(x)))
  const allowed = tf.mul(tf.mul(tf.expandDims(scales, -1), tf.expandDims(scales, -2)), ROUNDING)
  return allLast(tf.lessEqual(tf.abs(tf.sub(x, matrixTranspose(x))), allowed), 2)
}

/** Lower triangular n x n matrices with a positive diagonal. */
export const lowerCholesky: Constraint = constraint({
  name: 'lowerCholesky',
  eventNdims: 2,
  contains: (x) => tf.logicalAnd(isLowerTriangular(x), hasPositiveDiagonal(x)),
  fromReals: fillScaleTril()
})

/** Symmetric positive definite n x n matrices: those that have a Cholesky factor, and are symmetric up to rounding. */
export const positiveDefinite: Constraint = constraint({
  name: 'positiveDefinite',
  eventNdims: 2,
  contains: (x) => tf.logicalAnd(isSymmetric(x), hasPositiveDiagonal(cholesky(x))),
  fromReals: chain(fillScaleTril(), choleskyOuterProduct)
})

/** Cholesky factors of n x n correlation matrices: lower triangular, a positive diagonal, rows of length 1 up to rounding. */
export const correlationCholesky: Constraint = constraint({
  name: 'correlationCholesky',
  eventNdims: 2,
  contains: (x) => {
    const excess = tf.sub(tf.sum(tf.square(x), -1), 1)
    const hasUnitRows = allLast(tf.lessEqual(tf.abs(excess), ROUNDING), 1)
    return tf.logicalAnd(tf.logicalAnd(isLowerTriangular(x), hasPositiveDiagonal(x)), hasUnitRows)
  },
  fromReals: corrCholesky
})
