// Inverses of the incomplete gamma and beta functions: Newton's method on the logarithm of the smaller tail, which is concave.
import * as tf from '@tensorflow/tfjs-core'
import { foriLoop, stopGradient } from '@bdl/compiler'
import { scoped } from '../scope.js'
import { logBetaWeightAt, smallerTail, type BetaPoint } from './beta-integrals.js'
import { zerosOver } from './elementwise.js'
import { pointAtLogRatio, quantileSlope } from './gamma-integrals.js'
import { implicit } from './implicit.js'
import { betaTailSlopes, lbeta } from './incomplete-beta.js'
import { gammaTails, logWeight } from './incomplete-gamma.js'
import { lgamma1p } from './lgamma1p.js'
import { log1mexp, sigmoid } from './log-exp.js'
import { ndtri } from './normal.js'

/** A probability with its complement, each with its own digits. */
interface Chance {
  readonly p: tf.Tensor
  readonly q: tf.Tensor
}

const isLower = ({ p, q }: Chance): tf.Tensor => tf.lessEqual(p, q)

/** log p, also where only q has the digits. */
const logOfLower = ({ p, q }: Chance): tf.Tensor => tf.where(tf.less(p, 0.5), tf.log(p), tf.log1p(tf.neg(q)))

/** The standard normal quantile, from the smaller tail. */
const normalQuantile = ({ p, q }: Chance): tf.Tensor => {
  const size = ndtri(tf.minimum(p, q))
  return tf.where(tf.lessEqual(p, q), size, tf.neg(size))
}

const GAMMA_TURNS = 8

/** Wilson and Hilferty's cube for a >= 1/2, else what P is near 0: z^a / Γ(a + 1). log(z / a) */
const gammaStart = (a: tf.Tensor, chance: Chance): tf.Tensor => {
  const root = tf.add(tf.sub(1, tf.div(1 / 9, a)), tf.div(normalQuantile(chance), tf.mul(tf.sqrt(a), 3)))
  const nearZero = tf.sub(tf.div(tf.add(logOfLower(chance), lgamma1p(a)), a), tf.log(a))
  const isCube = tf.logicalAnd(tf.greaterEqual(a, 0.5), tf.greater(root, 0.2))
  return tf.where(isCube, tf.mul(tf.log(tf.maximum(root, 0.2)), 3), nearZero)
}

/** log(z / a) of the quantile; lower tails are solved for in log z, upper ones in z. */
const gammaRoot = (a: tf.Tensor, chance: Chance): tf.Tensor => {
  const lower = isLower(chance)
  const target = tf.log(tf.minimum(chance.p, chance.q))
  const turn = (_: tf.Tensor, logRatio: tf.Tensor): tf.Tensor => {
    const point = pointAtLogRatio(a, logRatio)
    const { logLower, logUpper } = gammaTails(point)
    const logTail = tf.where(lower, logLower, logUpper)
    const step = tf.mul(tf.sub(logTail, target), tf.exp(tf.sub(logTail, logWeight(point))))
    return tf.add(logRatio, tf.where(lower, tf.neg(step), tf.log1p(tf.clipByValue(step, -0.9, 1e6))))
  }
  return foriLoop(0, GAMMA_TURNS, turn, gammaStart(a, chance))
}

/** Ends, where the equation has no root: 0 for p = 0, infinite for q = 0, NaN for what is no probability. */
const atEnds = ({ p, q }: Chance, inside: tf.Tensor, low: number): tf.Tensor => {
  const valid = tf.logicalAnd(tf.greaterEqual(p, 0), tf.greaterEqual(q, 0))
  const ended = tf.where(tf.lessEqual(p, 0), low, tf.where(tf.lessEqual(q, 0), Infinity, inside))
  return tf.where(valid, ended, NaN)
}

/** The chance, or 1/2 at the ends. */
const offEnds = ({ p, q }: Chance): Chance => {
  const isInside = tf.logicalAnd(tf.greater(p, 0), tf.greater(q, 0))
  const half = tf.mul(tf.onesLike(p), 0.5)
  return { p: tf.where(isInside, p, half), q: tf.where(isInside, q, half) }
}

const gammaQuantile = (a: tf.Tensor, p: tf.Tensor, tail: 'lower' | 'upper'): tf.Tensor => {
  const zeros = zerosOver(a, p)
  const [at, chance] = [tf.add(a, zeros), tf.add(p, zeros)]
  const both = (one: tf.Tensor): Chance =>
    tail === 'lower' ? { p: one, q: tf.sub(1, one) } : { p: tf.sub(1, one), q: one }
  const found = gammaRoot(stopGradient(at), offEnds(both(stopGradient(chance))))
  const sign = tail === 'lower' ? 1 : -1
  const logRatio = implicit(found, [at, chance], (y, [b = at]) => {
    const point = pointAtLogRatio(b, y)
    return [tf.sub(quantileSlope(point), tf.reciprocal(b)), tf.mul(tf.exp(tf.neg(logWeight(point))), sign)]
  })
  return atEnds(both(chance), tf.mul(at, tf.exp(logRatio)), 0)
}

/**
 * The x with P(a, x) = p: quantiles of a gamma variable of rate 1. 0 at p = 0, inf at 1. Broadcasts.
 *
 * @param a > 0 @param p in [0, 1]; NaN outside. Differentiable in both, by the implicit function theorem
 * @precision float32: what 2e-6 of relative error in the smaller tail does to x
 * @example gammaincinv(tf.scalar(2), tf.scalar(0.5)) // => 1.6783
 */
export const gammaincinv = (a: tf.Tensor, p: tf.Tensor): tf.Tensor => scoped(() => gammaQuantile(a, p, 'lower'))

/** The x with Q(a, x) = q: quantiles in the upper tail, also for q = 1e-30. As `gammaincinv`. */
export const gammainccinv = (a: tf.Tensor, q: tf.Tensor): tf.Tensor => scoped(() => gammaQuantile(a, q, 'upper'))

const BETA_TURNS = 10

export const pointAtLogit = (a: tf.Tensor, b: tf.Tensor, logit: tf.Tensor): BetaPoint => ({
  a,
  b,
  x: sigmoid(logit),
  y: sigmoid(tf.neg(logit))
})

/** Below this logit the tail is the power law x^a / (a B(a, b)) to the last digit. */
const POWER_LAW = -60

/** As if the larger concentration were infinite: its share is a constant, and the other's a gamma variable. */
const betaStart = (a: tf.Tensor, b: tf.Tensor, p: tf.Tensor): tf.Tensor => {
  const q = tf.sub(1, p)
  const isFirst = tf.less(a, b)
  const size = gammaStart(tf.where(isFirst, a, b), { p: tf.where(isFirst, p, q), q: tf.where(isFirst, q, p) })
  return tf.add(tf.log(tf.div(a, b)), tf.where(isFirst, size, tf.neg(size)))
}

/** The logit at which the lower tail is p <= 1/2. */
const betaRoot = (a: tf.Tensor, b: tf.Tensor, p: tf.Tensor): tf.Tensor => {
  const target = tf.log(p)
  const powerLaw = tf.div(tf.add(target, tf.add(tf.log(a), lbeta(a, b))), a)
  const turn = (_: tf.Tensor, logit: tf.Tensor): tf.Tensor => {
    const point = pointAtLogit(a, b, logit)
    const [logSide, isLeft] = smallerTail(point)
    const logTail = tf.where(isLeft, logSide, log1mexp(tf.minimum(logSide, -1e-7)))
    const step = tf.mul(tf.sub(logTail, target), tf.exp(tf.sub(logTail, logBetaWeightAt(point))))
    return tf.clipByValue(tf.sub(logit, tf.clipByValue(step, -20, 20)), -80, 80)
  }
  const root = foriLoop(0, BETA_TURNS, turn, tf.clipByValue(betaStart(a, b, p), -80, 80))
  return tf.where(tf.less(powerLaw, POWER_LAW), powerLaw, root)
}

/**
 * log(x / (1 - x)) of the quantile x of a beta variable, for a probability given with its complement q = 1 - p: both ends with
 * all their digits. Differentiable in a, b and p; all four of one shape.
 */
export const logitBetaQuantile = (a: tf.Tensor, b: tf.Tensor, chance: Chance): tf.Tensor => {
  const { p, q } = offEnds({ p: stopGradient(chance.p), q: stopGradient(chance.q) })
  const lower = isLower({ p, q })
  const [first, second] = [stopGradient(a), stopGradient(b)]
  const root = betaRoot(tf.where(lower, first, second), tf.where(lower, second, first), tf.minimum(p, q))
  const found = tf.where(lower, root, tf.neg(root))
  const logit = implicit(found, [a, b, chance.p], (y, [a1 = a, b1 = b]) => {
    const point = pointAtLogit(a1, b1, tf.clipByValue(y, -80, 80)) // beyond, the weight is 0 in float32
    const perChance = tf.exp(tf.neg(logBetaWeightAt(point)))
    const slopes = betaTailSlopes(point, perChance)
    return [tf.neg(slopes.a), tf.neg(slopes.b), perChance]
  })
  return atEnds(chance, logit, -Infinity)
}

/**
 * The x with I_x(a, b) = p: quantiles of a beta variable. 0 at p = 0, 1 at 1. Broadcasts.
 *
 * @param a > 0 @param b > 0 @param p in [0, 1]; NaN outside. Differentiable in all three, by the implicit function theorem
 * @precision float32: what 2e-6 of relative error in the smaller tail does to x
 * @example betaincinv(tf.scalar(2), tf.scalar(3), tf.scalar(0.5)) // => 0.3857
 */
export const betaincinv = (a: tf.Tensor, b: tf.Tensor, p: tf.Tensor): tf.Tensor =>
  scoped(() => {
    const zeros = zerosOver(a, b, p)
    const chance = tf.add(p, zeros)
    return sigmoid(logitBetaQuantile(tf.add(a, zeros), tf.add(b, zeros), { p: chance, q: tf.sub(1, chance) }))
  })
