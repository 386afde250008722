/**
 * Brownian motion as a function of time and a key: nothing is stored, and whoever asks, in whatever steps, sees the same path.
 * A tree of midpoints: at each level the value in the middle of an interval is drawn given the values at its ends, with a key
 * that the way down the tree has led to.
 */
import * as tf from '@tensorflow/tfjs-core'
import { foriLoop } from '@bdl/compiler'
import { expectInteger, normal, scoped, split, type Key } from '@bdl/core'
import { sharesOf } from '../driver/method.js'

export interface BrownianOptions {
  readonly key: Key
  /** The path is 0 here. */
  readonly t0: number | tf.Tensor
  readonly t1: number | tf.Tensor
  /** How many independent motions: the length of a value. */
  readonly size: number
  /** Levels of the tree, default 18: between times 2^-depth of the way apart the path is a straight line. */
  readonly depth?: number
}

/** W(t), [size], for a scalar time between t0 and t1. */
export type BrownianMotion = (t: tf.Tensor) => tf.Tensor

type Node = Readonly<Record<'low' | 'left' | 'right' | 'key', tf.Tensor>>

const scalarOf = (t: number | tf.Tensor): tf.Tensor => (typeof t === 'number' ? tf.scalar(t) : t)

/** Into the half of the interval where the share is; the interval at level i has width 2^-i. */
const descend =
  (share: tf.Tensor, size: number) =>
  (level: tf.Tensor, { low, left, right, key }: Node): Node => {
    const width = tf.exp(tf.mul(tf.cast(level, 'float32'), -Math.LN2))
    const [keyMiddle, keyLeft, keyRight] = split(key, 3)
    const mean = tf.mul(tf.add(left, right), 0.5)
    const middle = tf.add(mean, tf.mul(normal(keyMiddle, [size]), tf.mul(tf.sqrt(width), 0.5)))
    const half = tf.add(low, tf.mul(width, 0.5))
    const isRight = tf.greaterEqual(share, half)
    return {
      low: tf.where(isRight, half, low),
      left: tf.where(isRight, middle, left),
      right: tf.where(isRight, right, middle),
      key: tf.where(isRight, keyRight, keyLeft)
    }
  }

/**
 * A path W with W(t0) = 0 and increments N(0, |t - s|), a function of time. The same key gives the same path; time may run
 * backwards.
 * @error InvalidArgument unless `size` and `depth` are positive integers
 * @precision increments over less than 2^-depth of the way have less variance than they should; float32 times do not tell
 *   more than 2^-24 of it apart
 * @source Li et al. 2020, arXiv:2001.01328 (virtual Brownian tree); Kidger et al. 2021, arXiv:2105.13493
 * @example brownianMotion({ key: key(0), t0: 0, t1: 1, size: 2 })(tf.scalar(0.5)) // [2]
 */
export const brownianMotion = ({ key, t0, t1, size, depth = 18 }: BrownianOptions): BrownianMotion => {
  expectInteger('brownianMotion', { size, depth }, 1)
  return (t) =>
    scoped(() => {
      const start = scalarOf(t0)
      const span = tf.sub(scalarOf(t1), start)
      const share = sharesOf(t, start, span)
      const [keyEnd, keyTree] = split(key)
      const root: Node = { low: tf.scalar(0), left: tf.zeros([size]), right: normal(keyEnd, [size]), key: keyTree }
      const leaf = foriLoop(0, depth, descend(share, size), root)
      const within = tf.mul(tf.sub(share, leaf.low), 2 ** depth)
      const value = tf.add(leaf.left, tf.mul(tf.sub(leaf.right, leaf.left), within))
      return tf.mul(value, tf.sqrt(tf.abs(span)))
    })
}
