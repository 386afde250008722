/**
 * Explicit random keys, bit for bit those of `jax.random` (threefry2x32, partitionable). A key is used once: split it once
 * at the top of a function and name the children by use.
 */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, expectInteger, threefry2x32 } from '@bdl/compiler'
import { sizeOfShape } from '../host-array.js'
import { scoped } from '../scope.js'

/** int32 [2], two uint32 words. A batch of keys is int32 [n, 2] and goes through `vmap` or `scan`. */
export type Key = tf.Tensor

/** A tuple of N keys where N is a literal, else an array. */
export type Keys<N extends number, Found extends readonly Key[] = readonly []> = number extends N
  ? readonly Key[]
  : Found['length'] extends N
    ? Found
    : Keys<N, readonly [...Found, Key]>

const word = (value: number): tf.Tensor => tf.scalar(value | 0, 'int32')

/** The two words of a key as scalars. @error ShapeMismatch if it is not one key; DtypeMismatch if it is not int32 */
export const keyWords = (fn: string, key: Key): readonly [tf.Tensor, tf.Tensor] => {
  if (key.dtype !== 'int32')
    throw new BdlError({ code: 'DtypeMismatch', fn, argument: 'key', expected: 'an int32 key', got: key.dtype })
  if (key.rank !== 1 || key.shape[0] !== 2)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn,
      argument: 'key',
      expected: 'one key, shape [2]',
      got: `[${key.shape.join(', ')}]`,
      hint: 'A batch of keys goes through vmap or scan'
    })
  return [tf.reshape(tf.slice(key, 0, 1), []), tf.reshape(tf.slice(key, 1, 1), [])]
}

/** Both output words of the generator for counters (0, 0), (0, 1), ..., (0, n - 1). */
export const keyedWords = (fn: string, key: Key, n: number): readonly [tf.Tensor, tf.Tensor] => {
  const [k0, k1] = keyWords(fn, key)
  return threefry2x32(k0, k1, word(0), tf.range(0, n, 1, 'int32'))
}

/**
 * A key from a seed: the words (0, seed).
 *
 * @param seed an integer in [-2^31, 2^32); negative ones wrap, as in JAX
 * @error InvalidArgument if it is not
 * @example key(42) // int32 [0, 42]
 */
export const key = (seed: number): Key => {
  if (!(Number.isInteger(seed) && seed >= -(2 ** 31) && seed < 2 ** 32))
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'key',
      argument: 'seed',
      expected: 'an integer in [-2^31, 2^32)',
      got: String(seed)
    })
  return tf.tensor1d([0, seed | 0], 'int32')
}

/**
 * New independent keys as one tensor, [n, 2] or [...shape, 2]: for `vmap` and `scan`.
 * @error InvalidArgument if a size is not a non-negative integer
 */
export const splitStack = (key: Key, shape: number | readonly number[]): tf.Tensor => {
  const sizes = typeof shape === 'number' ? [shape] : shape
  sizes.forEach((n) => expectInteger('splitStack', { shape: n }))
  return scoped(() => tf.reshape(tf.stack([...keyedWords('splitStack', key, sizeOfShape(sizes))], 1), [...sizes, 2]))
}

/**
 * New independent keys; the old one must not be used again.
 *
 * @param n how many; default 2
 * @error InvalidArgument if `n` is not a positive integer
 * @example const [keyNoise, keyAccept] = split(key)
 */
export const split = <const N extends number = 2>(key: Key, n?: N): Keys<N> => {
  expectInteger('split', { n: n ?? 2 }, 1)
  return scoped(() => tf.unstack(splitStack(key, n ?? 2))) as readonly Key[] as Keys<N>
}

/**
 * A new key from a key and an integer, such as the index of a step: different integers, independent keys.
 * @param data an integer in [0, 2^32), or an int32 scalar, which may be traced
 */
export const foldIn = (key: Key, data: number | tf.Tensor): Key =>
  scoped(() => {
    const [k0, k1] = keyWords('foldIn', key)
    const counter = typeof data === 'number' ? word(data) : tf.reshape(data, [])
    return tf.stack([...threefry2x32(k0, k1, word(0), counter)])
  })
