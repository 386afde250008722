// Samples as a distribution: each has its weight.
import * as tf from '@tensorflow/tfjs-core'
import { argsort, stopGradient } from '@bdl/compiler'
import { BdlError, categorical as drawIndex, expectInteger, logsumexp } from '@bdl/core'
import { constraint } from '../constraint.js'
import { expectation, expectWeights, logProbsOf, type ClassWeights } from '../discrete/weights.js'
import { distribution, type Distribution } from '../distribution.js'

export interface EmpiricalOptions {
  /** Of the samples, [m]; default: all alike. */
  readonly weights?: ClassWeights
}

export interface Empirical extends Distribution {
  readonly name: 'empirical'
  readonly samples: tf.Tensor
}

const expectSamples = (samples: tf.Tensor, weights: ClassWeights | undefined): void => {
  expectInteger('empirical', { samples: samples.shape[0] ?? 0 }, 1)
  const shape = weights === undefined ? [samples.shape[0]] : expectWeights('empirical', weights).shape
  if (shape.join() !== String(samples.shape[0]))
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'empirical',
      argument: 'weights',
      expected: `shape [${samples.shape[0]}], one for each sample`,
      got: `[${shape.join(', ')}]`
    })
}

/**
 * Draws from `samples`, one of them at a time: a posterior that is known by its draws.
 *
 * @param samples [m, ...E]: m events, of float32, int32 or bool. `logProb` is the log of the weight of the samples that equal
 *   the value, a mass; -inf where there is none
 * @param options weights of the samples, `{ probs }` or `{ logits }`, [m]
 * @error InvalidArgument if there is no sample; ShapeMismatch if there are not as many weights as samples
 * @precision `mode` and `entropy` compare every two samples: m^2 comparisons of events
 * @example empirical(tf.tensor1d([1, 2, 2, 5])).cdf(tf.scalar(2)) // => 0.75
 */
export const empirical = (samples: tf.Tensor, { weights }: EmpiricalOptions = {}): Empirical => {
  expectSamples(samples, weights)
  const m = samples.shape[0]!
  const eventShape = samples.shape.slice(1)
  const logWeights = (): tf.Tensor => (weights === undefined ? tf.fill([m], -Math.log(m)) : logProbsOf(weights))
  const matches = matchesWith(samples)
  const logProb = (x: tf.Tensor): tf.Tensor => {
    const same = matches(x)
    return logsumexp(tf.where(same, tf.add(logWeights(), tf.zeros(same.shape)), -Infinity), -1)
  }
  return distribution<tf.Tensor, Pick<Empirical, 'name' | 'samples'>>({
    name: 'empirical',
    samples,
    batchShape: [],
    eventShape,
    isReparameterised: false,
    support: constraint({
      name: 'oneOf',
      isDiscrete: true,
      eventNdims: eventShape.length,
      contains: (x) => tf.any(matches(x), -1)
    }),
    logProb,
    sampleAndLogProb: (key, sampleShape) => {
      const index = drawIndex(key, logWeights(), sampleShape)
      const x = stopGradient(tf.gather(samples, index))
      return [x, logProb(x)]
    },
    ...moments(samples, logWeights, logProb),
    ...(eventShape.length === 0 && functions(samples, logWeights))
  })
}

/** [...S, m]: whether a value [...S, ...E] equals each of the samples. */
const matchesWith =
  (samples: tf.Tensor) =>
  (x: tf.Tensor): tf.Tensor => {
    const n = samples.rank - 1
    const same = tf.equal(tf.expandDims(x, x.rank - n), samples)
    return n === 0
      ? same
      : tf.all(
          same,
          Array.from({ length: n }, (_, i) => same.rank - 1 - i)
        )
  }

/** The weighted mean of f [m, ...E]. */
const average = (f: tf.Tensor, logWeights: tf.Tensor): tf.Tensor => {
  const w = tf.reshape(tf.exp(logWeights), [-1, ...Array<number>(f.rank - 1).fill(1)])
  return tf.sum(tf.mul(w, f), 0)
}

const moments = (
  samples: tf.Tensor,
  logWeights: () => tf.Tensor,
  logProb: (x: tf.Tensor) => tf.Tensor
): Pick<Required<Distribution>, 'mean' | 'variance' | 'mode' | 'entropy'> => {
  const values = (): tf.Tensor => tf.cast(samples, 'float32')
  return {
    mean: () => average(values(), logWeights()),
    variance: () => {
      const all = values()
      return average(tf.square(tf.sub(all, average(all, logWeights()))), logWeights())
    },
    mode: () => tf.gather(samples, tf.argMax(logProb(samples), 0)),
    // each sample has the log-probability of all that equal it
    entropy: () => tf.neg(expectation(logWeights(), logProb(samples)))
  }
}

/** Distribution function and quantiles of scalars. */
const functions = (samples: tf.Tensor, logWeights: () => tf.Tensor): Pick<Required<Distribution>, 'cdf' | 'icdf'> => ({
  cdf: (x) => {
    const isBelow = tf.lessEqual(samples, tf.expandDims(x, -1))
    return tf.sum(tf.mul(tf.cast(isBelow, 'float32'), tf.exp(logWeights())), -1)
  },
  icdf: (p) => {
    const order = argsort(tf.cast(samples, 'float32'))
    const reached = tf.cumsum(tf.gather(tf.exp(logWeights()), order), 0)
    const short = tf.sum(tf.cast(tf.less(reached, tf.expandDims(p, -1)), 'int32'), -1)
    // the last sample is never short, though rounding may keep the sum below p
    return tf.gather(tf.gather(samples, order), tf.minimum(short, tf.scalar(samples.shape[0]! - 1, 'int32')))
  }
})
