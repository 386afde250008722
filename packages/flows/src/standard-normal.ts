/** The standard normal over vectors, the base that most flows start from. */
import * as tf from '@tensorflow/tfjs-core'
import { expectInteger } from '@bdl/core'
import { independent, normal, type Distribution } from '@bdl/distributions'

/**
 * N(0, I) over vectors of `dimension` entries: batch shape [], event shape [dimension].
 * @error InvalidArgument if the dimension is not a positive integer
 * @example standardNormal(2).logProb(tf.zeros([5, 2])) // [5], each -log(2 pi)
 */
export const standardNormal = (dimension: number): Distribution => {
  expectInteger('standardNormal', { dimension }, 1)
  return independent(1)(normal(tf.zeros([dimension]), tf.ones([dimension])))
}
