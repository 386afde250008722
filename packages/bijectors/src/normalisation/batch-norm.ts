/**
 * Batch normalisation as a link of a flow, from noise to data: the inverse normalises. Statistics are an argument, not a
 * state: in training those of the batch, afterwards a moving average that the driver keeps (`movingStatistics`).
 */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, expectEvery, expectInteger, type Learnable } from '@bdl/core'
import { bijector, type Bijector, type WithLogDet } from '../bijector.js'
import { expectVectors } from '../expect-event.js'
import { lastSize } from '../numerics/last-axis.js'
import { expectFinite, filled } from '../parameters.js'
import { batchStatistics, type BatchStatistics } from './batch-statistics.js'

export type BatchNormParams = {
  /** [n] */
  readonly logGamma: tf.Tensor
  /** [n] */
  readonly beta: tf.Tensor
}

export interface BatchNormOptions extends BatchNormParams {
  /** What to normalise with; without them, as in training, those of the batch that the inverse is given. */
  readonly statistics?: BatchStatistics
  /** Added to variances; default 1e-5. */
  readonly epsilon?: number
}

const expectOptions = ({ logGamma, beta, statistics, epsilon = 1e-5 }: BatchNormOptions): void => {
  expectFinite('batchNorm', 'logGamma', logGamma)
  expectFinite('batchNorm', 'beta', beta)
  expectEvery('batchNorm', 'epsilon', epsilon, 'a finite number > 0', (e) => Number.isFinite(e) && e > 0)
  if (statistics === undefined) return
  expectFinite('batchNorm', 'statistics.mean', statistics.mean)
  const isVariance = (v: number): boolean => Number.isFinite(v) && v >= 0
  expectEvery('batchNorm', 'statistics.variance', statistics.variance, 'finite numbers >= 0', isVariance)
}

/**
 * y = (x - beta) exp(-logGamma) sqrt(variance + epsilon) + mean; the inverse normalises y and gives it mean beta and scale
 * exp(logGamma). log-det = sum of log(variance + epsilon) / 2 - logGamma.
 *
 * Without `statistics` the inverse normalises with those of its own batch, through which derivatives go, and whose vectors
 * then depend on each other: the log-det is that of one vector with the statistics held fixed, as in the paper. There is no
 * forward then.
 *
 * @error InvalidArgument if a parameter is not finite, a variance or epsilon negative; ShapeMismatch if x does not end in n;
 *   UnsupportedOp for forward without statistics
 * @source Papamakarios, Pavlakou & Murray (2017), arXiv:1705.07057, section 3.4; Dinh et al. (2017), arXiv:1605.08803, E
 * @example
 * const [u, logDet] = batchNorm(params).inverseAndLogDet(batch) // in training
 * const next = movingStatistics(running, batchStatistics(batch))
 * const evaluation = batchNorm({ ...params, statistics: next })
 */
export const batchNorm = (options: BatchNormOptions): Bijector => {
  const { logGamma, beta, statistics, epsilon = 1e-5 } = options
  expectOptions(options)
  const n = lastSize(logGamma)
  const logScale = ({ variance }: BatchStatistics): tf.Tensor =>
    tf.sub(tf.mul(tf.log(tf.add(variance, epsilon)), 0.5), logGamma)
  const pair = (value: tf.Tensor, logScales: tf.Tensor): WithLogDet => [
    value,
    filled(tf.sum(logScales, -1), value.shape.slice(0, -1))
  ]
  return bijector({
    name: 'batchNorm',
    eventNdims: 1,
    forwardAndLogDet: (x) => {
      if (statistics === undefined)
        throw new BdlError({
          code: 'UnsupportedOp',
          fn: 'batchNorm',
          argument: 'statistics',
          expected: 'statistics, to go from noise to data',
          got: 'none',
          hint: 'Those of a batch of data: { ...params, statistics: batchStatistics(batch) }'
        })
      expectVectors('batchNorm', x, n)
      const scale = logScale(statistics)
      return pair(tf.add(tf.mul(tf.sub(x, beta), tf.exp(scale)), statistics.mean), scale)
    },
    inverseAndLogDet: (y) => {
      expectVectors('batchNorm', y, n)
      const used = statistics ?? batchStatistics(y)
      const scale = tf.neg(logScale(used))
      return pair(tf.add(tf.mul(tf.sub(y, used.mean), tf.exp(scale)), beta), scale)
    }
  })
}

/**
 * Batch normalisation to learn: gamma 1 and beta 0 to begin with. What is built takes the statistics, or none in training.
 *
 * @error InvalidArgument if `size` is not a positive integer
 * @example learnableBatchNorm({ size: 2 }).build(params)(running)
 */
export const learnableBatchNorm = ({
  size,
  epsilon
}: {
  readonly size: number
  readonly epsilon?: number
}): Learnable<BatchNormParams, (statistics?: BatchStatistics) => Bijector> => {
  expectInteger('learnableBatchNorm', { size }, 1)
  return {
    init: () => ({ logGamma: tf.zeros([size]), beta: tf.zeros([size]) }),
    build: (params) => (statistics) =>
      batchNorm({ ...params, ...(statistics && { statistics }), ...(epsilon !== undefined && { epsilon }) })
  }
}
