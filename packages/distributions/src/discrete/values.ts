// Values of discrete families: integral, of any dtype, and not differentiated.
import * as tf from '@tensorflow/tfjs-core'
import { stopGradient } from '@bdl/compiler'
import type { Constraint } from '../constraint.js'

/** A value as float32, with as many axes and entries as it has together with the batch [...B]. */
export const broadcastValue = (value: tf.Tensor, batchShape: readonly number[]): tf.Tensor => {
  const x = tf.cast(value, 'float32')
  return stopGradient(batchShape.length === 0 ? x : tf.add(x, tf.zeros([...batchShape])))
}

/** Indices [...S] as one-hot vectors [...S, n] of int32, also of one class, which tf.oneHot refuses. */
export const oneHotVectors = (index: tf.Tensor, n: number): tf.Tensor =>
  tf.cast(tf.equal(tf.expandDims(index, -1), tf.range(0, n, 1, 'int32')), 'int32')

/** The log-probability of atoms; -inf elsewhere, where it is never computed. */
export const atomsOnly = (atoms: Constraint, x: tf.Tensor, logProb: (atom: tf.Tensor) => tf.Tensor): tf.Tensor => {
  const inside = atoms.contains(x)
  return tf.where(inside, logProb(tf.where(inside, x, tf.zerosLike(x))), -Infinity)
}

/** A value as float32 vectors [...S, ...B, n]; `shape` is [...B, n]. */
export const broadcastVectors = (value: tf.Tensor, shape: readonly number[]): tf.Tensor =>
  stopGradient(tf.add(tf.cast(value, 'float32'), tf.zeros([...shape])))

/** As `atomsOnly`, for vectors: the log-probability [...S, ...B] of atoms [...S, ...B, n]. */
export const atomsOnlyVectors = (
  atoms: Constraint,
  x: tf.Tensor,
  logProb: (atom: tf.Tensor) => tf.Tensor
): tf.Tensor => {
  const inside = atoms.contains(x)
  return tf.where(inside, logProb(tf.where(tf.expandDims(inside, -1), x, tf.zerosLike(x))), -Infinity)
}
