// The regularised incomplete gamma functions: distribution functions of the gamma family, in both tails.
import * as tf from '@tensorflow/tfjs-core'
import { customVjp, lgamma } from '@bdl/compiler'
import { scoped } from '../scope.js'
import { HALF_LOG_TAU } from './constants.js'
import {
  bySides,
  isSmall,
  pointAt,
  pointAtLogRatio,
  quantileSlope,
  smallSeries,
  unless,
  type GammaPoint
} from './gamma-integrals.js'
import { lgamma1p } from './lgamma1p.js'
import { log1pmx } from './remainders.js'
import { lgammaCorrection } from './stirling.js'

const LEAST = 2 ** -126
const MOST = 1e30

/** z within what the formulas can bear; the ends are dealt with by the callers. */
const clipped = (z: tf.Tensor): tf.Tensor => tf.clipByValue(z, LEAST, MOST)

/** log of z^a exp(-z) / Γ(a) */
export const logWeight = ({ a, z, logZ, excess, logRatio }: GammaPoint): tf.Tensor => {
  const isFew = tf.less(a, 1)
  const ones = tf.onesLike(z)
  const few = tf.where(isFew, a, ones)
  const direct = tf.sub(tf.sub(tf.mul(few, logZ), z), lgamma(few))
  const isNear = tf.less(tf.abs(excess), 0.5)
  const near = log1pmx(tf.where(isNear, excess, tf.zerosLike(excess)))
  const deviance = tf.mul(a, tf.where(isNear, near, tf.sub(logRatio, excess)))
  const many = tf.where(isFew, ones, a)
  const central = tf.sub(tf.mul(tf.log(many), 0.5), tf.add(lgammaCorrection(many), HALF_LOG_TAU))
  return tf.where(isFew, direct, tf.add(deviance, central))
}

/**
 * log of z^a exp(-z) / Γ(a), which is z times the density of a gamma variable of rate 1 at z. a and z of one shape, > 0.
 * @precision float32: error below 1e-6 plus 2e-7 of the distance to the largest value, also for a = 1e6
 * @example logGammaWeight(tf.scalar(2), tf.scalar(1)) // => -1
 */
export const logGammaWeight = (a: tf.Tensor, z: tf.Tensor): tf.Tensor => scoped(() => logWeight(pointAt(a, z)))

/** The same at z = a exp(logRatio), also where z itself underflows: for draws by `gammaLogRatio`. */
export const logGammaWeightAt = (a: tf.Tensor, logRatio: tf.Tensor): tf.Tensor =>
  scoped(() => logWeight(pointAtLogRatio(a, logRatio)))

/** Both integrals, regularised, and their logarithms; z > 0. */
export interface Tails {
  readonly lower: tf.Tensor
  readonly upper: tf.Tensor
  readonly logLower: tf.Tensor
  readonly logUpper: tf.Tensor
}

/** Σ_{n >= 1} (-z)^n / ((a + n) n!), for z < 1. */
const alternating = (a: tf.Tensor, z: tf.Tensor): tf.Tensor => {
  let sum: tf.Tensor = tf.zerosLike(z)
  let term: tf.Tensor = tf.onesLike(z)
  for (let n = 1; n <= 12; n++) {
    term = tf.mul(term, tf.div(tf.neg(z), n))
    sum = tf.add(sum, tf.div(term, tf.add(a, n)))
  }
  return sum
}

/** For z < 1: the lower tail by its series, the upper one so that it keeps its digits where a is small. */
const smallTails = ({ a, z, logZ }: GammaPoint): readonly [logLower: tf.Tensor, upper: tf.Tensor] => {
  const logPower = tf.sub(tf.mul(a, logZ), lgamma1p(a))
  const [sum] = smallSeries(a, z)
  const upper = tf.sub(tf.neg(tf.expm1(logPower)), tf.mul(tf.mul(tf.exp(logPower), a), alternating(a, z)))
  return [tf.add(tf.sub(logPower, z), tf.log(sum)), upper]
}

/** Tails at a point with a > 0 and 0 < z < inf. */
export const gammaTails = (point: GammaPoint): Tails => {
  const small = isSmall(point.z)
  const ones = tf.onesLike(point.z)
  const [logNear, upperNear] = smallTails({ ...point, z: tf.where(small, point.z, ones) })
  const away = unless(small, point)
  const { isLeft, mass } = bySides(away)
  const logSide = tf.minimum(tf.add(logWeight(away), tf.log(mass)), 0)
  const other = tf.neg(tf.expm1(logSide))
  const [side, logOther] = [tf.exp(logSide), tf.log(other)]
  return {
    lower: tf.where(small, tf.exp(logNear), tf.where(isLeft, side, other)),
    upper: tf.where(small, upperNear, tf.where(isLeft, other, side)),
    logLower: tf.where(small, logNear, tf.where(isLeft, logSide, logOther)),
    logUpper: tf.where(small, tf.log(upperNear), tf.where(isLeft, logOther, logSide))
  }
}

/** The density of a gamma variable of rate 1 at x >= 0. */
const density = (a: tf.Tensor, x: tf.Tensor): tf.Tensor => {
  const z = clipped(x)
  const inside = tf.exp(tf.sub(logWeight(pointAt(a, z)), tf.log(z)))
  const atZero = tf.where(tf.less(a, 1), Infinity, tf.cast(tf.equal(a, 1), 'float32'))
  return tf.where(tf.equal(x, 0), atZero, inside)
}

/** The derivative of P in a. */
const lowerInA = (a: tf.Tensor, x: tf.Tensor): tf.Tensor => {
  const point = pointAt(a, clipped(x))
  const isInside = tf.logicalAnd(tf.greater(x, 0), tf.less(x, MOST))
  const inside = tf.neg(tf.mul(tf.exp(logWeight(point)), quantileSlope(point)))
  return tf.where(isInside, inside, tf.zerosLike(inside))
}

type Pair = readonly [a: tf.Tensor, x: tf.Tensor]

const regularised = (tail: 'lower' | 'upper'): ((a: tf.Tensor, x: tf.Tensor) => tf.Tensor) => {
  const [atZero, sign] = tail === 'lower' ? [0, 1] : [1, -1]
  const rule = customVjp<Pair, tf.Tensor, Pair>({
    forward: (a, x) => {
      const inside = gammaTails(pointAt(a, clipped(x)))[tail]
      const ended = tf.where(tf.lessEqual(x, 0), atZero, tf.where(tf.equal(x, Infinity), 1 - atZero, inside))
      const isValid = tf.logicalAnd(tf.greater(a, 0), tf.greaterEqual(x, 0))
      return [tf.where(isValid, ended, NaN), [a, x]]
    },
    backward: ([a, x], dy) => {
      const signed = tf.mul(dy, sign)
      return [tf.mul(signed, lowerInA(a, x)), tf.mul(signed, density(a, x))]
    }
  })
  return (a, x) => scoped(() => rule(tf.add(a, tf.zerosLike(x)), tf.add(x, tf.zerosLike(a))))
}

/**
 * P(a, x) = ∫_0^x t^(a-1) exp(-t) dt / Γ(a), the regularised lower incomplete gamma function: the distribution function of a
 * gamma variable of rate 1. Broadcasts.
 *
 * @param a > 0 @param x >= 0; NaN outside of either. Differentiable in both
 * @precision float32: relative error below 2e-6 + 2e-7 |log P|, also in the tail, for a up to 1e6
 * @source for x < 1 NIST Digital Library of Mathematical Functions, 8.7.1; else Gauss-Legendre quadrature of the side with less
 *   mass
 * @example gammainc(tf.scalar(2), tf.scalar(1)) // => 0.2642
 */
export const gammainc: (a: tf.Tensor, x: tf.Tensor) => tf.Tensor = regularised('lower')

/**
 * Q(a, x) = 1 - P(a, x), the regularised upper incomplete gamma function, with the digits of its own tail. Broadcasts.
 *
 * @param a > 0 @param x >= 0; NaN outside of either. Differentiable in both
 * @precision as `gammainc`
 * @example gammaincc(tf.scalar(2), tf.scalar(50)) // => 9.837e-21
 */
export const gammaincc: (a: tf.Tensor, x: tf.Tensor) => tf.Tensor = regularised('upper')
