// What laws are made of: a named check, and comparisons that say what differs. Reads tensors; not traceable.
import type * as tf from '@tensorflow/tfjs-core'
import { toHostSync } from '@bdl/core'

export interface Law {
  readonly name: string
  /** Throws an `Error` that says what differs. */
  readonly check: () => void
}

export const fail = (what: string): never => {
  throw new Error(what)
}

export const numbersOf = (x: tf.Tensor): Float64Array => toHostSync(x).data

export const expectShapeOf = (what: string, x: tf.Tensor, shape: readonly number[]): void => {
  if (x.shape.join() !== shape.join()) fail(`${what}: shape [${x.shape.join(', ')}], expected [${shape.join(', ')}]`)
}

/** |actual - expected| <= tolerance (1 + |expected|), infinities met exactly. */
export const expectNear = (what: string, actual: tf.Tensor, expected: tf.Tensor, tolerance: number): void => {
  expectShapeOf(what, actual, expected.shape)
  const [a, e] = [numbersOf(actual), numbersOf(expected)]
  const isNear = (v: number, w: number): boolean =>
    v === w || (Number.isFinite(w) && Math.abs(v - w) <= tolerance * (1 + Math.abs(w)))
  const at = a.findIndex((v, i) => !isNear(v, e[i]!))
  if (at >= 0) fail(`${what}: entry ${at} is ${a[at]}, expected ${e[at]}`)
}

/** Every entry satisfies `test`. */
export const expectEntries = (what: string, x: tf.Tensor, test: (entry: number) => boolean): void => {
  const data = numbersOf(x)
  const at = data.findIndex((v) => !test(v))
  if (at >= 0) fail(`${what}: entry ${at} is ${data[at]}`)
}
