/** The linear map to coordinates in which data have the covariance I: there every kernel is round. */
import * as tf from '@tensorflow/tfjs-core'
import { cholesky, diagPart, matrixVector, triangularSolveVector } from '@bdl/core'
import { momentsOf } from './scatter-matrix.js'

export interface Whitening {
  /** x [..., d] -> L^-1 (x - mean). */
  readonly forward: (x: tf.Tensor) => tf.Tensor
  /** Directions alone: z [..., d] -> L z. */
  readonly spread: (z: tf.Tensor) => tf.Tensor
  /** log |det L^-1|, scalar. */
  readonly logDet: tf.Tensor
}

/** Of data [n, d] with weights [n]: L L^T is the unbiased covariance, which is divided by 1 - sum of squared weights. */
export const whiten = (data: tf.Tensor, weights: tf.Tensor): Whitening => {
  const { mean, covariance } = momentsOf(data, weights)
  const l = cholesky(tf.div(covariance, tf.sub(1, tf.sum(tf.square(weights)))))
  return {
    forward: (x) => triangularSolveVector(l, tf.sub(x, mean)),
    spread: (z) => matrixVector(l, z),
    logDet: tf.neg(tf.sum(tf.log(diagPart(l))))
  }
}

/** With standard deviations [d] along the axes: nothing is learnt from the data but where they are. */
export const scaled = (data: tf.Tensor, deviations: tf.Tensor): Whitening => {
  const centre = tf.mean(data, 0)
  return {
    forward: (x) => tf.div(tf.sub(x, centre), deviations),
    spread: (z) => tf.mul(z, deviations),
    logDet: tf.neg(tf.sum(tf.log(deviations)))
  }
}
