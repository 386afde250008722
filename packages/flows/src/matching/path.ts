/**
 * Probability paths from a source at t = 0 to data at t = 1: x_t = alpha(t) x1 + sigma(t) x0 + width(t) e with e ~ N(0, I),
 * and the velocity that flow matching regresses on, its derivative at fixed x0, x1, e. A path of your own is one call of
 * `probabilityPath`: rates are derived.
 */
import * as tf from '@tensorflow/tfjs-core'
import { jvp } from '@bdl/compiler'
import { BdlError, expectPositive, normal, scoped, type Key } from '@bdl/core'
import type { Distribution } from '@bdl/distributions'
import { perRow } from '../continuous/velocity.js'
import { isotropicNormal } from '../isotropic-normal.js'

/** A function of the time that keeps its shape: a scalar, or one time per row. */
export type OfTime = (t: tf.Tensor) => tf.Tensor

export interface ProbabilityPath {
  readonly name: string
  /** Weight of the data's end. */
  readonly alpha: OfTime
  /** Weight of the source's end. */
  readonly sigma: OfTime
  /** Standard deviation of noise between the ends; default none. */
  readonly width?: OfTime
  /** Standard deviation of x_t given x1, where the source is `source`: what scores and noise predictions are scaled by. */
  readonly std: OfTime
  /** The Gaussian that the path starts from, event shape [dimension]. */
  readonly source: (dimension: number) => Distribution
  /** First and last time to train at: rates may be infinite beyond. */
  readonly times: readonly [first: number, last: number]
}

export interface ProbabilityPathSpec extends Pick<ProbabilityPath, 'name' | 'alpha' | 'sigma' | 'width'> {
  /** Of the Gaussian source; default 1. */
  readonly sourceStd?: number
  /** Default [0, 1]. */
  readonly times?: readonly [first: number, last: number]
}

/** Draws at times t [n], [n, d], and the velocities to learn there, [n, d]. */
export type PathSample = { readonly x: tf.Tensor; readonly velocity: tf.Tensor }

/** A weight and its rate, by forward mode: weights are elementwise, so ones are the direction of every time at once. */
export const withRate = (weight: OfTime, t: tf.Tensor): readonly [value: tf.Tensor, rate: tf.Tensor] =>
  jvp(weight, t, tf.onesLike(t))

const checkTimes = ([first, last]: readonly [number, number]): void => {
  if (0 <= first && first < last && last <= 1) return
  throw new BdlError({
    code: 'InvalidArgument',
    fn: 'probabilityPath',
    argument: 'times',
    expected: '0 <= first < last <= 1',
    got: `[${first}, ${last}]`
  })
}

/**
 * A path from N(0, sourceStd^2 I) of its weights: its standard deviation given the data is
 * sqrt(sigma^2 sourceStd^2 + width^2).
 *
 * @error InvalidArgument unless sourceStd > 0 and 0 <= first < last <= 1
 * @source Albergo & Vanden-Eijnden 2022, arXiv:2209.15571; Tong et al. 2023, arXiv:2302.00482
 * @example
 * const squared = probabilityPath({ name: 'squared', alpha: tf.square, sigma: (t) => tf.sub(1, tf.square(t)) })
 */
export const probabilityPath = (spec: ProbabilityPathSpec): ProbabilityPath => {
  const { sourceStd = 1, times = [0, 1], sigma, width } = spec
  expectPositive('probabilityPath', { sourceStd })
  checkTimes(times)
  const ofSource: OfTime = (t) => tf.mul(sigma(t), sourceStd)
  const std: OfTime =
    width === undefined ? ofSource : (t) => tf.sqrt(tf.add(tf.square(ofSource(t)), tf.square(width(t))))
  return Object.freeze({
    name: spec.name,
    alpha: spec.alpha,
    sigma,
    ...(width && { width }),
    std,
    source: (dimension: number) => isotropicNormal(dimension, sourceStd),
    times
  })
}

/**
 * A point of a path between given ends and its velocity, alpha' x1 + sigma' x0 + width' e. t [n], x0 and x1 [n, d]; the key
 * is for e.
 */
export const samplePath =
  ({ alpha, sigma, width }: ProbabilityPath) =>
  (key: Key, t: tf.Tensor, x0: tf.Tensor, x1: tf.Tensor): PathSample =>
    scoped(() => {
      const parts: (readonly [OfTime, tf.Tensor])[] = [[alpha, x1], [sigma, x0]] // prettier-ignore
      if (width) parts.push([width, normal(key, x1.shape)])
      const terms = parts.map(([weight, end]): PathSample => {
        const [value, rate] = withRate(weight, t)
        return { x: tf.mul(perRow(value), end), velocity: tf.mul(perRow(rate), end) }
      })
      return terms.reduce((sum, term) => ({
        x: tf.add(sum.x, term.x),
        velocity: tf.add(sum.velocity, term.velocity)
      }))
    })
