// Probabilities of n classes, given themselves or by unnormalised logarithms.
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, isValidating, logsumexp, toHostSync } from '@bdl/core'

/** [...B, n]: probabilities that sum to one, or unnormalised log-probabilities, of which -inf is impossible. */
export type ClassWeights = { readonly probs: tf.Tensor } | { readonly logits: tf.Tensor }

const wrong = (
  fn: string,
  argument: string,
  code: 'ShapeMismatch' | 'InvalidArgument',
  expected: string,
  got: string
) => new BdlError({ code, fn, argument, expected, got })

const SUM_TOLERANCE = 1e-4

/** Rows of probabilities are non-negative and sum to one; logits are numbers or -inf, and not all of a row are -inf. */
const expectRows = (fn: string, name: string, x: tf.Tensor): void => {
  if (!isValidating()) return
  const n = x.shape.at(-1)!
  const { data } = toHostSync(x)
  for (let start = 0; start < data.length; start += n) {
    const row = data.slice(start, start + n)
    const total = row.reduce((sum, v) => sum + v, 0)
    const isRight =
      name === 'probs'
        ? row.every((v) => v >= 0) && Math.abs(total - 1) <= SUM_TOLERANCE
        : row.every((v) => v < Infinity) && row.some((v) => v > -Infinity)
    if (!isRight)
      throw wrong(
        fn,
        name,
        'InvalidArgument',
        name === 'probs' ? 'rows of non-negative numbers that sum to one' : 'rows of numbers, or -inf but not all',
        `[${Array.from(row.slice(0, 8)).join(', ')}${n > 8 ? ', ...' : ''}]`
      )
  }
}

/** The tensor given, by its name. @error InvalidArgument, ShapeMismatch */
export const expectWeights = (fn: string, weights: ClassWeights): tf.Tensor => {
  if ('probs' in weights === 'logits' in weights)
    throw wrong(fn, 'options', 'InvalidArgument', 'probs or logits, one of them', 'both or neither')
  const [name, x] = 'probs' in weights ? (['probs', weights.probs] as const) : (['logits', weights.logits] as const)
  if (x.rank === 0 || x.shape.at(-1) === 0)
    throw wrong(fn, name, 'ShapeMismatch', 'shape [..., n] with n >= 1', `[${x.shape.join(', ')}]`)
  expectRows(fn, name, x)
  return x
}

/** Normalised log-probabilities, [...B, n]; -inf has no slope. */
export const logProbsOf = (weights: ClassWeights): tf.Tensor => {
  if ('logits' in weights) return tf.sub(weights.logits, logsumexp(weights.logits, -1, true))
  const { probs } = weights
  const isPossible = tf.greater(probs, 0)
  return tf.where(isPossible, tf.log(tf.where(isPossible, probs, 1)), -Infinity)
}

/** Probabilities, [...B, n]. */
export const probsOf = (weights: ClassWeights): tf.Tensor =>
  'probs' in weights ? tf.clone(weights.probs) : tf.exp(logProbsOf(weights))

/** sum_i p_i f_i over the last axis, where f may be infinite for p = 0. */
export const expectation = (logProbs: tf.Tensor, f: tf.Tensor): tf.Tensor => {
  const isPossible = tf.greater(logProbs, -Infinity)
  return tf.sum(tf.mul(tf.exp(logProbs), tf.where(isPossible, f, tf.zerosLike(f))), -1)
}

/** -sum_i p_i log p_i over the last axis. */
export const classEntropy = (weights: ClassWeights): tf.Tensor => {
  const all = logProbsOf(weights)
  return tf.neg(expectation(all, all))
}

/** diag(p) - p p^T, [...B, n, n]. */
export const classCovariance = (probs: tf.Tensor): tf.Tensor => {
  const column = tf.expandDims(probs, -1)
  const product = tf.mul(column, tf.expandDims(probs, -2))
  return tf.sub(tf.mul(column, tf.eye(probs.shape.at(-1)!)), product)
}
