// A class as the vector that is 1 in its place.
import * as tf from '@tensorflow/tfjs-core'
import { categorical as draw, scoped } from '@bdl/core'
import { oneHot } from '../constraint.js'
import { distribution, type Distribution } from '../distribution.js'
import { atomsOnlyVectors, broadcastVectors, oneHotVectors } from './values.js'
import { classCovariance, classEntropy, expectWeights, logProbsOf, probsOf, type ClassWeights } from './weights.js'

export interface OneHotCategorical extends Distribution {
  readonly name: 'oneHotCategorical'
  readonly weights: ClassWeights
  /** Normalised, [...B, n]. */
  readonly logProbs: () => tf.Tensor
  readonly probs: () => tf.Tensor
}

/**
 * P(x = e_i) = p_i: `categorical` with one-hot vectors, int32 or float32, as values.
 *
 * @param weights `{ logits }` [...B, n], unnormalised, -inf is impossible; or `{ probs }` [...B, n], rows sum to one
 * @error ShapeMismatch if there is no axis of classes; InvalidArgument if rows of `probs` do not sum to one
 * @example oneHotCategorical({ probs: tf.tensor1d([0.25, 0.75]) }).logProb(tf.tensor1d([0, 1])) // => -0.2877
 */
export const oneHotCategorical = (weights: ClassWeights): OneHotCategorical => {
  const { shape } = expectWeights('oneHotCategorical', weights)
  const batchShape = shape.slice(0, -1)
  const n = shape.at(-1)!
  const support = oneHot(n)
  const logProbs = (): tf.Tensor => logProbsOf(weights)
  const logProb = (value: tf.Tensor): tf.Tensor =>
    atomsOnlyVectors(support, broadcastVectors(value, shape), (x) => {
      const isChosen = tf.notEqual(x, 0)
      return tf.sum(tf.where(isChosen, tf.add(logProbs(), tf.zeros(x.shape)), 0), -1)
    })
  return distribution<tf.Tensor, Pick<OneHotCategorical, 'name' | 'weights' | 'logProbs' | 'probs'>>({
    name: 'oneHotCategorical',
    weights,
    logProbs: () => scoped(logProbs),
    probs: () => scoped(() => probsOf(weights)),
    batchShape,
    eventShape: [n],
    isReparameterised: false,
    support,
    logProb,
    sampleAndLogProb: (key, sampleShape) => {
      const x = oneHotVectors(draw(key, logProbs(), [...sampleShape, ...batchShape]), n)
      return [x, logProb(x)]
    },
    mean: () => probsOf(weights),
    variance: () => {
      const p = probsOf(weights)
      return tf.mul(p, tf.sub(1, p))
    },
    covariance: () => classCovariance(probsOf(weights)),
    mode: () => oneHotVectors(tf.argMax(logProbs(), -1), n),
    entropy: () => classEntropy(weights)
  })
}
