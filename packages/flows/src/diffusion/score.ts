/**
 * Scores, grad_x log p(t, x), and what says the same of x(t) = scale x(0) + std e: the mean of the noise e given x(t), and the
 * mean of the data x(0) given x(t). All have the type of a velocity.
 */
import * as tf from '@tensorflow/tfjs-core'
import { scoped } from '@bdl/core'
import type { ConditionalVelocity } from '../continuous/conditional-velocity.js'
import { perRow, type Velocity } from '../continuous/velocity.js'
import type { Noising } from './noising.js'

/** x [..., d], rows apart; t a scalar, or one time per row. */
export type Score = Velocity

/** A score for each context; without one, that of the marginal law over contexts. */
export type ConditionalScore = ConditionalVelocity

/** score = -e / std, of a prediction e(t, x) of the noise. */
export const scoreFromNoise =
  ({ std }: Noising) =>
  (noise: Velocity): Score =>
  (t, x) =>
    scoped(() => tf.neg(tf.div(noise(t, x), perRow(std(t)))))

/** e = -std score, the mean of the noise in x. */
export const noiseFromScore =
  ({ std }: Noising) =>
  (score: Score): Velocity =>
  (t, x) =>
    scoped(() => tf.neg(tf.mul(score(t, x), perRow(std(t)))))

/**
 * score = (scale x0 - x) / std^2, of a prediction x0(t, x) of the data.
 * @precision an ulp of x over std^2: near the data, where std is small, few digits are left
 */
export const scoreFromData =
  ({ scale, std }: Noising) =>
  (data: Velocity): Score =>
  (t, x) =>
    scoped(() => tf.div(tf.sub(tf.mul(perRow(scale(t)), data(t, x)), x), tf.square(perRow(std(t)))))

/**
 * x0 = (x + std^2 score) / scale, the mean of the data given x at t: what denoises a sample at tMin.
 * @precision where scale is small the division amplifies errors of the score by std^2 / scale
 * @source Tweedie's formula: Efron 2011, doi:10.1198/jasa.2011.tm11181
 * @example dataFromScore(noising)(score)(tf.scalar(noising.tMin), samples)
 */
export const dataFromScore =
  ({ scale, std }: Noising) =>
  (score: Score): Velocity =>
  (t, x) =>
    scoped(() => tf.div(tf.add(x, tf.mul(tf.square(perRow(std(t))), score(t, x))), perRow(scale(t))))
