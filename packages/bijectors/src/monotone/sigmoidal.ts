/**
 * A mixture of sigmoids, taken back to the reals: y = logit(sum_j w_j sigmoid(a_j x + b_j)). In log space throughout, so
 * that no tail saturates: y goes on as a straight line.
 */
import * as tf from '@tensorflow/tfjs-core'
import { stopGradient } from '@bdl/compiler'
import { BdlError, logSigmoid, logsumexp } from '@bdl/core'
import { bijector, type Bijector, type WithLogDet } from '../bijector.js'
import { lastSize } from '../numerics/last-axis.js'
import { expectPositiveEntries } from '../parameters.js'

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
  expectPositiveEntries('sigmoidal', 'slopes', slopes)
}

const LARGEST = 3.4e38

/** Each unit's term less the largest one, which is given apart: in a tail all of them are huge, and their differences count. */
const fromLargest = (terms: tf.Tensor): readonly [rest: tf.Tensor, largest: tf.Tensor] => {
  const largest = stopGradient(tf.max(terms, -1, true))
  return [tf.sub(terms, largest), tf.squeeze(largest, [-1])]
}

/** y and log dy/dx = log sum_j w_j a_j s_j (1 - s_j) - log S - log(1 - S), S = sum_j w_j s_j. The largest terms cancel. */
const forward = ({ slopes, shifts, logits }: SigmoidalOptions, x: tf.Tensor): WithLogDet => {
  const logWeights = tf.logSoftmax(logits)
  const z = tf.clipByValue(tf.add(tf.mul(slopes, tf.expandDims(x, -1)), shifts), -LARGEST, LARGEST)
  const [ups, up] = fromLargest(logSigmoid(z))
  const [downs, down] = fromLargest(logSigmoid(tf.neg(z)))
  const [sum, rest] = [logsumexp(tf.add(logWeights, ups)), logsumexp(tf.add(logWeights, downs))]
  const rises = tf.add(tf.add(logWeights, tf.log(slopes)), tf.add(ups, downs))
  return [tf.add(tf.sub(up, down), tf.sub(sum, rest)), tf.sub(logsumexp(rises), tf.add(sum, rest))]
}

/**
 * y = logit(sum_j w_j sigmoid(a_j x + b_j)), elementwise: any increasing function of the reals, with enough units.
 *
 * The inverse is found by `numericalInverse`.
 *
 * @error ShapeMismatch if the numbers of units differ; InvalidArgument if a slope is not finite and positive
 * @precision y to some ulps of the largest |a_j x + b_j|, its log-det to some ulps; the inverse to the former, divided by dy/dx
 * @source Huang, Krueger, Lacoste & Courville (2018), Neural Autoregressive Flows, arXiv:1804.00779, equation 8
 * @example
 * const one = { slopes: tf.tensor1d([2]), shifts: tf.tensor1d([1]), logits: tf.tensor1d([0]) }
 * sigmoidal(one).forward(tf.scalar(3)) // => 7: one unit is a straight line
 */
export const sigmoidal = (options: SigmoidalOptions): Bijector => {
  expectUnits(options)
  return bijector({ name: 'sigmoidal', eventNdims: 0, forwardAndLogDet: (x) => forward(options, x) })
}
