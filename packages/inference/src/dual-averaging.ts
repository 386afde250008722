/**
 * Nesterov's dual averaging of log ε, which brings the mean acceptance of a kernel to a target. Pure functions of scalar
 * tensors, so that warm-up runs inside the graph.
 */
import * as tf from '@tensorflow/tfjs-core'
import { scoped } from '@bdl/core'

/** Scalars. `shrinkage` is μ, the value that log ε is drawn to; `statistic` is H̄, the averaged acceptance error. */
export type DualAveragingState = Readonly<
  Record<'logStepSize' | 'logStepSizeAveraged' | 'statistic' | 'count' | 'shrinkage', tf.Tensor>
>

export type DualAveragingParameters = {
  /** δ, the acceptance to reach; 0.8. */
  readonly targetAccept?: number
  /** γ, how strongly log ε is drawn to μ; 0.05. */
  readonly gamma?: number
  /** t0, which steadies the first updates; 10. */
  readonly t0?: number
  /** κ in (0.5, 1], how fast old values are forgotten; 0.75. */
  readonly kappa?: number
}

/**
 * Start from a guess of the step size: H̄ = 0, log ε̄ = 0, μ = log(10 ε).
 *
 * @param stepSize > 0, a number or a scalar tensor
 */
export const dualAveragingInit = (stepSize: tf.Tensor | number): DualAveragingState =>
  scoped(() => {
    const logStepSize = tf.log(typeof stepSize === 'number' ? tf.scalar(stepSize) : stepSize)
    return {
      logStepSize,
      logStepSizeAveraged: tf.scalar(0),
      statistic: tf.scalar(0),
      count: tf.scalar(0),
      shrinkage: tf.add(logStepSize, Math.log(10))
    }
  })

/**
 * One update with the acceptance that was observed.
 *
 * H̄ ← (1 − 1/(m + t0)) H̄ + (δ − a)/(m + t0);  log ε ← μ − (√m / γ) H̄;  log ε̄ ← m^−κ log ε + (1 − m^−κ) log ε̄.
 * Sampling afterwards uses ε̄, `exp(logStepSizeAveraged)`.
 *
 * @param acceptProb a in [0, 1], a scalar
 * @source Hoffman & Gelman (2014), The No-U-Turn Sampler, JMLR 15, eq. 6 (as in Stan)
 */
export const dualAveragingUpdate = (
  state: DualAveragingState,
  acceptProb: tf.Tensor,
  { targetAccept = 0.8, gamma = 0.05, t0 = 10, kappa = 0.75 }: DualAveragingParameters = {}
): DualAveragingState =>
  scoped(() => {
    const count = tf.add(state.count, 1)
    const weight = tf.reciprocal(tf.add(count, t0))
    const error = tf.sub(targetAccept, acceptProb)
    const statistic = tf.add(state.statistic, tf.mul(weight, tf.sub(error, state.statistic)))
    const logStepSize = tf.sub(state.shrinkage, tf.mul(tf.div(tf.sqrt(count), gamma), statistic))
    const forget = tf.exp(tf.mul(-kappa, tf.log(count)))
    const averaged = tf.add(state.logStepSizeAveraged, tf.mul(forget, tf.sub(logStepSize, state.logStepSizeAveraged)))
    return { logStepSize, logStepSizeAveraged: averaged, statistic, count, shrinkage: tf.clone(state.shrinkage) }
  })
