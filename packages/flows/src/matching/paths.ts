/** The paths of the literature: straight, trigonometric, Brownian bridges, and the noising of diffusion models reversed. */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, expectPositive } from '@bdl/core'
import type { Noising } from '../diffusion/noising.js'
import { probabilityPath, type OfTime, type ProbabilityPath } from './path.js'

const refuse = (fn: string, argument: string, expected: string, got: string): never => {
  throw new BdlError({ code: 'InvalidArgument', fn, argument, expected, got })
}

export interface GaussianSourceOptions {
  /** Standard deviation of the source that relations between predictions assume; default 1. */
  readonly sourceStd?: number
}

const sourceOf = ({ sourceStd }: GaussianSourceOptions) => (sourceStd === undefined ? {} : { sourceStd })

export interface LinearPathOptions extends GaussianSourceOptions {
  /** Standard deviation of noise all along, in units of the data; default 0. */
  readonly width?: number
}

const backwards: OfTime = (t) => tf.sub(1, t)

/**
 * Straight lines with noise of constant width: x_t = t x1 + (1 - t) x0 + width e, velocity x1 - x0. Any source will do; of a
 * width of zero it is the path of rectified flows and of the linear stochastic interpolant.
 *
 * @error InvalidArgument if the width is negative
 * @source Tong et al. 2023 (I-CFM), arXiv:2302.00482; Liu et al. 2022, arXiv:2209.03003
 * @example flowMatching({ field, path: linearPath() })
 */
export const linearPath = (options: LinearPathOptions = {}): ProbabilityPath => {
  const { width = 0 } = options
  if (!(width >= 0)) refuse('linearPath', 'width', 'a number >= 0', String(width))
  return probabilityPath({
    name: 'linear',
    alpha: tf.clone,
    sigma: backwards,
    ...(width > 0 && { width: (t: tf.Tensor) => tf.fill(t.shape, width) }),
    ...sourceOf(options)
  })
}

export interface OptimalTransportPathOptions extends GaussianSourceOptions {
  /** Of the Gaussian about each data point at t = 1, in units of the source; default 1e-4. */
  readonly sigmaMin?: number
}

/**
 * The conditional optimal-transport path: x_t = t x1 + (1 - (1 - sigmaMin) t) x0, velocity x1 - (1 - sigmaMin) x0, which is
 * the displacement from the source to N(x1, sigmaMin^2 I).
 *
 * @error InvalidArgument unless 0 <= sigmaMin < 1
 * @source Lipman et al. 2022, arXiv:2210.02747, equations 20 to 23
 * @example flowMatching({ field, path: optimalTransportPath({ sigmaMin: 0.01 }) })
 */
export const optimalTransportPath = (options: OptimalTransportPathOptions = {}): ProbabilityPath => {
  const { sigmaMin = 1e-4 } = options
  if (!(sigmaMin >= 0 && sigmaMin < 1))
    refuse('optimalTransportPath', 'sigmaMin', 'a number >= 0 and < 1', String(sigmaMin))
  return probabilityPath({
    name: 'optimalTransport',
    alpha: tf.clone,
    sigma: (t) => tf.sub(1, tf.mul(t, 1 - sigmaMin)),
    ...sourceOf(options)
  })
}

/**
 * A quarter of a circle: x_t = sin(pi t / 2) x1 + cos(pi t / 2) x0, of constant variance where both ends have it.
 *
 * @source Albergo & Vanden-Eijnden 2022, arXiv:2209.15571; Nichol & Dhariwal 2021, arXiv:2102.09672
 * @example flowMatching({ field, path: trigonometricPath() })
 */
export const trigonometricPath = (options: GaussianSourceOptions = {}): ProbabilityPath => {
  const angle: OfTime = (t) => tf.mul(t, Math.PI / 2)
  return probabilityPath({
    name: 'trigonometric',
    alpha: (t) => tf.sin(angle(t)),
    sigma: (t) => tf.cos(angle(t)),
    ...sourceOf(options)
  })
}

export interface BridgePathOptions extends GaussianSourceOptions {
  /** Of the Brownian motion, in units of the data. */
  readonly sigma: number
}

/**
 * Brownian bridges between the ends: x_t = t x1 + (1 - t) x0 + sigma sqrt(t (1 - t)) e. With ends paired by
 * `sinkhornPairing({ epsilon: 2 * sigma ** 2 })` the flow has the marginals of the Schrodinger bridge.
 *
 * @error InvalidArgument unless sigma > 0
 * @precision trained on [1e-3, 1 - 1e-3], since rates are infinite at the ends
 * @source Tong et al. 2023 (SB-CFM), arXiv:2302.00482
 * @example flowMatching({ field, path: bridgePath({ sigma: 0.3 }), pair: sinkhornPairing({ epsilon: 0.18 }) })
 */
export const bridgePath = (options: BridgePathOptions): ProbabilityPath => {
  const { sigma } = options
  expectPositive('bridgePath', { sigma })
  return probabilityPath({
    name: 'bridge',
    alpha: tf.clone,
    sigma: backwards,
    width: (t) => tf.mul(tf.sqrt(tf.mul(t, tf.sub(1, t))), sigma),
    times: [1e-3, 1 - 1e-3],
    ...sourceOf(options)
  })
}

/** The standard deviation of a process's prior, scalar. */
const priorStd = ({ name, prior }: Noising): tf.Tensor => {
  const variance = prior(1).variance?.()
  if (variance === undefined) return refuse('diffusionPath', 'noising', 'a prior with a variance', name)
  return tf.sqrt(tf.reshape(variance, []))
}

/**
 * A noising process in reverse: x_t = scale(1 - t) x1 + std(1 - t) x0 / s, where x0 is from the process's prior N(0, s^2 I).
 * Of its velocity field the flow is the probability-flow equation of the diffusion model, trained without scores.
 *
 * Trained up to t = 1 - tMin, where sampling has to end too: `velocityToDistribution(velocity, path.source(d),
 * { t1: path.times[1] })`. For `varianceExploding` the source is N(0, sigmaMax^2 I).
 *
 * @error InvalidArgument if the prior has no variance
 * @source Lipman et al. 2022, arXiv:2210.02747, equations 16 to 19; Song et al. 2021, arXiv:2011.13456
 * @example
 * const path = diffusionPath(variancePreserving())
 * const loss = flowMatching({ field, path })
 */
export const diffusionPath = (noising: Noising): ProbabilityPath => {
  const std: OfTime = (t) => noising.std(tf.sub(1, t))
  return Object.freeze({
    name: noising.name,
    alpha: (t: tf.Tensor) => noising.scale(tf.sub(1, t)),
    sigma: (t: tf.Tensor) => tf.div(std(t), priorStd(noising)),
    std,
    source: noising.prior,
    times: [0, 1 - noising.tMin] as const
  })
}
