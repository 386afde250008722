// Any invertible matrix.
import * as tf from '@tensorflow/tfjs-core'
import { qr, slogdet } from '@bdl/compiler'
import {
  expectEvery,
  expectSquareMatrix,
  isValidating,
  matrixTranspose,
  matrixVector,
  scoped,
  triangularSolveVector
} from '@bdl/core'
import { bijector, type Bijector } from '../bijector.js'
import { expectFinite, filled, type Parameter } from '../parameters.js'
import { expectVectors } from '../expect-event.js'
import { logAbsDetOfTriangle } from './triangle.js'

export interface LinearOptions {
  /** W, [...M, n, n], not singular. Leading axes broadcast against those of x. */
  readonly weight: tf.Tensor
  /** [...M, n] or a number; default 0. */
  readonly bias?: Parameter
}

/**
 * y = W x + bias of vectors; log-det = log|det W|. The determinant and the inverse cost n³ a call, by the QR factors of W,
 * whatever the number of vectors; where that is much, `luLinear` holds factors instead.
 *
 * @error InvalidArgument if W is singular or a parameter not finite; ShapeMismatch if W is not square or x does not end in n
 * @precision of the inverse: some ulps times the condition number of W
 * @example linear({ weight: tf.tensor2d([[0, 2], [1, 0]]) }).forward(tf.tensor1d([3, 4])) // => [8, 3]
 */
export const linear = ({ weight, bias = 0 }: LinearOptions): Bijector => {
  const n = expectSquareMatrix('linear', 'weight', weight)
  expectFinite('linear', 'weight', weight)
  expectFinite('linear', 'bias', bias)
  if (isValidating())
    scoped(() =>
      expectEvery('linear', 'weight', slogdet(weight).logAbsDet, 'matrices with a finite log|det|', Number.isFinite)
    )
  return bijector({
    name: 'linear',
    eventNdims: 1,
    forwardAndLogDet: (x) => {
      expectVectors('linear', x, n)
      const y = tf.add(matrixVector(weight, x), bias)
      return [y, filled(slogdet(weight).logAbsDet, y.shape.slice(0, -1))]
    },
    inverseAndLogDet: (y) => {
      expectVectors('linear', y, n)
      const { q, r } = qr(weight)
      const x = triangularSolveVector(r, matrixVector(matrixTranspose(q), tf.sub(y, bias)), { lower: false })
      return [x, filled(tf.neg(logAbsDetOfTriangle(r)), x.shape.slice(0, -1))]
    }
  })
}
