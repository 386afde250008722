// Orthonormal columns out of any numbers, for Sylvester maps: by QR, or by reflections.
import * as tf from '@tensorflow/tfjs-core'
import { qr } from '@bdl/compiler'
import { BdlError, scoped } from '@bdl/core'
import { sumLast } from '../bijector.js'

/**
 * Orthonormal columns that span those of a matrix of full rank: Q of its QR factorisation, R with a positive diagonal.
 *
 * @param a [..., n, m], m <= n
 * @error ShapeMismatch unless m <= n
 * @precision QᵀQ = I to some ulps, for every a that is not near a lower rank
 * @source van den Berg et al. (2018), arXiv:1803.05649, section 4.1, whose iteration gives the orthogonal factor closest to a;
 *   this is another, in a fixed number of steps
 */
export const orthonormal = (a: tf.Tensor): tf.Tensor => scoped(() => tf.clone(qr(a).q))

/**
 * The first m columns of a product of reflections, H_1 ... H_K with H_k = I - 2 v_k v_kᵀ / |v_k|²: orthonormal whatever the
 * vectors. n reflections reach every orthogonal matrix of determinant (-1)^n.
 *
 * @param vectors [..., K, n], none of them 0
 * @error InvalidArgument unless 1 <= m <= n
 * @source van den Berg et al. (2018), arXiv:1803.05649, section 4.2; Householder (1958), J. ACM 5, 339-342
 */
export const reflected = (vectors: tf.Tensor, m: number): tf.Tensor => {
  const [count, n] = vectors.shape.slice(-2)
  if (count === undefined || n === undefined || !Number.isInteger(m) || m < 1 || m > n)
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'reflected',
      argument: 'm',
      expected: 'a whole number of columns from 1 to n, of vectors [..., K, n]',
      got: `${m}, vectors [${vectors.shape.join(', ')}]`
    })
  return scoped(() => {
    const columns = tf.slice(tf.eye(n), [0, 0], [n, m])
    const each = tf.unstack(vectors, vectors.rank - 2)
    return each.reduceRight<tf.Tensor>((q, v) => {
      const unit = tf.div(v, tf.expandDims(sumLast(tf.square(v), 1), -1))
      // vᵀ Q, [..., 1, m]
      const along = tf.sum(tf.mul(tf.expandDims(v, -1), q), -2, true)
      return tf.sub(q, tf.mul(tf.mul(tf.expandDims(unit, -1), along), 2))
    }, columns)
  })
}
