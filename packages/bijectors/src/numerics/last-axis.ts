// Slices and padding along the last axis, whatever the leading ones are.
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
