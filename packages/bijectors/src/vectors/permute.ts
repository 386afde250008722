// Reordering the entries of a vector; volume is kept.
import * as tf from '@tensorflow/tfjs-core'
import { BdlError } from '@bdl/core'
import { bijector, zeroLogDet, type Bijector } from '../bijector.js'
import { pickLast } from '../numerics/last-axis.js'

const reorder = (order: readonly number[], x: tf.Tensor): readonly [tf.Tensor, tf.Tensor] => [
  pickLast(x, order),
  zeroLogDet(x, 1)
]

/**
 * y[i] = x[order[i]] along the last axis.
 *
 * @error InvalidArgument if `order` is not a permutation of 0, ..., n - 1
 * @example permute([2, 0, 1]).forward(tf.tensor1d([10, 20, 30])) // => [30, 10, 20]
 */
export const permute = (order: readonly number[]): Bijector => {
  const inverse = order.map((_, i) => order.indexOf(i))
  if (inverse.includes(-1))
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'permute',
      argument: 'order',
      expected: `a permutation of 0, ..., ${order.length - 1}`,
      got: `[${order.join(', ')}]`
    })
  return bijector({
    name: 'permute',
    eventNdims: 1,
    forwardAndLogDet: (x) => reorder(order, x),
    inverseAndLogDet: (y) => reorder(inverse, y)
  })
}

const flip = (x: tf.Tensor): readonly [tf.Tensor, tf.Tensor] => [tf.reverse(x, x.rank - 1), zeroLogDet(x, 1)]

/** y[i] = x[n - 1 - i] along the last axis; its own inverse. */
export const reverse: Bijector = bijector({
  name: 'reverse',
  eventNdims: 1,
  forwardAndLogDet: flip,
  inverseAndLogDet: flip
})
