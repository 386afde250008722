// A distribution over the integers 0, ..., n - 1.
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, categorical as draw, logsumexp, scoped } from '@bdl/core'
import { integersBelow } from '../constraint.js'
import { distribution, type Distribution } from '../distribution.js'

export interface Categorical extends Distribution {
  readonly name: 'categorical'
  /** Unnormalised log-probabilities, [...B, n]. */
  readonly logits: tf.Tensor
  /** Normalised, [...B, n]. */
  readonly logProbs: () => tf.Tensor
  readonly probs: () => tf.Tensor
}

/** sum_i p_i f_i over the last axis, where f may be infinite for p = 0. */
export const expectation = (logProbs: tf.Tensor, f: tf.Tensor): tf.Tensor => {
  const isPossible = tf.greater(logProbs, -Infinity)
  return tf.sum(tf.mul(tf.exp(logProbs), tf.where(isPossible, f, tf.zerosLike(f))), -1)
}

/** Sums over the last axis of [...B, n] where test(index, x) holds: [...S, ...B]. */
const sumWhere = (x: tf.Tensor, values: tf.Tensor, test: (index: tf.Tensor, x: tf.Tensor) => tf.Tensor): tf.Tensor => {
  const index = tf.range(0, values.shape[values.rank - 1]!, 1, 'int32')
  const chosen = test(index, tf.expandDims(tf.cast(x, 'int32'), -1))
  return tf.sum(tf.where(chosen, values, tf.zerosLike(values)), -1)
}

/**
 * P(x = i) = softmax(logits)_i, for int32 (or integral float32) x.
 *
 * @param options logits [...B, n], unnormalised; -inf is impossible
 * @error ShapeMismatch if logits is a scalar
 * @example categorical({ logits: tf.tensor1d([0, 0]) }).logProb(tf.scalar(1, 'int32')) // => -0.6931
 */
export const categorical = ({ logits }: { readonly logits: tf.Tensor }): Categorical => {
  if (logits.rank === 0)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'categorical',
      argument: 'logits',
      expected: 'shape [..., n]',
      got: '[]'
    })
  const batchShape = logits.shape.slice(0, -1)
  const n = logits.shape[logits.rank - 1]!
  const support = integersBelow(n)
  const logProbs = (): tf.Tensor => tf.sub(logits, logsumexp(logits, -1, true))
  const logProb = (x: tf.Tensor): tf.Tensor =>
    tf.where(
      support.contains(x),
      sumWhere(x, logProbs(), (i, v) => tf.equal(i, v)),
      -Infinity
    )
  return distribution<tf.Tensor, Pick<Categorical, 'name' | 'logits' | 'logProbs' | 'probs'>>({
    name: 'categorical',
    logits,
    logProbs: () => scoped(logProbs),
    probs: () => scoped(() => tf.exp(logProbs())),
    batchShape,
    eventShape: [],
    isReparameterised: false,
    support,
    logProb,
    sample: (key, sampleShape) => draw(key, logits, [...sampleShape, ...batchShape]),
    sampleAndLogProb: (key, sampleShape) => {
      const x = draw(key, logits, [...sampleShape, ...batchShape])
      return [x, logProb(x)]
    },
    mode: () => tf.argMax(logits, -1),
    entropy: () => {
      const all = logProbs()
      return tf.neg(expectation(all, all))
    },
    cdf: (x) => sumWhere(x, tf.exp(logProbs()), (i, v) => tf.lessEqual(i, v))
  })
}
