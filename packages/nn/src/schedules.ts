/** Schedules: from the number of steps already taken (int32 or float32 scalar) to a step size (float32 scalar). */
import * as tf from '@tensorflow/tfjs-core'
import { expectInteger, scoped } from '@bdl/core'

export type Schedule = (count: tf.Tensor) => tf.Tensor

/** The same value at every step. */
export const constantSchedule =
  (value: number): Schedule =>
  () =>
    tf.scalar(value)

/** A number as a constant schedule, a schedule as itself. */
export const toSchedule = (value: number | Schedule): Schedule =>
  typeof value === 'number' ? constantSchedule(value) : value

const fraction = (count: tf.Tensor, steps: number): tf.Tensor =>
  tf.clipByValue(tf.div(tf.cast(count, 'float32'), steps), 0, 1)

/** A line from `from` to `to` over `steps` steps, then `to`. */
export const linearSchedule = (from: number, to: number, steps: number): Schedule => {
  expectInteger('linearSchedule', { steps }, 1)
  return (count) => scoped(() => tf.add(tf.mul(fraction(count, steps), to - from), from))
}

/**
 * Half a cosine from `from` to `to` over `steps` steps, then `to`.
 * @source Loshchilov & Hutter 2016 (SGDR), arXiv:1608.03983
 */
export const cosineSchedule = (from: number, steps: number, to = 0): Schedule => {
  expectInteger('cosineSchedule', { steps }, 1)
  return (count) =>
    scoped(() => {
      const wave = tf.mul(tf.add(tf.cos(tf.mul(fraction(count, steps), Math.PI)), 1), (from - to) / 2)
      return tf.add(wave, to)
    })
}

/** `first` for `steps` steps, then `second`, which counts from 0 there. */
export const thenSchedule =
  (first: Schedule, steps: number, second: Schedule): Schedule =>
  (count) =>
    scoped(() => {
      const now = tf.cast(count, 'float32')
      return tf.where(tf.less(now, steps), first(now), second(tf.sub(now, steps)))
    })

/** A line from 0 to `peak` over `warmupSteps`, then half a cosine down to `to` at `steps`. */
export const warmupCosineSchedule = (peak: number, warmupSteps: number, steps: number, to = 0): Schedule =>
  thenSchedule(linearSchedule(0, peak, warmupSteps), warmupSteps, cosineSchedule(peak, steps - warmupSteps, to))
