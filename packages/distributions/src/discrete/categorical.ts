// A distribution over the integers 0, ..., n - 1.
import * as tf from '@tensorflow/tfjs-core'
import { categorical as draw, scoped } from '@bdl/core'
import { integersBelow } from '../constraint.js'
import { distribution, type Distribution } from '../distribution.js'
import { atomsOnly, broadcastValue } from './values.js'
import { classEntropy, expectWeights, logProbsOf, probsOf, type ClassWeights } from './weights.js'

export interface Categorical extends Distribution {
  readonly name: 'categorical'
  readonly weights: ClassWeights
  /** Normalised, [...B, n]. */
  readonly logProbs: () => tf.Tensor
  readonly probs: () => tf.Tensor
}

/** Sums over the last axis of values [...B, n] where test(index, x) holds, for float32 x [...S, ...B]: [...S, ...B]. */
const sumWhere = (x: tf.Tensor, values: tf.Tensor, test: (index: tf.Tensor, x: tf.Tensor) => tf.Tensor): tf.Tensor => {
  const index = tf.range(0, values.shape.at(-1)!, 1, 'float32')
  const chosen = test(index, tf.expandDims(x, -1))
  // tf.where would broadcast the values to one row where there are none
  return tf.sum(tf.where(chosen, tf.add(values, tf.zeros(chosen.shape)), 0), -1)
}

/**
 * P(x = i) = p_i, for int32 (or integral float32) x.
 *
 * @param weights `{ logits }` [...B, n], unnormalised, -inf is impossible; or `{ probs }` [...B, n], rows sum to one
 * @error ShapeMismatch if there is no axis of classes; InvalidArgument if rows of `probs` do not sum to one
 * @example categorical({ logits: tf.tensor1d([0, 0]) }).logProb(tf.scalar(1, 'int32')) // => -0.6931
 */
export const categorical = (weights: ClassWeights): Categorical => {
  const { shape } = expectWeights('categorical', weights)
  const batchShape = shape.slice(0, -1)
  const n = shape.at(-1)!
  const support = integersBelow(n)
  const logProbs = (): tf.Tensor => logProbsOf(weights)
  const logProb = (value: tf.Tensor): tf.Tensor =>
    atomsOnly(support, broadcastValue(value, batchShape), (x) => sumWhere(x, logProbs(), (i, v) => tf.equal(i, v)))
  return distribution<tf.Tensor, Pick<Categorical, 'name' | 'weights' | 'logProbs' | 'probs'>>({
    name: 'categorical',
    weights,
    logProbs: () => scoped(logProbs),
    probs: () => scoped(() => probsOf(weights)),
    batchShape,
    eventShape: [],
    isReparameterised: false,
    support,
    logProb,
    sample: (key, sampleShape) => draw(key, logProbs(), [...sampleShape, ...batchShape]),
    sampleAndLogProb: (key, sampleShape) => {
      const x = draw(key, logProbs(), [...sampleShape, ...batchShape])
      return [x, logProb(x)]
    },
    mode: () => tf.argMax(logProbs(), -1),
    entropy: () => classEntropy(weights),
    cdf: (x) => sumWhere(broadcastValue(x, batchShape), probsOf(weights), (i, v) => tf.lessEqual(i, v)),
    icdf: (p) => {
      const reached = tf.cumsum(probsOf(weights), shape.length - 1)
      const short = tf.cast(tf.less(reached, tf.expandDims(p, -1)), 'int32')
      // the last class is never short, though rounding may keep the sum below p
      return tf.minimum(tf.sum(short, -1), tf.scalar(n - 1, 'int32'))
    }
  })
}
