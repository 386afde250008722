/**
 * Noising processes: dx = f(t) x dt + g(t) dW from data at t = 0 to noise at t = 1, so that x(t) given x(0) is normal with
 * mean scale(t) x(0) and covariance std(t)^2 I. The two ways to say it agree: scale' = f scale, (std^2)' = 2 f std^2 + g^2.
 * A process of your own is such a record.
 */
import * as tf from '@tensorflow/tfjs-core'
import type { Distribution } from '@bdl/distributions'
import { BdlError, expectPositive, normal, scoped, softplus, type Key } from '@bdl/core'
import { perRow } from '../continuous/velocity.js'
import { isotropicNormal, standardNormal } from '../isotropic-normal.js'

/** Functions of the time keep its shape: a scalar, or one time per row. */
export interface Noising {
  readonly name: string
  /** x(t) has mean scale(t) x(0). */
  readonly scale: (t: tf.Tensor) => tf.Tensor
  /** x(t) has standard deviation std(t) about it. */
  readonly std: (t: tf.Tensor) => tf.Tensor
  /** f(t) in dx = f(t) x dt + g(t) dW. */
  readonly drift: (t: tf.Tensor) => tf.Tensor
  /** g(t). */
  readonly diffusion: (t: tf.Tensor) => tf.Tensor
  /** What x(1) is close to: event shape [dimension]. */
  readonly prior: (dimension: number) => Distribution
  /** Where training, sampling and likelihoods end, short of the data: scores grow like 1 / std. */
  readonly tMin: number
  /** The time at which log(std / scale) has a value, if there is a formula; else it is found by bisection. */
  readonly timeOf?: (logNoiseToSignal: tf.Tensor) => tf.Tensor
}

const of = (f: (t: tf.Tensor) => tf.Tensor) => (t: tf.Tensor) => scoped(() => f(t))

/** A process whose functions release their intermediates. */
const noising = (process: Noising): Noising =>
  Object.freeze({
    ...process,
    scale: of(process.scale),
    std: of(process.std),
    drift: of(process.drift),
    diffusion: of(process.diffusion),
    ...(process.timeOf && { timeOf: of(process.timeOf) })
  })

const refuse = (fn: string, argument: string, expected: string, got: number): never => {
  throw new BdlError({ code: 'InvalidArgument', fn, argument, expected, got: String(got) })
}

const checkTime = (fn: string, tMin: number, least: string, isEnough: boolean): void => {
  if (!(isEnough && tMin < 1)) refuse(fn, 'tMin', `a number ${least} and < 1`, tMin)
}

export interface VariancePreservingOptions {
  /** Rate at t = 0; default 0.1. */
  readonly betaMin?: number
  /** Rate at t = 1; default 20. */
  readonly betaMax?: number
  /** Default 1e-3. */
  readonly tMin?: number
}

/** beta(t), linear, its integral from 0, and the time at which that has a value. */
const rateOf = (fn: string, { betaMin = 0.1, betaMax = 20, tMin = 1e-3 }: VariancePreservingOptions) => {
  expectPositive(fn, { betaMin, betaMax })
  if (betaMax < betaMin) refuse(fn, 'betaMax', `a number >= betaMin = ${betaMin}`, betaMax)
  checkTime(fn, tMin, '> 0', tMin > 0)
  const slope = betaMax - betaMin
  return {
    tMin,
    beta: (t: tf.Tensor): tf.Tensor => tf.add(tf.mul(t, slope), betaMin),
    total: (t: tf.Tensor): tf.Tensor => tf.mul(t, tf.add(tf.mul(t, slope / 2), betaMin)),
    // The root of the quadratic in the form that does not cancel.
    timeOfTotal: (b: tf.Tensor): tf.Tensor =>
      tf.div(tf.mul(b, 2), tf.add(tf.sqrt(tf.add(tf.mul(b, 2 * slope), betaMin ** 2)), betaMin))
  }
}

/**
 * dx = -beta(t) x / 2 dt + sqrt(beta(t)) dW with beta from betaMin to betaMax linearly; scale^2 + std^2 = 1.
 *
 * scale = exp(-B / 2), std^2 = 1 - exp(-B), B(t) = betaMin t + (betaMax - betaMin) t^2 / 2.
 * @error InvalidArgument unless 0 < betaMin <= betaMax and 0 < tMin < 1
 * @precision std to a few ulp at every t, by expm1. The prior is N(0, I): x(1) keeps scale(1) = 0.0066 of the data
 * @source Song et al. 2021, arXiv:2011.13456, appendices B and C; Ho et al. 2020 (DDPM), arXiv:2006.11239
 * @example variancePreserving().std(tf.scalar(0.5)) // 0.9594
 */
export const variancePreserving = (options: VariancePreservingOptions = {}): Noising => {
  const { beta, total, timeOfTotal, tMin } = rateOf('variancePreserving', options)
  return noising({
    name: 'variancePreserving',
    scale: (t) => tf.exp(tf.mul(total(t), -0.5)),
    std: (t) => tf.sqrt(tf.neg(tf.expm1(tf.neg(total(t))))),
    drift: (t) => tf.mul(beta(t), -0.5),
    diffusion: (t) => tf.sqrt(beta(t)),
    prior: standardNormal,
    tMin,
    // (std / scale)^2 = exp(B) - 1
    timeOf: (l) => timeOfTotal(softplus(tf.mul(l, 2)))
  })
}

/** Of positive x, by log1p: log(x + sqrt(x^2 + 1)) would lose the digits of a small x. */
const asinh = (x: tf.Tensor): tf.Tensor => {
  const square = tf.square(x)
  return tf.log1p(tf.add(x, tf.div(square, tf.add(tf.sqrt(tf.add(square, 1)), 1))))
}

/**
 * The drift of `variancePreserving` with less noise: std is its variance, 1 - exp(-B), and never more than its std.
 *
 * g^2 = beta (1 - exp(-2 B)), scale = exp(-B / 2).
 * @error InvalidArgument unless 0 < betaMin <= betaMax and 0 < tMin < 1
 * @precision std to a few ulp at every t, by expm1; near t = 0 it is proportional to t, so scores grow fastest here
 * @source Song et al. 2021, arXiv:2011.13456, equation 12 and appendices B and C
 * @example subVariancePreserving().std(tf.scalar(0.5)) // 0.9205
 */
export const subVariancePreserving = (options: VariancePreservingOptions = {}): Noising => {
  const { beta, total, timeOfTotal, tMin } = rateOf('subVariancePreserving', options)
  return noising({
    name: 'subVariancePreserving',
    scale: (t) => tf.exp(tf.mul(total(t), -0.5)),
    std: (t) => tf.neg(tf.expm1(tf.neg(total(t)))),
    drift: (t) => tf.mul(beta(t), -0.5),
    diffusion: (t) => tf.sqrt(tf.neg(tf.mul(beta(t), tf.expm1(tf.mul(total(t), -2))))),
    prior: standardNormal,
    tMin,
    // std / scale = 2 sinh(B / 2)
    timeOf: (l) => timeOfTotal(tf.mul(asinh(tf.mul(tf.exp(l), 0.5)), 2))
  })
}

export interface VarianceExplodingOptions {
  /** std at t = 0: below the scale of the data's detail; default 0.01. */
  readonly sigmaMin?: number
  /** std at t = 1: above the largest distance between data; default 50. */
  readonly sigmaMax?: number
  /** Default 0: std is sigmaMin there, and scores are finite. */
  readonly tMin?: number
}

/**
 * dx = g(t) dW with std(t) = sigmaMin (sigmaMax / sigmaMin)^t, g = std sqrt(2 log(sigmaMax / sigmaMin)), scale = 1.
 *
 * At t = 0 the data have noise of sigmaMin already: that law is what is learnt, and where sampling ends.
 * @error InvalidArgument unless 0 < sigmaMin < sigmaMax and 0 <= tMin < 1
 * @precision the prior is N(0, sigmaMax^2 I): x(1) has the data's mean and covariance on top
 * @source Song et al. 2021, arXiv:2011.13456, appendices B and C; Song & Ermon 2019, arXiv:1907.05600
 * @example varianceExploding({ sigmaMax: 10 }).std(tf.scalar(0.5)) // 0.3162
 */
export const varianceExploding = (options: VarianceExplodingOptions = {}): Noising => {
  const { sigmaMin = 0.01, sigmaMax = 50, tMin = 0 } = options
  expectPositive('varianceExploding', { sigmaMin, sigmaMax })
  if (sigmaMax <= sigmaMin) refuse('varianceExploding', 'sigmaMax', `a number > sigmaMin = ${sigmaMin}`, sigmaMax)
  checkTime('varianceExploding', tMin, '>= 0', tMin >= 0)
  const growth = Math.log(sigmaMax / sigmaMin)
  const std = (t: tf.Tensor): tf.Tensor => tf.mul(tf.exp(tf.mul(t, growth)), sigmaMin)
  return noising({
    name: 'varianceExploding',
    scale: tf.onesLike,
    std,
    drift: tf.zerosLike,
    diffusion: (t) => tf.mul(std(t), Math.sqrt(2 * growth)),
    prior: (dimension) => isotropicNormal(dimension, sigmaMax),
    tMin,
    timeOf: (l) => tf.div(tf.sub(l, Math.log(sigmaMin)), growth)
  })
}

/** x(t) given x(0), with the noise e in it: x = scale(t) x0 + std(t) e. x0 [..., d], t a scalar or [...]. */
export const perturb = (
  { scale, std }: Noising,
  key: Key,
  t: tf.Tensor,
  x0: tf.Tensor
): { readonly x: tf.Tensor; readonly noise: tf.Tensor } =>
  scoped(() => {
    const noise = normal(key, x0.shape)
    return { x: tf.add(tf.mul(perRow(scale(t)), x0), tf.mul(perRow(std(t)), noise)), noise }
  })
