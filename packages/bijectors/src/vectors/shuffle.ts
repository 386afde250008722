// A random, fixed order of the entries of a vector.
import * as tf from '@tensorflow/tfjs-core'
import { argsort } from '@bdl/compiler'
import { expectInteger, permutation, type Key } from '@bdl/core'
import { bijector, zeroLogDet, type Bijector, type WithLogDet } from '../bijector.js'

const reorder = (x: tf.Tensor, order: tf.Tensor): WithLogDet => [tf.gather(x, order, x.rank - 1), zeroLogDet(x, 1)]

/**
 * The entries of a vector in an order drawn from `key`: each of the size! orders is as likely. Volume is kept, nothing is to
 * be learnt; the key may be traced, or a batch of keys under `vmap`.
 *
 * @param size length of the last axis
 * @error InvalidArgument if `size` is not a positive integer
 * @example shuffle(key(0), 4).inverse(shuffle(key(0), 4).forward(tf.range(0, 4))) // => [0, 1, 2, 3]
 */
export const shuffle = (key: Key, size: number): Bijector => {
  expectInteger('shuffle', { size }, 1)
  const order = (): tf.Tensor => permutation(key, size)
  return bijector({
    name: 'shuffle',
    eventNdims: 1,
    forwardAndLogDet: (x) => reorder(x, order()),
    inverseAndLogDet: (y) => reorder(y, argsort(order()))
  })
}
