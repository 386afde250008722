/** A diffusion model: a score with the process that it belongs to; its probability flow, and that flow's distribution. */
import * as tf from '@tensorflow/tfjs-core'
import { scoped } from '@bdl/core'
import type { Distribution } from '@bdl/distributions'
import { velocityToDistribution } from '../continuous/flow.js'
import type { FlowOptions } from '../continuous/transport.js'
import { perRow, type Velocity } from '../continuous/velocity.js'
import type { Noising } from './noising.js'
import type { Score } from './score.js'

/** Time runs from data at noising.tMin to noise at 1. */
export interface Diffusion {
  readonly score: Score
  readonly noising: Noising
  /** d, of x [..., d]. */
  readonly dimension: number
}

/**
 * v(t, x) = f(t) x - g(t)^2 score(t, x) / 2, whose flow has the same laws at all times as the stochastic process.
 * @source Song et al. 2021, arXiv:2011.13456, equation 13
 */
export const probabilityFlow =
  ({ score, noising }: Omit<Diffusion, 'dimension'>): Velocity =>
  (t, x) =>
    scoped(() => {
      const pull = tf.mul(perRow(noising.drift(t)), x)
      return tf.sub(pull, tf.mul(tf.mul(perRow(tf.square(noising.diffusion(t))), 0.5), score(t, x)))
    })

/**
 * The distribution that the probability flow carries the prior to, at tMin: samples, and log densities of data, by any solver.
 * @precision the law at tMin is that of the data with noise std(tMin). Likelihoods are those of the flow: the reverse
 *   stochastic equation with the same learnt score has another law, close where the score is right
 * @source Song et al. 2021, arXiv:2011.13456, section 4.3 and appendix D
 * @example diffusionToDistribution({ score: score.build(params), noising, dimension: 2 }).logProb(x)
 */
export const diffusionToDistribution = (
  diffusion: Diffusion,
  options: Omit<FlowOptions, 't0' | 't1'> = {}
): Distribution => {
  const { noising, dimension } = diffusion
  return velocityToDistribution(probabilityFlow(diffusion), noising.prior(dimension), {
    ...options,
    t0: 1,
    t1: noising.tMin
  })
}
