// Divergences between discrete families. Each is a sum of terms that are not negative, so none cancels where p and q agree.
import * as tf from '@tensorflow/tfjs-core'
import { expm1mx, isValidating, toHostSync } from '@bdl/core'
import type { Bernoulli } from '../discrete/bernoulli.js'
import type { Binomial } from '../discrete/binomial.js'
import type { Categorical } from '../discrete/categorical.js'
import { deviance } from '../discrete/counts.js'
import type { Geometric } from '../discrete/geometric.js'
import type { Multinomial } from '../discrete/multinomial.js'
import type { NegativeBinomial } from '../discrete/negative-binomial.js'
import { failureOf, logFailure, logSuccess, successOf, type Odds } from '../discrete/odds.js'
import type { OneHotCategorical } from '../discrete/one-hot-categorical.js'
import type { Poisson } from '../discrete/poisson.js'
import type { Distribution } from '../distribution.js'
import { batchShapeOf, filled, type Parameter } from '../parameters.js'
import type { KlRule } from './rule.js'

const isBernoulli = (d: Distribution): d is Bernoulli => d.name === 'bernoulli' && 'odds' in d
const isBinomial = (d: Distribution): d is Binomial => d.name === 'binomial' && 'odds' in d
const isCategorical = (d: Distribution): d is Categorical => d.name === 'categorical' && 'weights' in d
const isGeometric = (d: Distribution): d is Geometric => d.name === 'geometric' && 'odds' in d
const isMultinomial = (d: Distribution): d is Multinomial => d.name === 'multinomial' && 'weights' in d
const isNegativeBinomial = (d: Distribution): d is NegativeBinomial => d.name === 'negativeBinomial' && 'odds' in d
const isOneHot = (d: Distribution): d is OneHotCategorical => d.name === 'oneHotCategorical' && 'weights' in d
const isPoisson = (d: Distribution): d is Poisson => d.name === 'poisson' && 'rate' in d

/** p log(p / q) - p + q >= 0, of logarithms that may be -inf: q where p is 0, infinite where q alone is. */
const term = (logP: tf.Tensor, logQ: tf.Tensor): tf.Tensor => {
  const isPossible = tf.logicalAnd(tf.greater(logP, -Infinity), tf.greater(tf.add(logQ, tf.zerosLike(logP)), -Infinity))
  const log = tf.where(isPossible, logP, 0)
  const gap = tf.where(isPossible, tf.sub(logQ, log), 0)
  const isNear = tf.less(gap, 1)
  const near = tf.mul(tf.exp(log), expm1mx(tf.where(isNear, gap, 0)))
  const far = tf.sub(tf.exp(logQ), tf.mul(tf.exp(log), tf.add(gap, 1)))
  const usual = tf.where(isNear, near, far)
  return tf.where(isPossible, usual, tf.where(tf.greater(logP, -Infinity), Infinity, tf.exp(logQ)))
}

const overShape = (p: Distribution, q: Distribution): readonly number[] =>
  batchShapeOf('kl', { p: tf.zeros([...p.batchShape]), q: tf.zeros([...q.batchShape]) })

/** Between two coins, of a batch shape. */
const oddsDivergence = (p: Odds, q: Odds, shape: readonly number[]): tf.Tensor =>
  tf.add(term(logSuccess(p, shape), logSuccess(q, shape)), term(logFailure(p, shape), logFailure(q, shape)))

/** Whether parameters are known to differ; while tracing they are not known. */
const differ = (a: Parameter, b: Parameter): boolean => {
  if (a === b || !isValidating()) return false
  return toHostSync(tf.any(tf.notEqual(a, b))).data[0] === 1
}

const bernoulliBernoulli: KlRule = (p, q) =>
  isBernoulli(p) && isBernoulli(q) ? oddsDivergence(p.odds, q.odds, overShape(p, q)) : undefined

/** `value` where the counts agree; infinite where p has more, NaN (no closed form) where q has. */
const ofOneCount = (value: tf.Tensor, p: Parameter, q: Parameter): tf.Tensor => {
  const shape = value.shape
  const [a, b] = [tf.cast(filled(p, shape), 'float32'), tf.cast(filled(q, shape), 'float32')]
  return tf.where(tf.equal(a, b), tf.mul(a, value), tf.where(tf.greater(a, b), Infinity, NaN))
}

/** n times the divergence of one trial, where both have the same n. */
const binomialBinomial: KlRule = (p, q) =>
  isBinomial(p) && isBinomial(q) && !differ(p.totalCount, q.totalCount)
    ? ofOneCount(oddsDivergence(p.odds, q.odds, overShape(p, q)), p.totalCount, q.totalCount)
    : undefined

/** The divergence of one trial, times the mean number of trials, 1 / p. */
const geometricGeometric: KlRule = (p, q) => {
  if (!isGeometric(p) || !isGeometric(q)) return undefined
  const shape = overShape(p, q)
  return tf.div(oddsDivergence(p.odds, q.odds, shape), successOf(p.odds, shape))
}

/** The divergence of one trial, times the mean number of trials, r / (1 - p), where both have the same r. */
const negativeBinomialSame: KlRule = (p, q) => {
  if (!isNegativeBinomial(p) || !isNegativeBinomial(q) || differ(p.totalCount, q.totalCount)) return undefined
  const shape = overShape(p, q)
  const trial = tf.div(oddsDivergence(p.odds, q.odds, shape), failureOf(p.odds, shape))
  const [a, b] = [filled(p.totalCount, shape), filled(q.totalCount, shape)]
  return tf.where(tf.equal(a, b), tf.mul(a, trial), NaN)
}

/** p log(p / q) - p + q */
const poissonPoisson: KlRule = (p, q) => {
  if (!isPoisson(p) || !isPoisson(q)) return undefined
  const shape = overShape(p, q)
  return tf.neg(deviance(filled(p.rate, shape), filled(q.rate, shape)))
}

/** sum_i p_i log(p_i / q_i) */
const classDivergence = (p: Categorical | OneHotCategorical | Multinomial, q: typeof p): tf.Tensor =>
  tf.sum(term(p.logProbs(), q.logProbs()), -1)

const categoricalCategorical: KlRule = (p, q) =>
  (isCategorical(p) && isCategorical(q)) || (isOneHot(p) && isOneHot(q)) ? classDivergence(p, q) : undefined

const multinomialMultinomial: KlRule = (p, q) =>
  isMultinomial(p) && isMultinomial(q) && !differ(p.totalCount, q.totalCount)
    ? ofOneCount(classDivergence(p, q), p.totalCount, q.totalCount)
    : undefined

export const discreteRules: readonly KlRule[] = [
  bernoulliBernoulli,
  binomialBinomial,
  categoricalCategorical,
  geometricGeometric,
  multinomialMultinomial,
  negativeBinomialSame,
  poissonPoisson
]
