// Products of reflections: orthogonal maps by vectors that nothing constrains.
import * as tf from '@tensorflow/tfjs-core'
import { stopGradient } from '@bdl/compiler'
import { BdlError, expectEvery, expectInteger, isValidating, normal, scoped, type Learnable } from '@bdl/core'
import { bijector, zeroLogDet, type Bijector, type WithLogDet } from '../bijector.js'
import { expectVectors } from '../expect-event.js'

/** x - 2 v (v.x) / |v|^2; v is first brought to size 1, so that its square neither under- nor overflows. */
const reflected = (x: tf.Tensor, v: tf.Tensor): tf.Tensor => {
  const u = tf.div(v, stopGradient(tf.max(tf.abs(v))))
  const along = tf.div(tf.sum(tf.mul(x, u), -1, true), tf.sum(tf.square(u)))
  return tf.sub(x, tf.mul(tf.mul(along, u), 2))
}

const expectRows = (vectors: tf.Tensor): void => {
  if (vectors.rank !== 2 || vectors.shape[1] === 0)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'householder',
      argument: 'vectors',
      expected: '[count, n]',
      got: `[${vectors.shape.join(', ')}]`
    })
  if (isValidating())
    scoped(() =>
      expectEvery(
        'householder',
        'vectors',
        tf.max(tf.abs(vectors), 1),
        'finite vectors other than 0, by their largest entry',
        (largest) => Number.isFinite(largest) && largest > 0
      )
    )
}

/**
 * y = H_K ... H_1 x, with H_k = 1 - 2 v_k v_kᵀ / |v_k|^2: orthogonal, so volume is kept, and any orthogonal map for K = n.
 *
 * @param options vectors [K, n], the first of which acts first
 * @error ShapeMismatch if `vectors` is no matrix or x does not end in n; InvalidArgument if one of them is 0 or not finite
 * @source Householder (1958), Journal of the ACM 5(4); in flows Tomczak & Welling (2016), arXiv:1611.09630
 * @example householder({ vectors: tf.tensor2d([[1, 0]]) }).forward(tf.tensor1d([3, 4])) // => [-3, 4]
 */
export const householder = ({ vectors }: { readonly vectors: tf.Tensor }): Bijector => {
  expectRows(vectors)
  const n = vectors.shape[1] ?? 0
  const through = (x: tf.Tensor, isForward: boolean): WithLogDet => {
    expectVectors('householder', x, n)
    const rows = tf.unstack(vectors)
    const ordered = isForward ? rows : [...rows].reverse()
    return [ordered.reduce(reflected, tf.clone(x)), zeroLogDet(x, 1)]
  }
  return bijector({
    name: 'householder',
    eventNdims: 1,
    forwardAndLogDet: (x) => through(x, true),
    inverseAndLogDet: (y) => through(y, false)
  })
}

export type HouseholderParams = { readonly vectors: tf.Tensor }

/**
 * An orthogonal map to learn: `count` reflections of vectors of `size` numbers, in random directions to begin with.
 *
 * @error InvalidArgument if `size` or `count` is not a positive integer
 * @example learnableHouseholder({ size: 4, count: 2 }).init(key(0)).vectors.shape // => [2, 4]
 */
export const learnableHouseholder = ({
  size,
  count
}: {
  readonly size: number
  readonly count: number
}): Learnable<HouseholderParams, Bijector> => {
  expectInteger('learnableHouseholder', { size, count }, 1)
  return { init: (key) => ({ vectors: normal(key, [count, size]) }), build: householder }
}
