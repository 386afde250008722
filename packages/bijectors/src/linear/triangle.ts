// Triangular matrices as linear maps.
import * as tf from '@tensorflow/tfjs-core'
import { diagPart, isValidating, scoped } from '@bdl/core'
import { expectNonzero } from '../parameters.js'

/** No entry of the diagonal is 0, so that the triangle is invertible. @error InvalidArgument */
export const expectNonzeroDiagonal = (fn: string, argument: string, a: tf.Tensor): void => {
  if (isValidating()) scoped(() => expectNonzero(fn, `diagonal of ${argument}`, diagPart(a)))
}

/** sum_i log|a_ii|: log|det| of triangles, [..., n, n] -> [...]. */
export const logAbsDetOfTriangle = (a: tf.Tensor): tf.Tensor => tf.sum(tf.log(tf.abs(diagPart(a))), -1)
