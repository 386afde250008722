// Quantiles of counts: the least count whose distribution function reaches p.
import * as tf from '@tensorflow/tfjs-core'
import { foriLoop } from '@bdl/compiler'

type Cdf = (x: tf.Tensor) => tf.Tensor

/** A guess that is right up to rounding, made right: one step up or down where F says so. inf stays. */
export const leastReaching = (cdf: Cdf, p: tf.Tensor, guess: tf.Tensor): tf.Tensor => {
  const k = tf.maximum(guess, 0)
  const below = tf.sub(k, 1)
  const isTooLarge = tf.logicalAnd(tf.greater(k, 0), tf.greaterEqual(cdf(below), p))
  const isTooSmall = tf.less(cdf(k), p)
  return tf.where(isTooLarge, below, tf.where(isTooSmall, tf.add(k, 1), k))
}

/** Halvings: counts above 2^30 are not told apart by float32 anyway. */
const HALVINGS = 32

/**
 * By bisection over 0, 1, ..., ceil(high).
 *
 * @param p [...S, ...B] @param high [...B], a count that F = 1 to float32 reaches; the answer at p = 1 is infinite unless
 *   `isBounded`, and then `high`
 */
export const leastCount = (cdf: Cdf, p: tf.Tensor, high: tf.Tensor, isBounded: boolean): tf.Tensor => {
  const zeros = tf.zerosLike(tf.add(p, high))
  const [, top] = foriLoop(
    0,
    HALVINGS,
    (_, [below, reaches]: readonly [tf.Tensor, tf.Tensor]) => {
      const middle = tf.floor(tf.mul(tf.add(below, reaches), 0.5))
      const isEnough = tf.greaterEqual(cdf(middle), p)
      return [tf.where(isEnough, below, middle), tf.where(isEnough, middle, reaches)] as const
    },
    [tf.sub(zeros, 1), tf.add(zeros, tf.ceil(high))] as const
  )
  return isBounded ? top : tf.where(tf.greaterEqual(p, 1), Infinity, top)
}
