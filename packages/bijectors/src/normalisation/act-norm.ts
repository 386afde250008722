// Activation normalisation: a shift and a scale of every channel, which start from a batch.
import * as tf from '@tensorflow/tfjs-core'
import { expectInteger, scoped } from '@bdl/core'
import { bijector, type Bijector } from '../bijector.js'
import { asEvent } from '../combinators/as-event.js'
import { expectVectors } from '../expect-event.js'
import { lastSize } from '../numerics/last-axis.js'
import { expectFinite, filled } from '../parameters.js'
import type { AdaptiveBijector } from './adaptive.js'
import { batchStatistics } from './batch-statistics.js'

export type ActNormParams = {
  /** [n] */
  readonly shift: tf.Tensor
  /** [n] */
  readonly logScale: tf.Tensor
}

/**
 * y = (x + shift) exp(logScale) of vectors; log-det = sum of logScale. On images every pixel is a vector: `asEvent(2)(actNorm(...))`.
 *
 * @error InvalidArgument if a parameter is not finite; ShapeMismatch if x does not end in n
 * @source Kingma & Dhariwal (2018), Glow, arXiv:1807.03039, section 3.1
 * @example actNorm({ shift: tf.tensor1d([1]), logScale: tf.tensor1d([0]) }).forward(tf.tensor1d([2])) // => [3]
 */
export const actNorm = ({ shift, logScale }: ActNormParams): Bijector => {
  const n = lastSize(shift)
  expectFinite('actNorm', 'shift', shift)
  expectFinite('actNorm', 'logScale', logScale)
  const logDet = (y: tf.Tensor): tf.Tensor => filled(tf.sum(logScale, -1), y.shape.slice(0, -1))
  return bijector({
    name: 'actNorm',
    eventNdims: 1,
    forwardAndLogDet: (x) => {
      expectVectors('actNorm', x, n)
      return [tf.mul(tf.add(x, shift), tf.exp(logScale)), logDet(x)]
    },
    inverseAndLogDet: (y) => {
      expectVectors('actNorm', y, n)
      return [tf.sub(tf.mul(y, tf.exp(tf.neg(logScale))), shift), tf.neg(logDet(y))]
    }
  })
}

/**
 * The parameters with which a batch comes out with mean 0 and variance 1 in every channel.
 *
 * @param batch [..., n], at least one vector; all leading axes count
 * @param epsilon added to standard deviations, so that a constant channel is not divided by 0; default 1e-6
 * @source Kingma & Dhariwal (2018), Glow, arXiv:1807.03039, section 3.1
 */
export const actNormOf = (batch: tf.Tensor, epsilon = 1e-6): ActNormParams =>
  scoped(() => {
    const { mean, variance } = batchStatistics(batch)
    return { shift: tf.neg(mean), logScale: tf.neg(tf.log(tf.add(tf.sqrt(variance), epsilon))) }
  })

export interface LearnableActNormOptions {
  /** n, of channels. */
  readonly size: number
  /** Rank of an event: 1 (default) for vectors, 3 for images [height, width, n]. */
  readonly eventNdims?: number
}

/**
 * Activation normalisation to learn: the identity to begin with, or, by `adapt`, what normalises a first batch.
 *
 * @error InvalidArgument if `size` or `eventNdims` is not a positive integer
 * @source Kingma & Dhariwal (2018), Glow, arXiv:1807.03039, section 3.1
 * @example learnableActNorm({ size: 3 }).adapt(params, batch) // of a chain: learnableChain(...).adapt
 */
export const learnableActNorm = ({
  size,
  eventNdims = 1
}: LearnableActNormOptions): AdaptiveBijector<ActNormParams> => {
  expectInteger('learnableActNorm', { size, eventNdims }, 1)
  return {
    init: () => ({ shift: tf.zeros([size]), logScale: tf.zeros([size]) }),
    build: (params) => (eventNdims === 1 ? actNorm(params) : asEvent(eventNdims - 1)(actNorm(params))),
    adapt: (_, batch) => actNormOf(batch)
  }
}
