/**
 * The standard normal law between two ends a < b, which may be infinite or far out in one tail. All is relative to the peak, the
 * point c of [a, b] nearest to 0: exp(-(t^2 - c^2) / 2) over t in [a, b] neither underflows nor cancels.
 */
import * as tf from '@tensorflow/tfjs-core'
import { customVjp, stopGradient } from '@bdl/compiler'
import { scoped } from '../scope.js'
import { HALF_LOG_TAU } from './constants.js'
import { implicit } from './implicit.js'
import { logNdtr, ndtri } from './normal.js'
import { CUT, panel, RULE_20, type Panel } from './quadrature.js'

/** Stands for an infinite end. */
const FAR = 1e5

const finite = (x: tf.Tensor): tf.Tensor => tf.clipByValue(x, -FAR, FAR)

/** The point of [a, b] nearest to 0. */
export const peakOf = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.minimum(tf.maximum(a, 0), b)

/** -(t^2 - c^2) / 2, without squaring. */
const fall = (t: tf.Tensor, c: tf.Tensor): tf.Tensor => tf.mul(tf.mul(tf.sub(t, c), tf.add(t, c)), -0.5)

/** Offsets from the peak and their weights, over what of [a, b] counts. */
const weighted = (a: tf.Tensor, b: tf.Tensor): { readonly offset: tf.Tensor; readonly weight: tf.Tensor } & Panel => {
  const c = peakOf(a, b)
  const reach = (slope: tf.Tensor): tf.Tensor =>
    tf.div(2 * CUT, tf.add(slope, tf.sqrt(tf.add(tf.square(slope), 2 * CUT))))
  const right = tf.minimum(tf.sub(b, c), reach(tf.maximum(c, 0)))
  const left = tf.minimum(tf.sub(c, a), reach(tf.maximum(tf.neg(c), 0)))
  const { s, integral } = panel(RULE_20, tf.add(left, right))
  const offset = tf.sub(s, tf.expandDims(left, -1))
  const weight = tf.exp(tf.mul(tf.mul(offset, tf.add(tf.expandDims(tf.mul(c, 2), -1), offset)), -0.5))
  return { s, integral, offset, weight }
}

type Ends = readonly [a: tf.Tensor, b: tf.Tensor]

const logMassRule = customVjp<Ends, tf.Tensor, Ends>({
  forward: (a, b) => {
    const { integral, weight } = weighted(a, b)
    return [tf.log(integral(weight)), [a, b]]
  },
  backward: ([a, b], dy) => {
    const c = peakOf(a, b)
    const logMass = logMassRule(a, b)
    const slope = (end: tf.Tensor, sign: number): tf.Tensor => {
      const atEnd = tf.mul(tf.exp(tf.sub(fall(end, c), logMass)), sign)
      return tf.mul(dy, tf.where(tf.equal(end, c), tf.add(atEnd, c), atEnd))
    }
    return [slope(a, -1), slope(b, 1)]
  }
})

/**
 * log ∫_a^b exp(-(t^2 - c^2) / 2) dt with c the point of [a, b] nearest to 0; a and b of one shape, a < b.
 * @precision float32: error below 1e-6, for ends anywhere
 */
const logNormalMass = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => scoped(() => logMassRule(finite(a), finite(b)))

/** log of the density at t in [a, b]. */
export const logTruncatedDensity = (t: tf.Tensor, a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
  scoped(() => tf.sub(fall(t, peakOf(finite(a), finite(b))), logNormalMass(a, b)))

/** The digits of one with the derivative of the other. */
const withDerivativeOf = (value: tf.Tensor, formula: tf.Tensor): tf.Tensor =>
  tf.add(stopGradient(value), tf.sub(formula, stopGradient(formula)))

export interface TruncatedMoments {
  readonly mean: tf.Tensor
  readonly variance: tf.Tensor
  readonly entropy: tf.Tensor
}

/** In closed form, for their derivatives. */
const closedMoments = (low: tf.Tensor, high: tf.Tensor): TruncatedMoments => {
  const c = peakOf(low, high)
  const logMass = logMassRule(low, high)
  const atLow = tf.exp(tf.sub(fall(low, c), logMass))
  const atHigh = tf.exp(tf.sub(fall(high, c), logMass))
  const mean = tf.sub(atLow, atHigh)
  const second = tf.add(tf.sub(tf.mul(low, atLow), tf.mul(high, atHigh)), 1)
  const entropy = tf.add(tf.mul(tf.sub(second, tf.square(c)), 0.5), logMass)
  return { mean, variance: tf.sub(second, tf.square(mean)), entropy }
}

/**
 * Mean, variance and entropy of the standard normal law between a and b, of one shape: as integrals, so that none cancels far
 * out or where the ends are close; their derivatives are those of the closed forms.
 */
export const truncatedMoments = (a: tf.Tensor, b: tf.Tensor): TruncatedMoments => {
  const [low, high] = [finite(a), finite(b)]
  const c = peakOf(low, high)
  const { integral, offset, weight } = weighted(low, high)
  const mass = integral(weight)
  const average = (x: tf.Tensor): tf.Tensor => tf.div(integral(tf.mul(weight, x)), mass)
  const shift = average(offset)
  const variance = average(tf.square(tf.sub(offset, tf.expandDims(shift, -1))))
  const depth = tf.mul(average(tf.mul(offset, tf.add(tf.expandDims(tf.mul(c, 2), -1), offset))), 0.5)
  const closed = closedMoments(low, high)
  return {
    mean: withDerivativeOf(tf.add(c, shift), closed.mean),
    variance: withDerivativeOf(variance, closed.variance),
    entropy: withDerivativeOf(tf.add(tf.log(mass), depth), closed.entropy)
  }
}

/** P(T <= t) between a and b, for t in (a, b). */
export const truncatedCdf = (t: tf.Tensor, a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
  scoped(() => {
    const [low, high] = [finite(a), finite(b)]
    const gap = fall(peakOf(low, t), peakOf(low, high))
    return tf.exp(tf.add(gap, tf.sub(logMassRule(low, t), logMassRule(low, high))))
  })

/** The x with log Phi(x) = l: Newton's method on a concave function, from Wichura's quantile or the tail's leading term. */
const logNdtri = (l: tf.Tensor): tf.Tensor => {
  const isFar = tf.less(l, -80)
  const tail = tf.mul(tf.minimum(l, -80), -2)
  const far = tf.neg(tf.sqrt(tf.sub(tail, tf.log(tf.mul(tail, 2 * Math.PI)))))
  const near = tf.minimum(ndtri(tf.exp(tf.where(isFar, tf.mul(tf.onesLike(l), -1), l))), 5)
  let x = tf.where(isFar, far, near)
  for (let turn = 0; turn < 3; turn++) {
    const logCdf = logNdtr(x)
    const logDensity = tf.sub(tf.mul(tf.square(x), -0.5), HALF_LOG_TAU)
    x = tf.sub(x, tf.mul(tf.sub(logCdf, l), tf.exp(tf.sub(logCdf, logDensity))))
  }
  return x
}

/** In the frame in which the interval's mass lies to the left of 0, where logarithms of Phi have their digits. */
const quantile = (u: tf.Tensor, a: tf.Tensor, b: tf.Tensor): tf.Tensor => {
  const isMirrored = tf.greater(tf.add(a, b), 0)
  const low = tf.where(isMirrored, tf.neg(b), a)
  const high = tf.where(isMirrored, tf.neg(a), b)
  const v = tf.where(isMirrored, tf.sub(1, u), u)
  const logHigh = logNdtr(high)
  const gap = tf.sub(logNdtr(low), logHigh)
  const share = tf.add(tf.exp(gap), tf.mul(v, tf.neg(tf.expm1(gap))))
  const complement = tf.mul(tf.sub(1, v), tf.expm1(gap))
  const level = tf.add(logHigh, tf.where(tf.less(share, 0.5), tf.log(share), tf.log1p(complement)))
  const x = tf.minimum(tf.maximum(logNdtri(tf.maximum(level, -1e10)), low), high)
  return tf.where(isMirrored, tf.neg(x), x)
}

/**
 * The t with P(T <= t) = u between a and b; all of one shape. Differentiable in all three, by the implicit function theorem.
 * @precision float32: in a tail beyond 10 the quantile is right to 5e-4 of the law's own width
 */
export const truncatedQuantile = (u: tf.Tensor, a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
  scoped(() => {
    const [low, high] = [finite(a), finite(b)]
    const found = quantile(stopGradient(u), stopGradient(low), stopGradient(high))
    return implicit(found, [u, low, high], (t, [v = u, l = low, h = high]) => [
      tf.exp(tf.sub(logMassRule(l, h), fall(t, peakOf(l, h)))),
      tf.mul(tf.sub(1, v), tf.exp(fall(l, t))),
      tf.mul(v, tf.exp(fall(h, t)))
    ])
  })
