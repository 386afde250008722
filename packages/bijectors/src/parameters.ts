// Parameters of bijectors: numbers, or tensors that broadcast against x; checked where they are given.
import * as tf from '@tensorflow/tfjs-core'
import { expectEvery } from '@bdl/core'

/** A number, or a tensor that broadcasts against x. */
export type Parameter = number | tf.Tensor

/** Every entry is finite. @error InvalidArgument */
export const expectFinite = (fn: string, argument: string, p: Parameter): void =>
  expectEvery(fn, argument, p, 'finite numbers', Number.isFinite)

/** Every entry is finite and not 0. @error InvalidArgument */
export const expectNonzero = (fn: string, argument: string, p: Parameter): void =>
  expectEvery(fn, argument, p, 'finite numbers other than 0', (x) => Number.isFinite(x) && x !== 0)

/** Every entry is finite and > 0. @error InvalidArgument */
export const expectPositiveEntries = (fn: string, argument: string, p: Parameter): void =>
  expectEvery(fn, argument, p, 'finite numbers > 0', (x) => Number.isFinite(x) && x > 0)

/** log|p|, without a tensor where p is a number. */
export const logMagnitude = (p: Parameter): Parameter =>
  typeof p === 'number' ? Math.log(Math.abs(p)) : tf.log(tf.abs(p))

/** A parameter as a tensor of a shape that it broadcasts to. */
export const filled = (p: Parameter, shape: readonly number[]): tf.Tensor => {
  if (typeof p === 'number') return tf.fill([...shape], p)
  // tf.broadcastTo makes one of none
  return p.shape.join() === shape.join() ? tf.clone(p) : tf.add(p, tf.zeros([...shape]))
}
