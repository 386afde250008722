// The probability of a success, given itself or by its log-odds: each form is exact where the other one rounds.
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, logSigmoid, sigmoid, softplus } from '@bdl/core'
import { batchShapeOf, expectProbabilities, filled, type Parameter } from '../parameters.js'

/** Probability of a success, or log(p / (1 - p)), which may be +-inf. */
export type Odds = { readonly probs: Parameter } | { readonly logits: Parameter }

/** Checks that there is one form, and that probabilities are in [0, 1]. @error InvalidArgument */
export const expectOdds = (fn: string, odds: Odds): void => {
  if ('probs' in odds === 'logits' in odds)
    throw new BdlError({
      code: 'InvalidArgument',
      fn,
      argument: 'options',
      expected: 'probs or logits, one of them',
      got: 'probs' in odds ? 'both' : 'neither'
    })
  if ('probs' in odds) expectProbabilities(fn, 'probs', odds.probs)
}

/** The parameter that was given, by its name: for shapes and errors. */
export const namedOdds = (odds: Odds): Readonly<Record<string, Parameter>> =>
  'probs' in odds ? { probs: odds.probs } : { logits: odds.logits }

export const oddsShape = (fn: string, odds: Odds): readonly number[] => batchShapeOf(fn, namedOdds(odds))

/** p, of a batch shape. */
export const successOf = (odds: Odds, shape: readonly number[]): tf.Tensor =>
  'probs' in odds ? filled(odds.probs, shape) : sigmoid(filled(odds.logits, shape))

/** 1 - p, without cancellation where log-odds were given. */
export const failureOf = (odds: Odds, shape: readonly number[]): tf.Tensor =>
  'probs' in odds ? tf.sub(1, filled(odds.probs, shape)) : sigmoid(tf.neg(filled(odds.logits, shape)))

/** log p, of a batch shape; -inf at p = 0. */
export const logSuccess = (odds: Odds, shape: readonly number[]): tf.Tensor =>
  'probs' in odds ? tf.log(filled(odds.probs, shape)) : logSigmoid(filled(odds.logits, shape))

/** log(1 - p), of a batch shape; -inf at p = 1. */
export const logFailure = (odds: Odds, shape: readonly number[]): tf.Tensor =>
  'probs' in odds ? tf.log1p(tf.neg(filled(odds.probs, shape))) : tf.neg(softplus(filled(odds.logits, shape)))

/** The odds where `keep`, else even ones: so that no infinite slope of what is not used reaches a gradient. */
export const evenUnless = (keep: tf.Tensor, odds: Odds): Odds =>
  'probs' in odds
    ? { probs: tf.where(keep, filled(odds.probs, keep.shape), 0.5) }
    : { logits: tf.where(keep, filled(odds.logits, keep.shape), 0) }

/** n log p, and 0 where n is 0 whatever p is; shaped like n. */
export const timesLogSuccess = (n: tf.Tensor, odds: Odds): tf.Tensor => {
  const counts = tf.notEqual(n, 0)
  return tf.where(counts, tf.mul(n, logSuccess(evenUnless(counts, odds), n.shape)), 0)
}

/** n log(1 - p), and 0 where n is 0 whatever p is; shaped like n. */
export const timesLogFailure = (n: tf.Tensor, odds: Odds): tf.Tensor => {
  const counts = tf.notEqual(n, 0)
  return tf.where(counts, tf.mul(n, logFailure(evenUnless(counts, odds), n.shape)), 0)
}

/** -p log p - (1 - p) log(1 - p), of a batch shape; 0 at both ends. */
export const binaryEntropy = (odds: Odds, shape: readonly number[]): tf.Tensor => {
  const [p, q] = [successOf(odds, shape), failureOf(odds, shape)]
  const [hasP, hasQ] = [tf.greater(p, 0), tf.greater(q, 0)]
  const terms = (has: tf.Tensor, weight: tf.Tensor, log: (o: Odds) => tf.Tensor): tf.Tensor =>
    tf.where(has, tf.mul(weight, log(evenUnless(has, odds))), 0)
  return tf.neg(
    tf.add(
      terms(hasP, p, (o) => logSuccess(o, shape)),
      terms(hasQ, q, (o) => logFailure(o, shape))
    )
  )
}
