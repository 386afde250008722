// Places along the last axis, whatever the leading ones are.
import * as tf from '@tensorflow/tfjs-core'

/** Length of the last axis; 0 of a scalar. */
export const lastSize = (x: tf.Tensor): number => x.shape[x.rank - 1] ?? 0

/** Entries begin, ..., begin + size - 1. */
export const sliceLast = (x: tf.Tensor, begin: number, size: number): tf.Tensor => {
  const lead = x.shape.slice(0, -1)
  return tf.slice(x, [...lead.map(() => 0), begin], [...lead, size])
}

/** `value`, so many times before and after the entries. */
export const padLast = (x: tf.Tensor, before: number, after: number, value: number): tf.Tensor =>
  tf.pad(x, [...x.shape.slice(0, -1).map((): [number, number] => [0, 0]), [before, after]], value)

/** The entries at `places`, in their order. */
export const pickLast = (x: tf.Tensor, places: readonly number[]): tf.Tensor =>
  tf.gather(x, tf.tensor1d([...places], 'int32'), x.rank - 1)

/** True for the i-th of n entries: bool [n]; i may be traced. */
export const isEntry = (i: tf.Tensor, n: number): tf.Tensor => tf.equal(tf.range(0, n, 1, 'int32'), i)

/** The one entry where the mask [n] is true: [..., n] -> [...]. What other entries are does not matter, NaN included. */
export const entryWhere = (isOne: tf.Tensor, x: tf.Tensor): tf.Tensor => tf.sum(tf.where(isOne, x, tf.zerosLike(x)), -1)
