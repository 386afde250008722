/**
 * A first guess of a step size: doubled or halved until the acceptance of one leapfrog step crosses 0.8.
 */
import * as tf from '@tensorflow/tfjs-core'
import { whileLoop } from '@bdl/compiler'
import { foldIn, ravel, scoped } from '@bdl/core'
import type { Tree } from '@bdl/core'
import type { StepSizeSearch } from './adaptation.js'
import type { HmcState } from './hmc.js'
import type { LogDensity } from './kernel.js'
import { energy, leapfrogStep } from './leapfrog.js'

const LOG_ACCEPTANCE = Math.log(0.8)

/** Where the density is flat, or nowhere finite, there is no crossing: ε is then off by 2⁵⁰ and warm-up has the last word. */
const MOST_TURNS = 50

/** `direction`: +1 if the step that was tried last was accepted well, else −1; `last` that of the try before, 0 at first. */
type Search = Readonly<Record<'stepSize' | 'direction' | 'last' | 'turns', tf.Tensor>>

/**
 * The heuristic of Hoffman and Gelman: one leapfrog step with a fresh momentum at ε, 2ε, 4ε, ... (or ε/2, ε/4, ...) until the
 * acceptance exp(−ΔH) is no longer on the side of 0.8 where it began. NaN counts as no acceptance.
 *
 * @param logDensity log π up to a constant in nats
 * @returns key, state and tuning -> a scalar ε > 0; the tuning has the ε to begin with, and the metric
 * @source Hoffman & Gelman (2014), JMLR 15, algorithm 4; the level of 0.8 and fresh momenta: Stan, NumPyro
 * @example runChains({ kernel: adaptive(family, { transitions: 500, search: reasonableStepSize(logDensity) }), ...rest })
 */
export const reasonableStepSize =
  <P extends Tree>(logDensity: LogDensity<P>): StepSizeSearch<HmcState<P>> =>
  (key, { position, logDensity: value, gradient }, { stepSize, metric }) =>
    scoped(() => {
      const { vector, unravel } = ravel(position)
      const dynamics = { logDensity: (q: tf.Tensor) => logDensity(unravel(q)), metric }
      const attempt = ({ stepSize: before, direction, turns }: Search): Search => {
        const tried = tf.mul(before, tf.pow(2, direction))
        const momentum = metric.momentum(foldIn(key, tf.cast(turns, 'int32')), vector.size)
        const start = { position: vector, momentum, logDensity: value, gradient }
        const gain = tf.sub(energy(metric, start), energy(metric, leapfrogStep(dynamics, start, tried)))
        return {
          stepSize: tried,
          direction: tf.where(tf.greater(gain, LOG_ACCEPTANCE), tf.scalar(1), tf.scalar(-1)),
          last: tf.clone(direction),
          turns: tf.add(turns, 1)
        }
      }
      const goesOn = ({ direction, last, turns }: Search) =>
        tf.logicalAnd(tf.less(turns, MOST_TURNS), tf.logicalOr(tf.equal(last, 0), tf.equal(direction, last)))
      const zero = tf.scalar(0)
      const from = { stepSize: tf.mul(stepSize, tf.scalar(1)), direction: zero, last: zero, turns: zero }
      return whileLoop(goesOn, attempt, from).stepSize
    })
