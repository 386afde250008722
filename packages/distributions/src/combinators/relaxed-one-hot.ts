// The concrete distribution: one-hot vectors made smooth, so that draws have derivatives.
import * as tf from '@tensorflow/tfjs-core'
import { gumbel, lgamma, logsumexp } from '@bdl/core'
import { constraint, simplex, type Constraint } from '../constraint.js'
import { expectWeights, logProbsOf, type ClassWeights } from '../discrete/weights.js'
import { distribution, type Distribution } from '../distribution.js'
import { batchShapeOf, expectPositiveParameter, filled, type Parameter } from '../parameters.js'

export interface RelaxedOneHot extends Distribution {
  readonly temperature: Parameter
  readonly weights: ClassWeights
}

/**
 * log density of y = log x with respect to all coordinates but one:
 * log Γ(n) + (n - 1) log t + sum_i (a_i - t y_i) - n logsumexp(a - t y), with t the temperature, a the log-weights.
 */
const logSpaceDensity = (y: tf.Tensor, t: tf.Tensor, a: tf.Tensor): tf.Tensor => {
  const n = a.shape.at(-1)!
  const score = tf.sub(a, tf.mul(tf.expandDims(t, -1), y))
  const terms = tf.sub(tf.sum(score, -1), tf.mul(logsumexp(score, -1), n))
  return tf.add(terms, tf.add(lgamma(tf.scalar(n)), tf.mul(tf.log(t), n - 1)))
}

/** Vectors whose exponentials sum to one. */
const logSimplex: Constraint = constraint({
  name: 'logSimplex',
  eventNdims: 1,
  contains: (y) => tf.lessEqual(tf.abs(logsumexp(y, -1)), 1e-4)
})

interface Concrete {
  readonly temperatures: () => tf.Tensor
  readonly logWeights: () => tf.Tensor
  readonly batchShape: readonly number[]
  readonly n: number
  /** Log-vectors of draws: log softmax((a + Gumbel noise) / t). */
  readonly drawLogs: (key: tf.Tensor, sampleShape: readonly number[]) => tf.Tensor
}

const concrete = (fn: string, temperature: Parameter, weights: ClassWeights): Concrete => {
  expectPositiveParameter(fn, 'temperature', temperature)
  const { shape } = expectWeights(fn, weights)
  const rows: Readonly<Record<string, Parameter>> = { temperature, weights: tf.zeros(shape.slice(0, -1)) }
  const batchShape = batchShapeOf(fn, rows)
  tf.dispose(rows['weights'] as tf.Tensor)
  const n = shape.at(-1)!
  const temperatures = (): tf.Tensor => filled(temperature, batchShape)
  const logWeights = (): tf.Tensor => tf.add(logProbsOf(weights), tf.zeros([...batchShape, n]))
  return {
    temperatures,
    logWeights,
    batchShape,
    n,
    drawLogs: (key, sampleShape) => {
      const noise = gumbel(key, [...sampleShape, ...batchShape, n])
      const score = tf.div(tf.add(logWeights(), noise), tf.expandDims(temperatures(), -1))
      return tf.sub(score, logsumexp(score, -1, true))
    }
  }
}

/**
 * Points x of the simplex, softmax((log w + Gumbel noise) / t): near one-hot vectors where the temperature t is low.
 *
 * @param temperature t > 0, a number or a tensor that broadcasts with the batch of the weights
 * @param weights `{ logits }` [...B, n], finite, unnormalised; or `{ probs }` [...B, n], rows sum to one
 * @error InvalidArgument if the temperature is not finite and positive; ShapeMismatch
 * @precision below t = 0.2 entries of draws underflow: the pair of `sampleAndLogProb` stays right, `logProb` of such a draw
 *   is -inf. `expRelaxedOneHot` keeps the logarithms
 * @source Maddison, Mnih & Teh (2017), The Concrete Distribution, arXiv:1611.00712, eq. 10; Jang, Gu & Poole (2017),
 *   Categorical Reparameterization with Gumbel-Softmax, arXiv:1611.01144
 * @example gumbelSoftmax(0.5, { logits: tf.tensor1d([0, 1, 2]) }).sample(key(0)) // three positive numbers with sum 1
 */
export const gumbelSoftmax = (temperature: Parameter, weights: ClassWeights): RelaxedOneHot => {
  const { temperatures, logWeights, batchShape, n, drawLogs } = concrete('gumbelSoftmax', temperature, weights)
  const density = (y: tf.Tensor): tf.Tensor => tf.sub(logSpaceDensity(y, temperatures(), logWeights()), tf.sum(y, -1))
  return distribution<tf.Tensor, Pick<RelaxedOneHot, 'temperature' | 'weights'>>({
    name: 'gumbelSoftmax',
    temperature,
    weights,
    batchShape,
    eventShape: [n],
    isReparameterised: true,
    support: simplex,
    logProb: (x) => {
      const inside = tf.logicalAnd(simplex.contains(x), tf.all(tf.greater(x, 0), -1))
      const safe = tf.where(tf.expandDims(inside, -1), x, tf.fill([n], 1 / n))
      return tf.where(inside, density(tf.log(safe)), -Infinity)
    },
    sampleAndLogProb: (key, sampleShape) => {
      const y = drawLogs(key, sampleShape)
      return [tf.exp(y), density(y)]
    }
  })
}

/**
 * Logarithms y of `gumbelSoftmax` vectors, normalised: logsumexp(y) = 0. Its density, in all coordinates but one, is finite
 * at any temperature, where entries of the vectors themselves underflow.
 *
 * @param temperature t > 0 @param weights as of `gumbelSoftmax`
 * @error InvalidArgument if the temperature is not finite and positive; ShapeMismatch
 * @source Maddison, Mnih & Teh (2017), The Concrete Distribution, arXiv:1611.00712, eq. 25
 * @example expRelaxedOneHot(0.01, { logits: tf.tensor1d([0, 1, 2]) }).sampleAndLogProb(key(0))
 */
export const expRelaxedOneHot = (temperature: Parameter, weights: ClassWeights): RelaxedOneHot => {
  const { temperatures, logWeights, batchShape, n, drawLogs } = concrete('expRelaxedOneHot', temperature, weights)
  const density = (y: tf.Tensor): tf.Tensor => logSpaceDensity(y, temperatures(), logWeights())
  return distribution<tf.Tensor, Pick<RelaxedOneHot, 'temperature' | 'weights'>>({
    name: 'expRelaxedOneHot',
    temperature,
    weights,
    batchShape,
    eventShape: [n],
    isReparameterised: true,
    support: logSimplex,
    logProb: (y) => {
      const inside = logSimplex.contains(y)
      const safe = tf.where(tf.expandDims(inside, -1), y, tf.fill([n], -Math.log(n)))
      return tf.where(inside, density(safe), -Infinity)
    },
    sampleAndLogProb: (key, sampleShape) => {
      const y = drawLogs(key, sampleShape)
      return [y, density(y)]
    }
  })
}
