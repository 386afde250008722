// y = L x + shift with a lower triangular L.
import * as tf from '@tensorflow/tfjs-core'
import { tril } from '@bdl/compiler'
import { expectInteger, expectSquareMatrix, matrixVector, triangularSolveVector, type Learnable } from '@bdl/core'
import { bijector, type Bijector } from '../bijector.js'
import { deferred } from '../combinators/deferred.js'
import { exp } from '../elementwise/exp.js'
import { fillScaleTril } from '../matrices/fill-scale-tril.js'
import { expectFinite, filled, type Parameter } from '../parameters.js'
import { expectVectors } from '../expect-event.js'
import { expectNonzeroDiagonal, logAbsDetOfTriangle } from './triangle.js'

export interface ScaleTrilOptions {
  /** [...M, n, n], of which the lower triangle is read; no zero on its diagonal. */
  readonly scaleTril: tf.Tensor
  /** [...M, n] or a number; default 0. */
  readonly shift?: Parameter
}

/**
 * y = L x + shift, with L the lower triangle of `scaleTril`; log-det = sum_i log|L_ii|. Leading axes broadcast.
 *
 * @error InvalidArgument if an entry of the diagonal is 0 or not finite, or one of `shift` not finite; ShapeMismatch if the
 *   matrix is not square or x does not end in n
 * @precision the inverse is by substitution: an error of a few ulp times the condition number of L
 * @example scaleTril({ scaleTril: tf.tensor2d([[2, 0], [1, 3]]) }).forward(tf.tensor1d([1, 1])) // => [2, 4]
 */
export const scaleTril = ({ scaleTril: matrix, shift = 0 }: ScaleTrilOptions): Bijector => {
  const n = expectSquareMatrix('scaleTril', 'scaleTril', matrix)
  expectNonzeroDiagonal('scaleTril', 'scaleTril', matrix)
  expectFinite('scaleTril', 'shift', shift)
  const logDet = (y: tf.Tensor): tf.Tensor => filled(logAbsDetOfTriangle(matrix), y.shape.slice(0, -1))
  return bijector({
    name: 'scaleTril',
    eventNdims: 1,
    forwardAndLogDet: (x) => {
      expectVectors('scaleTril', x, n)
      const y = tf.add(matrixVector(tril(matrix), x), shift)
      return [y, logDet(y)]
    },
    inverseAndLogDet: (y) => {
      expectVectors('scaleTril', y, n)
      const x = triangularSolveVector(matrix, tf.sub(y, shift), { lower: true })
      return [x, tf.neg(logDet(x))]
    }
  })
}

export type ScaleTrilParams = { readonly triangle: tf.Tensor; readonly shift: tf.Tensor }

/**
 * A lower triangular matrix to learn, with the logarithms of its diagonal, and a shift; the identity to begin with.
 *
 * @error InvalidArgument if `size` is not a positive integer
 * @example learnableScaleTril({ size: 2 }).init(key(0)).triangle.shape // => [3]
 */
export const learnableScaleTril = ({ size }: { readonly size: number }): Learnable<ScaleTrilParams, Bijector> => {
  expectInteger('learnableScaleTril', { size }, 1)
  const filling = fillScaleTril({ diagonal: exp })
  return {
    init: () => ({ triangle: tf.zeros([(size * (size + 1)) / 2]), shift: tf.zeros([size]) }),
    build: ({ triangle, shift }) => {
      const made = (): Bijector => scaleTril({ scaleTril: filling.forward(triangle), shift })
      return deferred({ name: 'scaleTril', eventNdims: 1 }, made)
    }
  }
}
