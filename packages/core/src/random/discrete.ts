// Discrete samplers and permutations, equal to those of `jax.random`.
import * as tf from '@tensorflow/tfjs-core'
import { argsort, BdlError, expectInteger } from '@bdl/compiler'
import { scoped } from '../scope.js'
import { bits, uniform } from './bits.js'
import { gumbel } from './continuous.js'
import { split, type Key } from './key.js'

const TWO_32 = 2 ** 32

const int = (value: number): tf.Tensor => tf.scalar(value | 0, 'int32')

/** Flips the sign bit: the order of the results as int32 is the order of the words as uint32. */
const flipSign = (words: tf.Tensor): tf.Tensor => tf.add(words, int(2 ** 31))

/** Remainder of uint32 words by n in [1, 2^32), with no intermediate beyond int32. */
const remainder = (words: tf.Tensor, n: number): tf.Tensor => {
  if (n >= 2 ** 31) {
    // the quotient is 0 or 1
    const isBelow = tf.less(flipSign(words), int(n - 2 ** 31))
    return tf.where(isBelow, words, tf.sub(words, int(n)))
  }
  // a word read as int32 is 2^32 too small where it is negative; -(n - c) instead of +c cannot overflow
  const rest = tf.mod(words, int(n))
  const lifted = tf.sub(rest, int(n - (TWO_32 % n)))
  const wrapped = tf.where(tf.less(lifted, int(0)), tf.add(lifted, int(n)), lifted)
  return tf.where(tf.less(words, int(0)), wrapped, rest)
}

const expectInt32 = (argument: string, value: number): void => {
  if (!(Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31))
    throw new BdlError({ code: 'InvalidArgument', fn: 'randint', argument, expected: 'an int32', got: String(value) })
}

/**
 * Integers in [minval, maxval), int32 of `shape`; `minval` alone if the interval is empty.
 *
 * Two words are combined modulo the span, (h 2^32 + l) mod n for n <= 2^16; the multiplier that JAX computes in uint32
 * vanishes for larger spans, where the low word decides alone.
 *
 * @error InvalidArgument if a bound is not an int32
 * @precision uniform up to a relative bias of span / 2^32
 */
export const randint = (key: Key, shape: readonly number[], minval: number, maxval: number): tf.Tensor => {
  expectInt32('minval', minval)
  expectInt32('maxval', maxval)
  const span = Math.max(maxval - minval, 1)
  const multiplier = Number((BigInt(2 ** 16 % span) ** 2n % BigInt(TWO_32)) % BigInt(span))
  return scoped(() => {
    const [keyHigh, keyLow] = split(key)
    const low = remainder(bits(keyLow, shape), span)
    if (multiplier === 0) return tf.add(low, int(minval))
    const high = tf.mul(remainder(bits(keyHigh, shape), span), int(multiplier))
    return tf.add(remainder(tf.add(high, low), span), int(minval))
  })
}

const LOG_LARGEST_WORD = Math.log(TWO_32 - 1)

/**
 * A uniformly random order of 0, ..., n - 1, int32 [n]: rounds of sorting by random words, as many as make ties (which
 * would favour the old order) rarer than n^-1. Shuffle anything with `tf.gather(x, permutation(key, n))`.
 *
 * @error InvalidArgument if `n` is not a non-negative integer
 */
export const permutation = (key: Key, n: number): tf.Tensor => {
  expectInteger('permutation', { n })
  const rounds = Math.ceil((3 * Math.log(Math.max(1, n))) / LOG_LARGEST_WORD)
  return scoped(() => {
    const shuffle = (order: tf.Tensor, keyRound: Key, left: number): tf.Tensor => {
      if (left === 0) return order
      const [keyNext, keySort] = split(keyRound)
      return shuffle(tf.gather(order, argsort(flipSign(bits(keySort, [n])))), keyNext, left - 1)
    }
    return shuffle(tf.range(0, n, 1, 'int32'), key, rounds)
  })
}

/** True with probability p: bool of `shape`; p is a number, or a tensor that broadcasts to `shape`. */
export const bernoulli = (key: Key, p: number | tf.Tensor, shape: readonly number[]): tf.Tensor =>
  scoped(() => tf.less(uniform(key, shape), p))

/** +1 or -1 with equal probability, int32 of `shape`. */
export const rademacher = (key: Key, shape: readonly number[]): tf.Tensor =>
  scoped(() => tf.sub(tf.mul(tf.cast(bernoulli(key, 0.5, shape), 'int32'), int(2)), int(1)))

/**
 * Indices drawn with probabilities softmax(logits), by the Gumbel trick: the arg max of logits + Gumbel noise.
 *
 * @param logits [...B, n], unnormalised log-probabilities; -inf is never drawn
 * @param shape of the result, [...S, ...B]; default B
 * @returns int32
 * @error ShapeMismatch if `shape` does not end in B
 */
export const categorical = (key: Key, logits: tf.Tensor, shape?: readonly number[]): tf.Tensor => {
  const batch = logits.shape.slice(0, -1)
  const result = shape ?? batch
  const suffix = result.slice(result.length - batch.length)
  if (logits.rank === 0 || suffix.join() !== batch.join())
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'categorical',
      argument: 'shape',
      expected: `[..., ${batch.join(', ')}], the batch of logits [${logits.shape.join(', ')}]`,
      got: `[${result.join(', ')}]`
    })
  return scoped(() => tf.argMax(tf.add(gumbel(key, [...result, logits.shape[batch.length]!]), logits), -1))
}
