// Points of the simplex.
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, digamma, lgammaCorrection, log1pmx, logDirichlet, logMinusDigamma, setDiag } from '@bdl/core'
import { simplex } from '../constraint.js'
import { distribution, type Distribution } from '../distribution.js'
import { expectPositiveParameter } from '../parameters.js'
import { onlyInside } from './inside.js'

const LOG_TAU = Math.log(2 * Math.PI)

export interface Dirichlet extends Distribution {
  readonly name: 'dirichlet'
  /** [...B, n] */
  readonly concentration: tf.Tensor
  readonly covariance: () => tf.Tensor
}

const total = (a: tf.Tensor): tf.Tensor => tf.sum(a, -1, true)

/** (a - 1) log x, which is 0 for a = 1 wherever x is. */
const powerTerm = (a: tf.Tensor, logX: tf.Tensor): tf.Tensor => {
  const isFlat = tf.equal(a, 1)
  const isLost = tf.logicalAnd(isFlat, tf.logicalNot(tf.isFinite(logX)))
  return tf.mul(tf.sub(a, 1), tf.where(isLost, tf.zerosLike(logX), logX))
}

/**
 * a log(x / p) - log x with p = a / A, entry by entry. Near p it is a (log(1 + u) - u) + (A x - a) - log x with u = x / p - 1, in
 * which nothing cancels: the densities of large concentrations are sharp.
 */
const entryTerms = (a: tf.Tensor, x: tf.Tensor, logX: tf.Tensor): tf.Tensor => {
  const sum = total(a)
  const gap = tf.sub(tf.mul(sum, x), a)
  const u = tf.div(gap, a)
  const isNear = tf.less(tf.abs(u), 0.5)
  const zero = tf.zerosLike(u)
  const near = tf.sub(tf.add(tf.mul(a, log1pmx(tf.where(isNear, u, zero))), gap), tf.where(isNear, logX, zero))
  const far = tf.sub(powerTerm(a, logX), tf.mul(a, tf.log(tf.div(a, sum))))
  return tf.where(isNear, near, far)
}

/** What is left of log Γ(A) - sum_i log Γ(a_i) beside A log A - sum_i a_i log a_i. */
const leftOver = (a: tf.Tensor): tf.Tensor => {
  const sum = tf.sum(a, -1)
  const size = a.shape[a.rank - 1]!
  const logs = tf.sub(tf.sum(tf.log(a), -1), tf.log(sum))
  const corrections = tf.sub(lgammaCorrection(sum), tf.sum(lgammaCorrection(a), -1))
  return tf.add(tf.mul(tf.sub(logs, (size - 1) * LOG_TAU), 0.5), corrections)
}

/** log x, where the derivative must not meet 0 or what lies outside: there the centre stands in. */
const logProbAt = (a: tf.Tensor, x: tf.Tensor): tf.Tensor => {
  const isInside = simplex.contains(x)
  const safe = tf.where(tf.expandDims(isInside, -1), x, 1 / a.shape[a.rank - 1]!)
  const isEdge = tf.equal(safe, 0)
  const logX = tf.where(isEdge, -Infinity, tf.log(tf.where(isEdge, 1, safe)))
  return onlyInside(isInside, tf.add(tf.sum(entryTerms(a, safe, logX), -1), leftOver(a)))
}

/** (a - 1) / (A - n) where no entry is below 1; the centre where all are 1; none (NaN) where the density is unbounded. */
const modeOf = (a: tf.Tensor): tf.Tensor => {
  const size = a.shape[a.rank - 1]!
  const rest = tf.sub(total(a), size)
  const isFlat = tf.all(tf.equal(a, 1), -1, true)
  const inner = tf.div(tf.sub(a, 1), tf.where(isFlat, 1, rest))
  const mode = tf.where(isFlat, 1 / size, inner)
  return tf.where(tf.all(tf.greaterEqual(a, 1), -1, true), mode, NaN)
}

const varianceOf = (a: tf.Tensor): tf.Tensor => {
  const sum = total(a)
  return tf.div(tf.mul(tf.div(a, sum), tf.div(tf.sub(sum, a), sum)), tf.add(sum, 1))
}

const covarianceOf = (a: tf.Tensor): tf.Tensor => {
  const sum = total(a)
  const mean = tf.div(a, sum)
  const outer = tf.mul(tf.expandDims(mean, -1), tf.expandDims(mean, -2))
  return setDiag(tf.neg(tf.div(outer, tf.expandDims(tf.add(sum, 1), -1))), varianceOf(a))
}

/** -E log p with E log x_i = ψ(a_i) - ψ(A), its leading terms cancelled by hand. */
const entropyOf = (a: tf.Tensor): tf.Tensor => {
  const sum = total(a)
  const spread = tf.sum(tf.mul(a, tf.sub(logMinusDigamma(a), logMinusDigamma(sum))), -1)
  const logs = tf.sum(tf.sub(digamma(a), digamma(sum)), -1)
  return tf.sub(tf.add(spread, logs), leftOver(a))
}

/**
 * Dirichlet(a) over points x of the simplex: log p(x) = sum_i (a_i - 1) log x_i + log Γ(sum a) - sum_i log Γ(a_i).
 *
 * The density is that of the first n - 1 entries.
 * @param concentration a > 0, [...B, n]
 * @error InvalidArgument if a concentration is not finite and positive; ShapeMismatch for a scalar
 * @precision float32: right to a few ulp of sum |a_i u_i| with u the relative distance from the mean, also for concentrations of
 *   1e6; -inf or inf on the edge, as a_i is above or below 1
 * @source sampler and derivatives: `dirichlet` of @bdl/core
 * @example dirichlet(tf.tensor1d([1, 1, 1])).logProb(tf.tensor1d([0.2, 0.3, 0.5])) // => 0.6931
 */
export const dirichlet = (concentration: tf.Tensor): Dirichlet => {
  const a = concentration
  const size = a.shape[a.rank - 1]
  if (size === undefined)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'dirichlet',
      argument: 'concentration',
      expected: 'shape [..., n]',
      got: '[]'
    })
  expectPositiveParameter('dirichlet', 'concentration', a)
  const batchShape = a.shape.slice(0, -1)
  return distribution<tf.Tensor, Pick<Dirichlet, 'name' | 'concentration' | 'covariance'>>({
    name: 'dirichlet',
    concentration,
    batchShape,
    eventShape: [size],
    isReparameterised: true,
    support: simplex,
    logProb: (x) => logProbAt(a, x),
    sampleAndLogProb: (key, sampleShape) => {
      const logX = logDirichlet(key, a, [...sampleShape, ...batchShape])
      const x = tf.exp(logX)
      return [x, tf.add(tf.sum(entryTerms(a, x, logX), -1), leftOver(a))]
    },
    mean: () => tf.div(a, total(a)),
    variance: () => varianceOf(a),
    covariance: () => covarianceOf(a),
    mode: () => modeOf(a),
    entropy: () => entropyOf(a)
  })
}
