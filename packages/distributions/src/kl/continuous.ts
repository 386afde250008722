// Divergences between continuous families of one variable.
import * as tf from '@tensorflow/tfjs-core'
import { circularVariance, erf, expm1mx, i0e, lgamma } from '@bdl/core'
import type { Beta } from '../continuous/beta.js'
import type { Exponential } from '../continuous/exponential.js'
import type { Gamma, InverseGamma } from '../continuous/gamma.js'
import { EULER_GAMMA } from '../continuous/gumbel.js'
import type { Uniform } from '../continuous/uniform.js'
import type { VonMises } from '../continuous/von-mises.js'
import type { Distribution } from '../distribution.js'
import { broadcastShapeOf, filled, type Parameter } from '../parameters.js'
import { lgammaGap, logGap, scaleGap } from './remainders.js'
import type { KlRule } from './rule.js'

/** Fills parameters to the batch that p and q have together. */
const together = (p: Distribution, q: Distribution): ((parameter: Parameter) => tf.Tensor) => {
  const shape = broadcastShapeOf('kl', { p: p.batchShape, q: q.batchShape })
  return (parameter) => filled(parameter, shape)
}

type Located = Distribution & { readonly loc: Parameter; readonly scale: Parameter }

const isLocated =
  (name: string) =>
  (d: Distribution): d is Located =>
    d.name === name && 'loc' in d && 'scale' in d

/** Locations and scales of two of one family, filled. */
interface Pair {
  readonly gap: tf.Tensor
  readonly scaleP: tf.Tensor
  readonly scaleQ: tf.Tensor
}

const pairOf = (p: Located, q: Located): Pair => {
  const fill = together(p, q)
  return { gap: tf.sub(fill(p.loc), fill(q.loc)), scaleP: fill(p.scale), scaleQ: fill(q.scale) }
}

/** A rule about two of families in a location and a scale. */
const located =
  (nameP: string, nameQ: string, divergence: (pair: Pair) => tf.Tensor): KlRule =>
  (p, q) =>
    isLocated(nameP)(p) && isLocated(nameQ)(q) ? divergence(pairOf(p, q)) : undefined

const HALF_LOG_TAU = 0.5 * Math.log(2 * Math.PI)

/** (r^2 - 1) / 2 - log r + ((m_p - m_q) / s_q)^2 / 2 with r = s_p / s_q */
const gaussian = ({ gap, scaleP, scaleQ }: Pair): tf.Tensor =>
  tf.add(scaleGap(scaleP, scaleQ), tf.mul(tf.square(tf.div(gap, scaleQ)), 0.5))

/** r - 1 - log r + r (exp(-x) - 1 + x) with r = s_p / s_q, x = |m_p - m_q| / s_p */
const laplace = ({ gap, scaleP, scaleQ }: Pair): tf.Tensor => {
  const distance = expm1mx(tf.neg(tf.div(tf.abs(gap), scaleP)))
  return tf.add(logGap(scaleP, scaleQ), tf.mul(tf.div(scaleP, scaleQ), distance))
}

/** log(1 + ((s_p - s_q)^2 + (m_p - m_q)^2) / (4 s_p s_q)) */
const cauchy = ({ gap, scaleP, scaleQ }: Pair): tf.Tensor => {
  const scales = tf.mul(tf.div(tf.sub(scaleP, scaleQ), scaleP), tf.div(tf.sub(scaleP, scaleQ), scaleQ))
  const places = tf.mul(tf.div(gap, scaleP), tf.div(gap, scaleQ))
  return tf.log1p(tf.mul(tf.add(scales, places), 0.25))
}

/** With r = s_p / s_q and t = (m_q - m_p) / s_q + log Γ(1 + r): γ (r - 1) + log Γ(1 + r) - log r + exp(t) - 1 - t */
const gumbel = ({ gap, scaleP, scaleQ }: Pair): tf.Tensor => {
  const r = tf.div(scaleP, scaleQ)
  const logGamma = lgamma(tf.add(r, 1))
  const t = tf.sub(logGamma, tf.div(gap, scaleQ))
  const scales = tf.sub(tf.add(tf.mul(tf.sub(r, 1), EULER_GAMMA), logGamma), tf.log(r))
  return tf.add(scales, expm1mx(t))
}

/** E_p |x - m_q| = s sqrt(2 / pi) exp(-d^2 / 2) + s d erf(d / sqrt 2), d = |m_p - m_q| / s */
const normalLaplace = ({ gap, scaleP, scaleQ }: Pair): tf.Tensor => {
  const d = tf.abs(tf.div(gap, scaleP))
  const bell = tf.mul(tf.exp(tf.mul(tf.square(d), -0.5)), Math.sqrt(2 / Math.PI))
  const distance = tf.mul(tf.div(scaleP, scaleQ), tf.add(bell, tf.mul(d, erf(tf.mul(d, Math.SQRT1_2)))))
  return tf.sub(tf.add(distance, Math.LN2 - HALF_LOG_TAU - 0.5), tf.log(tf.div(scaleP, scaleQ)))
}

/** E_p (x - m_q)^2 = 2 s^2 + (m_p - m_q)^2 */
const laplaceNormal = ({ gap, scaleP, scaleQ }: Pair): tf.Tensor => {
  const ratio = tf.div(scaleP, scaleQ)
  const spread = tf.add(tf.square(ratio), tf.mul(tf.square(tf.div(gap, scaleQ)), 0.5))
  return tf.sub(tf.add(spread, HALF_LOG_TAU - Math.LN2 - 1), tf.log(ratio))
}

/** Folded at one end, the divergence is that of the unfolded laws; of different ends it has no closed form. */
const halfCauchy: KlRule = (p, q) => {
  const is = isLocated('halfCauchy')
  return is(p) && is(q) && p.loc === q.loc ? cauchy(pairOf(p, q)) : undefined
}

const isUniform = (d: Distribution): d is Uniform => d.name === 'uniform' && 'low' in d && 'high' in d

/** log of the ratio of widths; infinite unless q's interval holds p's. */
const uniformUniform: KlRule = (p, q) => {
  if (!isUniform(p) || !isUniform(q)) return undefined
  const fill = together(p, q)
  const [lowP, highP, lowQ, highQ] = [fill(p.low), fill(p.high), fill(q.low), fill(q.high)]
  const isInside = tf.logicalAnd(tf.lessEqual(lowQ, lowP), tf.lessEqual(highP, highQ))
  return tf.where(isInside, tf.log(tf.div(tf.sub(highQ, lowQ), tf.sub(highP, lowP))), Infinity)
}

/** E_p (x - m)^2 = w^2 / 12 + (middle - m)^2 */
const uniformNormal: KlRule = (p, q) => {
  if (!isUniform(p) || !isLocated('normal')(q)) return undefined
  const fill = together(p, q)
  const [low, high, scale] = [fill(p.low), fill(p.high), fill(q.scale)]
  const width = tf.div(tf.sub(high, low), scale)
  const distance = tf.div(tf.sub(tf.mul(tf.add(low, high), 0.5), fill(q.loc)), scale)
  const spread = tf.mul(tf.add(tf.div(tf.square(width), 12), tf.square(distance)), 0.5)
  return tf.sub(tf.add(spread, HALF_LOG_TAU), tf.log(width))
}

/** Concentration and rate: of an exponential law the concentration is 1, and reciprocals have the same divergence. */
interface Rated {
  readonly concentration: Parameter
  readonly rate: Parameter
}

const isGamma = (d: Distribution): d is Gamma => d.name === 'gamma' && 'rate' in d
const isExponential = (d: Distribution): d is Exponential => d.name === 'exponential' && 'rate' in d
const isInverseGamma = (d: Distribution): d is InverseGamma => d.name === 'inverseGamma' && 'concentration' in d

const ratedOf = (d: Distribution): Rated | undefined => {
  if (isGamma(d)) return d
  return isExponential(d) ? { concentration: 1, rate: d.rate } : undefined
}

const reciprocalOf = (d: Distribution): Rated | undefined =>
  isInverseGamma(d) ? { concentration: d.concentration, rate: d.scale } : undefined

/** With r = rate_q / rate_p: a_p (r - 1 - log r) + (a_p - a_q) log r + the gap of log Γ between a_p and a_q */
const gammaGamma: KlRule = (p, q) => {
  const [of, to] = [ratedOf(p) ?? reciprocalOf(p), isInverseGamma(p) ? reciprocalOf(q) : ratedOf(q)]
  if (of === undefined || to === undefined) return undefined
  const fill = together(p, q)
  const [a, b] = [fill(of.concentration), fill(to.concentration)]
  const [rateP, rateQ] = [fill(of.rate), fill(to.rate)]
  const rates = tf.mul(a, logGap(rateQ, rateP))
  const both = tf.mul(tf.sub(a, b), tf.log(tf.div(rateQ, rateP)))
  return tf.add(tf.add(rates, both), lgammaGap(a, b))
}

const isBeta = (d: Distribution): d is Beta => d.name === 'beta' && 'concentration1' in d

/** The gaps of log Γ of both concentrations, less that of their sums. */
const betaBeta: KlRule = (p, q) => {
  if (!isBeta(p) || !isBeta(q)) return undefined
  const fill = together(p, q)
  const [a, b] = [fill(p.concentration1), fill(p.concentration0)]
  const [c, d] = [fill(q.concentration1), fill(q.concentration0)]
  return tf.sub(tf.add(lgammaGap(a, c), lgammaGap(b, d)), lgammaGap(tf.add(a, b), tf.add(c, d)))
}

const isVonMises = (d: Distribution): d is VonMises => d.name === 'vonMises' && 'concentration' in d

/** log(I_0(k_q) / I_0(k_p)) + A (k_p - k_q cos(m_p - m_q)) with A = I_1(k_p) / I_0(k_p), about k_q - k_p */
const vonMisesVonMises: KlRule = (p, q) => {
  if (!isVonMises(p) || !isVonMises(q)) return undefined
  const fill = together(p, q)
  const [k, l] = [fill(p.concentration), fill(q.concentration)]
  const variance = circularVariance(k)
  const turn = tf.square(tf.sin(tf.mul(tf.sub(fill(p.loc), fill(q.loc)), 0.5)))
  const spread = tf.add(tf.log(tf.div(i0e(l), i0e(k))), tf.mul(tf.sub(l, k), variance))
  return tf.add(spread, tf.mul(tf.mul(tf.sub(1, variance), l), tf.mul(turn, 2)))
}

export const continuousRules: readonly KlRule[] = [
  located('normal', 'normal', gaussian),
  located('logNormal', 'logNormal', gaussian),
  located('halfNormal', 'halfNormal', gaussian),
  located('laplace', 'laplace', laplace),
  located('cauchy', 'cauchy', cauchy),
  located('gumbel', 'gumbel', gumbel),
  located('normal', 'laplace', normalLaplace),
  located('laplace', 'normal', laplaceNormal),
  halfCauchy,
  uniformUniform,
  uniformNormal,
  gammaGamma,
  betaBeta,
  vonMisesVonMises
]
