/**
 * Gamma variables and what is made of them, with implicit derivatives in the concentrations. All of it is in logarithms, so
 * that concentrations of 1e-3, whose draws underflow, and of 1e8, whose draws differ in their last digits, stay right.
 */
import * as tf from '@tensorflow/tfjs-core'
import { stopGradient } from '@bdl/compiler'
import { scoped } from '../scope.js'
import { pointAtLogRatio, quantileSlope } from '../special/gamma-integrals.js'
import { implicit } from '../special/implicit.js'
import { logsumexp, sigmoid } from '../special/log-exp.js'
import { log1pmx } from '../special/remainders.js'
import { uniform } from './bits.js'
import { exponential, normal } from './continuous.js'
import { split, type Key } from './key.js'
import { shapeOfParameters, spread, type SamplerParameter } from './parameters.js'
import { untilAccepted } from './rejection.js'

/**
 * log of a gamma variable of concentration a >= 1 over d = a - 1/3: 3 log1p(t) with t = x / (3 sqrt d), x normal, accepted
 * with probability exp(3 d (log1p(t) - t + t^2/2 - t^3/3)), which is Marsaglia and Tsang's test less what cancels in it.
 */
const marsagliaTsang = (key: Key, d: tf.Tensor): tf.Tensor =>
  untilAccepted(key, d.shape, (use) => {
    const [keyNormal, keyUniform] = split(use)
    const t = tf.div(normal(keyNormal, d.shape), tf.mul(tf.sqrt(d), 3))
    const isOutside = tf.lessEqual(t, -1)
    const inside = tf.where(isOutside, tf.zerosLike(t), t)
    const cubic = tf.mul(tf.square(inside), tf.sub(0.5, tf.div(inside, 3)))
    const bound = tf.mul(tf.mul(d, 3), tf.add(log1pmx(inside), cubic))
    const isRejected = tf.logicalOr(isOutside, tf.greater(tf.log(uniform(keyUniform, d.shape)), bound))
    return { value: tf.mul(tf.log1p(inside), 3), isAccepted: tf.logicalNot(isRejected) }
  })

/** log(z / a) for z of concentration a. Below 1: z' of concentration a + 1, times u^(1/a). */
const drawLogRatio = (key: Key, a: tf.Tensor): tf.Tensor => {
  const [keyBase, keyBoost] = split(key)
  const isBelow = tf.less(a, 1)
  const raised = tf.where(isBelow, tf.add(a, 1), a)
  const base = tf.add(marsagliaTsang(keyBase, tf.sub(raised, 1 / 3)), tf.log1p(tf.div(-1 / 3, raised)))
  const boost = tf.sub(tf.log(tf.div(raised, a)), tf.div(exponential(keyBoost, a.shape), a))
  return tf.where(isBelow, tf.add(base, boost), base)
}

/** log(z / a), with its derivative at a fixed quantile. */
const logRatio = (key: Key, a: tf.Tensor): tf.Tensor =>
  implicit(drawLogRatio(key, stopGradient(a)), [a], (y, [at = a]) => [
    tf.sub(quantileSlope(pointAtLogRatio(at, y)), tf.reciprocal(at))
  ])

/**
 * log(z / a) of gamma variables z of rate 1 and concentration a: the same draws as `gamma`, in the form that is exact for small
 * and for large a.
 *
 * @param concentration a > 0, of the shape drawn; differentiable (implicitly)
 */
export const gammaLogRatio = (key: Key, concentration: tf.Tensor): tf.Tensor =>
  scoped(() => logRatio(key, concentration))

/**
 * Gamma variables of rate 1, float32 of `shape`; divide by a rate.
 *
 * @param concentration a > 0, a number or a tensor that broadcasts to `shape`; differentiable (implicitly)
 * @param shape default: that of the concentration
 * @precision relative rounding of a few ulp for every a; draws below 1e-45 are 0, common for a < 0.1: `logGamma` has them
 * @source Marsaglia & Tsang (2000), ACM Transactions on Mathematical Software 26(3), 363-372; derivative: Figurnov, Mohamed &
 *   Mnih (2018), arXiv:1805.08498
 * @example gamma(key(0), 2.5, [1000])
 */
export const gamma = (
  key: Key,
  concentration: SamplerParameter,
  shape: readonly number[] = shapeOfParameters('gamma', { concentration })
): tf.Tensor =>
  scoped(() => {
    const a = spread('gamma', 'concentration', concentration, shape)
    return tf.mul(a, tf.exp(logRatio(key, a)))
  })

/**
 * Logarithms of gamma variables of rate 1: the same draws as `gamma`, also where those underflow.
 *
 * @param concentration a > 0, a number or a tensor that broadcasts to `shape`; differentiable (implicitly)
 * @example logGamma(key(0), 1e-3, [4]) // numbers near -1000
 */
export const logGamma = (
  key: Key,
  concentration: SamplerParameter,
  shape: readonly number[] = shapeOfParameters('gamma', { concentration })
): tf.Tensor =>
  scoped(() => {
    const a = spread('gamma', 'concentration', concentration, shape)
    return tf.add(tf.log(a), logRatio(key, a))
  })

/**
 * log(x / (1 - x)) for beta variables x: sigmoid of it is x, sigmoid of its negative 1 - x, both with all their digits.
 *
 * @param a, b concentrations > 0 of x and of 1 - x; differentiable (implicitly)
 */
export const logitBeta = (
  key: Key,
  a: SamplerParameter,
  b: SamplerParameter,
  shape: readonly number[] = shapeOfParameters('beta', { a, b })
): tf.Tensor =>
  scoped(() => {
    const [keyA, keyB] = split(key)
    const [first, second] = [spread('beta', 'a', a, shape), spread('beta', 'b', b, shape)]
    const odds = tf.log(tf.div(first, second))
    return tf.add(odds, tf.sub(logRatio(keyA, first), logRatio(keyB, second)))
  })

/**
 * Beta variables, float32 of `shape`, in [0, 1].
 *
 * @param a, b concentrations > 0 of x and of 1 - x; differentiable (implicitly, through two gamma variables)
 * @precision near 1 draws are rounded to 1; `logitBeta` keeps them apart
 * @example beta(key(0), 2, 3, [1000])
 */
export const beta = (key: Key, a: SamplerParameter, b: SamplerParameter, shape?: readonly number[]): tf.Tensor =>
  scoped(() => sigmoid(logitBeta(key, a, b, shape)))

/**
 * Logarithms of Dirichlet variables, float32 [...shape, n]: finite also where the variables underflow.
 *
 * @param concentration [...B, n], > 0; differentiable (implicitly, through gamma variables)
 * @param shape without the last axis, B broadcasts to it; default B
 */
export const logDirichlet = (
  key: Key,
  concentration: tf.Tensor,
  shape: readonly number[] = concentration.shape.slice(0, -1)
): tf.Tensor =>
  scoped(() => {
    const logs = logGamma(key, concentration, [...shape, ...concentration.shape.slice(-1)])
    return tf.sub(logs, logsumexp(logs, -1, true))
  })

/**
 * Dirichlet variables, float32 [...shape, n]: points of the simplex.
 *
 * @param concentration [...B, n], > 0; differentiable (implicitly, through gamma variables)
 * @param shape without the last axis, B broadcasts to it; default B
 * @example dirichlet(key(0), tf.tensor1d([1, 2, 3]), [1000]).shape // => [1000, 3]
 */
export const dirichlet = (key: Key, concentration: tf.Tensor, shape?: readonly number[]): tf.Tensor =>
  scoped(() => tf.exp(logDirichlet(key, concentration, shape)))
