/**
 * The gamma distribution's integrals relative to its density. With w(t) = t^(a-1) exp(-t) and D = z^a exp(-z),
 *   ∫_0^z w dt = D m   and   -(∂/∂a of the regularised integral at fixed z) / (D / Γ(a)) = slope,
 * the latter being d log z / d a at a fixed quantile. Below z = 1 by the power series, else by quadrature over
 * s = |log(t / z)| on the side of z that has less mass: left where log z < ψ(a).
 */
import * as tf from '@tensorflow/tfjs-core'
import { digamma } from '@bdl/compiler'
import { CUT, panel, reach, RULE_20 } from './quadrature.js'
import { expm1mx } from './remainders.js'
import { logMinusDigamma } from './stirling.js'

/** A point of a gamma distribution of rate 1, in the forms that keep their digits: z = a (1 + excess) = a exp(logRatio). */
export interface GammaPoint {
  readonly a: tf.Tensor
  readonly z: tf.Tensor
  readonly logZ: tf.Tensor
  readonly excess: tf.Tensor
  readonly logRatio: tf.Tensor
}

export const pointAt = (a: tf.Tensor, z: tf.Tensor): GammaPoint => ({
  a,
  z,
  logZ: tf.log(z),
  excess: tf.div(tf.sub(z, a), a),
  logRatio: tf.log(tf.div(z, a))
})

export const pointAtLogRatio = (a: tf.Tensor, logRatio: tf.Tensor): GammaPoint => ({
  a,
  z: tf.mul(a, tf.exp(logRatio)),
  logZ: tf.add(tf.log(a), logRatio),
  excess: tf.expm1(logRatio),
  logRatio
})

/** The series holds where z < 1. */
export const isSmall = (z: tf.Tensor): tf.Tensor => tf.less(z, 1)

const TERMS = 12

/** Σ_n z^n / ((a + 1) ... (a + n)), for z < 1, and its derivative in a. */
export const smallSeries = (a: tf.Tensor, z: tf.Tensor): readonly [sum: tf.Tensor, slope: tf.Tensor] => {
  let sum: tf.Tensor = tf.onesLike(z)
  let slope: tf.Tensor = tf.zerosLike(z)
  for (let k = TERMS; k >= 1; k--) {
    const below = tf.add(a, k)
    const q = tf.div(z, below)
    slope = tf.mul(q, tf.sub(slope, tf.div(sum, below)))
    sum = tf.add(tf.mul(q, sum), 1)
  }
  return [sum, slope]
}

export interface Sides {
  /** Whether the integral is that from 0 to z, else the one from z to infinity. */
  readonly isLeft: tf.Tensor
  /** Relative to D, over the side with less mass. */
  readonly mass: tf.Tensor
  /** d log z / d a at a fixed quantile. */
  readonly slope: tf.Tensor
}

/** For z >= 1. */
export const bySides = ({ a, z, excess, logRatio }: GammaPoint): Sides => {
  const centred = tf.add(logRatio, logMinusDigamma(a)) // log z - ψ(a), the score of the density at z
  const isLeft = tf.less(centred, 0)
  const sign = tf.where(isLeft, tf.neg(tf.onesLike(centred)), tf.onesLike(centred))
  const steepness = tf.mul(tf.mul(a, excess), sign)
  const exponentAt = (s: tf.Tensor, at: (x: tf.Tensor) => tf.Tensor): tf.Tensor =>
    tf.add(tf.mul(at(z), expm1mx(tf.mul(at(sign), s))), tf.mul(at(steepness), s))
  const same = (x: tf.Tensor): tf.Tensor => x
  const rise = tf.maximum(steepness, 0)
  const start = tf.div(2 * CUT, tf.add(rise, tf.sqrt(tf.add(tf.square(rise), tf.mul(z, 2 * CUT)))))
  const extent = reach(
    start,
    2,
    (s) => exponentAt(s, same),
    (s) => tf.add(tf.mul(tf.mul(z, sign), tf.expm1(tf.mul(sign, s))), steepness)
  )
  const { s, integral } = panel(RULE_20, extent)
  const weight = tf.exp(tf.neg(exponentAt(s, (x) => tf.expandDims(x, -1))))
  const mass = integral(weight)
  return { isLeft, mass, slope: tf.add(integral(tf.mul(weight, s)), tf.mul(tf.mul(sign, centred), mass)) }
}

/** The point, or (1, 1) where `isOut`: it keeps formulas off ground that is not theirs. */
export const unless = (isOut: tf.Tensor, { a, z, logZ, excess, logRatio }: GammaPoint): GammaPoint => {
  const [ones, zeros] = [tf.onesLike(z), tf.zerosLike(z)]
  return {
    a: tf.where(isOut, ones, a),
    z: tf.where(isOut, ones, z),
    logZ: tf.where(isOut, zeros, logZ),
    excess: tf.where(isOut, zeros, excess),
    logRatio: tf.where(isOut, zeros, logRatio)
  }
}

/**
 * d log z / d a of a gamma variable at a fixed quantile: its implicit derivative in the concentration.
 * @source Figurnov, Mohamed & Mnih (2018), Implicit reparameterization gradients, arXiv:1805.08498, equation 6
 */
export const quantileSlope = (point: GammaPoint): tf.Tensor => {
  const { a, z, logZ } = point
  const small = isSmall(z)
  const [sum, sumSlope] = smallSeries(a, tf.where(small, z, tf.onesLike(z)))
  const near = tf.neg(tf.div(tf.add(tf.mul(sum, tf.sub(logZ, digamma(tf.add(a, 1)))), sumSlope), a))
  const far = bySides(unless(small, point))
  return tf.where(small, near, far.slope)
}
