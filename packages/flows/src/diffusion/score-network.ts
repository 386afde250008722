/** Networks as scores: scaled so that what a network reads and has to say is of order one at every level of noise. */
import * as tf from '@tensorflow/tfjs-core'
import { expectPositive, learnable, scoped, type Learnable } from '@bdl/core'
import type { MlpParams } from '@bdl/nn'
import {
  conditionalVelocityMlp,
  type ConditionalVelocity,
  type ConditionalVelocityMlpOptions
} from '../continuous/conditional-velocity.js'
import { perRow, velocityMlp, type Velocity, type VelocityMlpOptions } from '../continuous/velocity.js'
import { noiseLevel } from './noise-level.js'
import type { Noising } from './noising.js'
import type { ConditionalScore, Score } from './score.js'

/**
 * A network F(level, input) as a score. With v^2 = scale^2 dataScale^2 + std^2, the variance of x(t):
 *
 * score(t, x) = (-x / v + (scale dataScale / std) F(level(t), x / v)) / v
 *
 * F = 0 is the score of data N(0, dataScale^2 I), exactly. A noise prediction would have to cancel digits of x for that
 * where noise is large; the data prediction likewise where it is small. This is the preconditioning of EDM, and for
 * variance-preserving noise the v-prediction of Salimans & Ho, up to sign. Levels run from 0 at tMin to 1 at t = 1.
 *
 * @param dataScale standard deviation of the data's entries, about
 * @error InvalidArgument unless dataScale is a finite number > 0
 * @source Karras et al. 2022, arXiv:2206.00364, section 5; Salimans & Ho 2022, arXiv:2202.00512; Song et al. 2021 (1 / std)
 * @example learnable.map(scoreFromNetwork(variancePreserving()))(velocityMlp({ dimension: 2 }))
 */
export const scoreFromNetwork = (noising: Noising, dataScale = 1): ((network: Velocity) => Score) => {
  expectPositive('scoreFromNetwork', { dataScale })
  return (network) => (t, x) =>
    scoped(() => {
      const [signal, std] = [tf.mul(noising.scale(t), dataScale), noising.std(t)]
      const v = perRow(tf.sqrt(tf.add(tf.square(signal), tf.square(std))))
      const scaled = tf.div(x, v)
      const learnt = tf.mul(perRow(tf.div(signal, std)), network(noiseLevel(noising, t), scaled))
      return tf.div(tf.sub(learnt, scaled), v)
    })
}

/** A third layer: two-dimensional test sets have gained 0.2 nats by it, and nothing by a doubled width. */
const HIDDEN = [64, 64, 64]

export interface ScoreMlpOptions extends VelocityMlpOptions {
  readonly noising: Noising
  /** Hidden widths; default [64, 64, 64]. */
  readonly hidden?: readonly number[]
  /** Standard deviation of the data's entries, about; default 1. */
  readonly dataScale?: number
}

/**
 * An MLP as a score, by `scoreFromNetwork`: before training it is the score of data N(0, dataScale^2 I).
 * @error InvalidArgument unless dataScale is a finite number > 0
 * @example const score = scoreMlp({ noising: variancePreserving(), dimension: 2 })
 */
export const scoreMlp = ({ noising, dataScale, ...network }: ScoreMlpOptions): Learnable<MlpParams, Score> =>
  learnable.map(scoreFromNetwork(noising, dataScale))(velocityMlp({ hidden: HIDDEN, ...network }))

export interface ConditionalScoreMlpOptions extends ConditionalVelocityMlpOptions {
  readonly noising: Noising
  /** Hidden widths; default [64, 64, 64]. */
  readonly hidden?: readonly number[]
  /** Standard deviation of the data's entries, about; default 1. */
  readonly dataScale?: number
}

/**
 * An MLP of a context, or of none, as a score, by `scoreFromNetwork`.
 * @error InvalidArgument unless dataScale is a finite number > 0; ShapeMismatch for a context of another size
 * @example conditionalScoreMlp({ noising: variancePreserving(), dimension: 2, context: 3 })
 */
export const conditionalScoreMlp = (options: ConditionalScoreMlpOptions): Learnable<MlpParams, ConditionalScore> => {
  const { noising, dataScale, ...network } = options
  const asScore = scoreFromNetwork(noising, dataScale)
  return learnable.map(
    (field: ConditionalVelocity): ConditionalScore =>
      (context) =>
        asScore(field(context))
  )(conditionalVelocityMlp({ hidden: HIDDEN, ...network }))
}
