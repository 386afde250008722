/**
 * A mixture of sigmoids, taken back to the reals: y = logit(sum_j w_j sigmoid(a_j x + b_j)). In log space throughout, so
 * that no tail saturates: y goes on as a straight line.
 */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, expectEvery, logSigmoid, logsumexp } from '@bdl/core'
import { bijector, type Bijector } from '../bijector.js'
import { lastSize } from '../numerics/last-axis.js'

export interface SigmoidalOptions {
  /** a, [..., units], > 0. Leading axes broadcast against x. */
  readonly slopes: tf.Tensor
  /** b, [..., units] */
  readonly shifts: tf.Tensor
  /** log w up to a constant, [..., units] */
  readonly logits: tf.Tensor
}

const expectUnits = (options: SigmoidalOptions): void => {
  const { slopes, shifts, logits } = options
  const units = lastSize(slopes)
  for (const [argument, x] of Object.entries({ slopes, shifts, logits }))
    if (x.rank === 0 || lastSize(x) !== units)
      throw new BdlError({
        code: 'ShapeMismatch',
        fn: 'sigmoidal',
        argument,
        expected: `a last axis of ${units} units, as the slopes have`,
        got: `[${x.shape.join(', ')}]`
      })
  expectEvery('sigmoidal', 'slopes', slopes, 'finite numbers > 0', (a) => Number.isFinite(a) && a > 0)
}

/** y and log dy/dx. */
const forward = ({ slopes, shifts, logits }: SigmoidalOptions, x: tf.Tensor): readonly [tf.Tensor, tf.Tensor] => {
  const logWeights = tf.logSoftmax(logits)
  const z = tf.add(tf.mul(slopes, tf.expandDims(x, -1)), shifts)
  const [logUp, logDown] = [logSigmoid(z), logSigmoid(tf.neg(z))]
  const logSum = logsumexp(tf.add(logWeights, logUp))
  const logRest = logsumexp(tf.add(logWeights, logDown))
  const logRises = tf.add(tf.add(logWeights, tf.log(slopes)), tf.add(logUp, logDown))
  return [tf.sub(logSum, logRest), tf.sub(logsumexp(logRises), tf.add(logSum, logRest))]
}

/**
 * y = logit(sum_j w_j sigmoid(a_j x + b_j)), elementwise: any increasing function of the reals, with enough units.
 *
 * The inverse is found by `numericalInverse`.
 *
 * @error ShapeMismatch if the numbers of units differ; InvalidArgument if a slope is not finite and positive
 * @precision y and its log-det to some ulps of the largest |a_j x + b_j|; the inverse to that, divided by dy/dx
 * @source Huang, Krueger, Lacoste & Courville (2018), Neural Autoregressive Flows, arXiv:1804.00779, equation 8
 * @example
 * const one = { slopes: tf.tensor1d([2]), shifts: tf.tensor1d([1]), logits: tf.tensor1d([0]) }
 * sigmoidal(one).forward(tf.scalar(3)) // => 7: one unit is a straight line
 */
export const sigmoidal = (options: SigmoidalOptions): Bijector => {
  expectUnits(options)
  return bijector({ name: 'sigmoidal', eventNdims: 0, forwardAndLogDet: (x) => forward(options, x) })
}
