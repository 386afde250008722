// What a law says when it fails.
import type * as tf from '@tensorflow/tfjs-core'
import { toHostSync } from '@bdl/core'

export interface Tolerances {
  /** |actual - expected| <= atol + rtol |expected|; default 1e-4 each, what float32 gives a well-conditioned map. */
  readonly atol?: number
  readonly rtol?: number
}

export type Compare = (what: string, actual: tf.Tensor, expected: tf.Tensor) => void

export const expectShapeOf = (what: string, x: tf.Tensor, shape: readonly number[]): void => {
  if (x.shape.join() !== shape.join())
    throw new Error(`${what}: shape [${x.shape.join(', ')}], expected [${shape.join(', ')}]`)
}

export const comparer =
  ({ atol = 1e-4, rtol = 1e-4 }: Tolerances): Compare =>
  (what, actual, expected) => {
    expectShapeOf(what, actual, expected.shape)
    if (actual.dtype !== expected.dtype) throw new Error(`${what}: ${actual.dtype}, expected ${expected.dtype}`)
    const [a, e] = [toHostSync(actual).data, toHostSync(expected).data]
    const at = a.findIndex((v, i) => !(Math.abs(v - e[i]!) <= atol + rtol * Math.abs(e[i]!)))
    if (at >= 0) throw new Error(`${what}: entry ${at} is ${a[at]}, expected ${e[at]}`)
  }

export const expectFinite = (what: string, x: tf.Tensor): void => {
  const { data } = toHostSync(x)
  const at = data.findIndex((v) => !Number.isFinite(v))
  if (at >= 0) throw new Error(`${what}: entry ${at} is ${data[at]}`)
}
