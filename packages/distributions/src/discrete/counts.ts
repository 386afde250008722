// What the densities of counts share: deviances, Stirling's corrections, sums over a window of counts.
import * as tf from '@tensorflow/tfjs-core'
import { lgammaCorrection, log1pmx } from '@bdl/core'

/**
 * x log(m / x) + x - m for counts x and their means m, <= 0, and 0 where they agree: -m at x = 0, -inf where m = 0 alone.
 *
 * The large terms of x log m - log x! cancel; written with this and Stirling's correction, no such term is made.
 * @source Loader (2000), Fast and accurate computation of binomial probabilities, Bell Laboratories
 */
export const deviance = (x: tf.Tensor, m: tf.Tensor): tf.Tensor => {
  const isUsual = tf.logicalAnd(tf.greater(x, 0), tf.greater(m, 0))
  const [some, mean] = [tf.where(isUsual, x, 1), tf.where(isUsual, m, 1)]
  const usual = tf.mul(some, log1pmx(tf.div(tf.sub(mean, some), some)))
  return tf.where(isUsual, usual, tf.where(tf.greater(x, 0), -Infinity, tf.neg(m)))
}

/** log x! - (x log x - x) for x >= 0: Stirling's correction and the half logarithm; 0 at x = 0. */
export const factorialCorrection = (x: tf.Tensor): tf.Tensor => {
  const isSome = tf.greater(x, 0)
  const some = tf.where(isSome, x, 1)
  const correction = tf.add(lgammaCorrection(some), tf.mul(tf.log(tf.mul(some, 2 * Math.PI)), 0.5))
  return tf.where(isSome, correction, 0)
}

/** Trials, and the chances of success and failure, of one shape. */
export interface Trials {
  readonly n: tf.Tensor
  readonly p: tf.Tensor
  readonly q: tf.Tensor
}

/** log C(n, k) p^k q^(n - k), for 0 <= k <= n. */
export const binomialLogDensity = (k: tf.Tensor, { n, p, q }: Trials): tf.Tensor => {
  const rest = tf.sub(n, k)
  const deviances = tf.add(deviance(k, tf.mul(n, p)), deviance(rest, tf.mul(n, q)))
  const corrections = tf.add(factorialCorrection(k), factorialCorrection(rest))
  return tf.add(deviances, tf.sub(factorialCorrection(n), corrections))
}

/** log-density as above, and -inf for k > n. */
export const windowLogDensity = (k: tf.Tensor, trials: Trials): tf.Tensor => {
  const isPossible = tf.lessEqual(k, trials.n)
  return tf.where(isPossible, binomialLogDensity(tf.where(isPossible, k, 0), trials), -Infinity)
}

/** Points of the window of a sum. */
const WINDOW = 512
/** Standard deviations of the window, and counts that it has at least. */
const WIDTH = 24

/**
 * sum_k exp(logProb(k)) f(k) over the counts within 12 standard deviations of the mean, every count or, where they are more
 * than 512, equally many steps apart: a sum of a smooth function that vanishes at both ends is right to far below an ulp.
 *
 * @param shape [...B], of mean and deviation. `logProb` and `f` take [...B, 512]; values outside have -inf
 * @precision for families whose deviation is at most the square root of their mean
 */
export const sumOverCounts = (
  mean: tf.Tensor,
  deviation: tf.Tensor,
  logProb: (k: tf.Tensor) => tf.Tensor,
  f: (k: tf.Tensor, logProb: tf.Tensor) => tf.Tensor
): tf.Tensor => {
  const last = (x: tf.Tensor): tf.Tensor => tf.expandDims(x, -1)
  const low = tf.maximum(tf.floor(tf.sub(mean, tf.mul(deviation, WIDTH / 2))), 0)
  const stride = tf.maximum(tf.ceil(tf.div(tf.add(tf.mul(deviation, WIDTH), 40), WINDOW)), 1)
  const steps = tf.range(0, WINDOW, 1, 'float32')
  const k = tf.add(last(low), tf.mul(steps, last(stride)))
  const logProbs = logProb(k)
  const isPossible = tf.greater(logProbs, -Infinity)
  const finite = tf.where(isPossible, logProbs, 0)
  const terms = tf.mul(tf.exp(finite), f(k, finite))
  return tf.mul(tf.sum(tf.where(isPossible, terms, 0), -1), stride)
}

/** Counts that are summed one by one, and points of Simpson's rule for the rest. */
const FEW = 256
const POINTS = 513

/** 1, 4, 2, 4, ..., 4, 1 over 3. */
const simpson = (): tf.Tensor =>
  tf.tensor1d(Array.from({ length: POINTS }, (_, i) => (i === 0 || i === POINTS - 1 ? 1 : i % 2 === 1 ? 4 : 2) / 3))

/**
 * sum_k f(k) for f that is smooth beyond k = 256 and heavy-tailed: the first counts one by one, the rest as an integral over
 * log k (each count stands for the unit interval around it, right to f'(256) / 24).
 *
 * @param mean, deviation [...B]; `f` takes [...B, n], of which only what is within 40 deviations of the mean counts
 */
export const sumOverHeavyTail = (mean: tf.Tensor, deviation: tf.Tensor, f: (k: tf.Tensor) => tf.Tensor): tf.Tensor => {
  const last = (x: tf.Tensor): tf.Tensor => tf.expandDims(x, -1)
  const few = tf.add(tf.range(0, FEW, 1, 'float32'), last(tf.zerosLike(mean)))
  const from = tf.log(tf.maximum(tf.sub(mean, tf.mul(deviation, 12)), FEW - 0.5))
  const to = tf.log(tf.add(tf.add(mean, tf.mul(deviation, 40)), FEW))
  const h = tf.div(tf.sub(to, from), POINTS - 1)
  const x = tf.exp(tf.add(last(from), tf.mul(tf.range(0, POINTS, 1, 'float32'), last(h))))
  const rest = tf.mul(tf.sum(tf.mul(tf.mul(f(x), x), simpson()), -1), h)
  return tf.add(tf.sum(f(few), -1), rest)
}
