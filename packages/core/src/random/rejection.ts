// Rejection sampling for a whole tensor at once.
import * as tf from '@tensorflow/tfjs-core'
import { whileLoop } from '@bdl/compiler'
import { split, type Key } from './key.js'

export interface Proposal {
  readonly value: tf.Tensor
  /** bool. A test that fails for NaN must count as accepted, or a NaN parameter would never end. */
  readonly isAccepted: tf.Tensor
}

/**
 * Proposals of `shape` until every entry has been accepted; each keeps its first. One turn serves the whole tensor, so that n
 * entries with chance p of acceptance take about log n / -log(1 - p) turns. Its derivative is zero.
 *
 * @param isDone entries that need none, and get 0
 */
export const untilAccepted = (
  key: Key,
  shape: readonly number[],
  propose: (key: Key) => Proposal,
  isDone: tf.Tensor = tf.zeros([...shape], 'bool')
): tf.Tensor => {
  const [, value] = whileLoop(
    // of nothing, `tf.all` is false and `tf.any` too
    ([, , done]): tf.Tensor => tf.any(tf.logicalNot(done)),
    ([at, kept, done]) => {
      const [next, use] = split(at)
      const { value: fresh, isAccepted } = propose(use)
      return [next, tf.where(done, kept, fresh), tf.logicalOr(done, isAccepted)] as const
    },
    [key, tf.zeros([...shape]), isDone] as const
  )
  return value
}
