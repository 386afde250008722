// How often each class comes among a number of draws.
import * as tf from '@tensorflow/tfjs-core'
import { foriLoop, scan, stopGradient } from '@bdl/compiler'
import { BdlError, binomial as drawBinomial, lgamma, scoped, splitStack, type Key } from '@bdl/core'
import { multinomialCounts } from '../constraint.js'
import { distribution, type Distribution } from '../distribution.js'
import { batchShapeOf, filled, type Parameter } from '../parameters.js'
import { expectCounts } from './checks.js'
import { deviance, factorialCorrection, sumOverCounts, windowLogDensity } from './counts.js'
import { atomsOnlyVectors, broadcastVectors, oneHotVectors } from './values.js'
import { classCovariance, classEntropy, expectWeights, logProbsOf, probsOf, type ClassWeights } from './weights.js'

export interface Multinomial extends Distribution {
  readonly name: 'multinomial'
  readonly totalCount: Parameter
  readonly weights: ClassWeights
  /** Normalised, [...B, n]. */
  readonly logProbs: () => tf.Tensor
  readonly probs: () => tf.Tensor
}

/** Moves the last axis to the front. */
const classesFirst = (x: tf.Tensor): tf.Tensor => tf.transpose(x, [x.rank - 1, ...Array(x.rank - 1).keys()])

/** One class at a time: its count is binomial among the draws that the classes before it have left. */
const draw = (key: Key, total: tf.Tensor, probs: tf.Tensor, shape: readonly number[]): tf.Tensor => {
  // what is left for a class and those after it, summed from the end: no difference of rounded sums
  const rest = tf.cumsum(probs, probs.rank - 1, false, true)
  const isLeft = tf.greater(rest, 0)
  const chances = tf.where(isLeft, tf.minimum(tf.div(probs, tf.where(isLeft, rest, 1)), 1), 0)
  const [, counts] = scan(
    (left: tf.Tensor, [keyClass, chance]: readonly [Key, tf.Tensor]) => {
      const count = tf.cast(drawBinomial(keyClass, left, chance, shape), 'float32')
      return [tf.sub(left, count), count] as const
    },
    tf.add(total, tf.zeros([...shape])),
    [splitStack(key, probs.shape.at(-1)!), classesFirst(chances)] as const
  )
  return tf.cast(tf.transpose(counts, [...Array(counts.rank - 1).keys()].map((i) => i + 1).concat(0)), 'int32')
}

const expectBatch = (totalCount: Parameter, batchShape: readonly number[]): void => {
  const shape = batchShapeOf('multinomial', { totalCount, weights: tf.zeros([...batchShape]) })
  if (shape.join() !== batchShape.join())
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'multinomial',
      argument: 'totalCount',
      expected: `a shape that broadcasts to [${batchShape.join(', ')}], the batch of the weights`,
      got: `[${shape.join(', ')}]`
    })
}

/**
 * P(x) = n! prod_i p_i^x_i / x_i!: counts x of the classes among n independent draws.
 *
 * @param totalCount n, an integer >= 0, or a tensor of them that broadcasts to [...B]
 * @param weights `{ logits }` [...B, classes], unnormalised; or `{ probs }`, rows sum to one
 * @error InvalidArgument if a count is not a non-negative integer, or rows of `probs` do not sum to one; ShapeMismatch
 * @precision float32: log-probabilities to a few ulp of the largest of their terms, for counts up to 2^24. The entropy is
 *   made of sums over 512 counts for each class, with an absolute error of an ulp of n log n
 * @example multinomial(6, { probs: tf.tensor1d([0.25, 0.75]) }).mean() // => [1.5, 4.5]
 */
export const multinomial = (totalCount: Parameter, weights: ClassWeights): Multinomial => {
  expectCounts('multinomial', 'totalCount', totalCount)
  const { shape } = expectWeights('multinomial', weights)
  const batchShape = shape.slice(0, -1)
  scoped(() => expectBatch(totalCount, batchShape))
  const classes = shape.at(-1)!
  const totals = (): tf.Tensor => tf.cast(filled(totalCount, batchShape), 'float32')
  const means = (): tf.Tensor => tf.mul(tf.expandDims(totals(), -1), probsOf(weights))
  const support = multinomialCounts(totalCount, classes)
  const logProb = (value: tf.Tensor): tf.Tensor =>
    atomsOnlyVectors(support, broadcastVectors(value, shape), (x) => {
      const m = tf.add(means(), tf.zeros(x.shape))
      return tf.add(tf.sum(tf.sub(deviance(x, m), factorialCorrection(x)), -1), factorialCorrection(totals()))
    })
  return distribution<tf.Tensor, Pick<Multinomial, 'name' | 'totalCount' | 'weights' | 'logProbs' | 'probs'>>({
    name: 'multinomial',
    totalCount,
    weights,
    logProbs: () => scoped(() => logProbsOf(weights)),
    probs: () => scoped(() => probsOf(weights)),
    batchShape,
    eventShape: [classes],
    isReparameterised: false,
    support,
    logProb,
    sampleAndLogProb: (key, sampleShape) => {
      const x = draw(key, totals(), stopGradient(probsOf(weights)), [...sampleShape, ...batchShape])
      return [x, logProb(x)]
    },
    mean: means,
    variance: () => tf.mul(means(), tf.sub(1, probsOf(weights))),
    covariance: () => tf.mul(tf.reshape(totals(), [...batchShape, 1, 1]), classCovariance(probsOf(weights))),
    mode: () => modeOf(totals(), probsOf(weights)),
    entropy: () => entropyOf(totals(), weights)
  })
}

/**
 * The likeliest counts: class i has floor(n p_i) at least, and each of the fewer than `classes` draws that are left goes
 * where one more costs least, to the largest p_i / (x_i + 1), the first of equals.
 *
 * @source Finucan (1964), The mode of a multinomial distribution, Biometrika 51(3/4), 513-517
 */
const modeOf = (totals: tf.Tensor, p: tf.Tensor): tf.Tensor => {
  const classes = p.shape.at(-1)!
  const few = tf.floor(tf.mul(tf.expandDims(totals, -1), p))
  const more = foriLoop(
    0,
    classes - 1,
    (_, counts: tf.Tensor) => {
      const isLeft = tf.greater(tf.expandDims(totals, -1), tf.sum(counts, -1, true))
      const next = tf.cast(oneHotVectors(tf.argMax(tf.div(p, tf.add(counts, 1)), -1), classes), 'float32')
      return tf.add(counts, tf.mul(next, tf.cast(isLeft, 'float32')))
    },
    few
  )
  return tf.cast(more, 'int32')
}

/** -log n! + n H(p) + sum_i E log x_i!, where x_i is binomial. */
const entropyOf = (totals: tf.Tensor, weights: ClassWeights): tf.Tensor => {
  const p = probsOf(weights)
  const n = tf.add(tf.expandDims(totals, -1), tf.zerosLike(p))
  const wide = { n: tf.expandDims(n, -1), p: tf.expandDims(p, -1), q: tf.expandDims(tf.sub(1, p), -1) }
  const [mean, deviation] = [tf.mul(n, p), tf.sqrt(tf.mul(tf.mul(n, p), tf.sub(1, p)))]
  const factorials = sumOverCounts(
    mean,
    deviation,
    (k) => windowLogDensity(k, wide),
    (k) => lgamma(tf.add(k, 1))
  )
  const draws = tf.mul(totals, classEntropy(weights))
  return tf.add(tf.sub(draws, lgamma(tf.add(totals, 1))), tf.sum(factorials, -1))
}
