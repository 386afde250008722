/**
 * Hamiltonian Monte Carlo with a fixed number of leapfrog steps and a jittered step size.
 */
import * as tf from '@tensorflow/tfjs-core'
import { valueAndGrad } from '@bdl/compiler'
import { BdlError, expectInteger, expectPositive, mapTree, ravel, scoped, split, uniform } from '@bdl/core'
import type { Key, Tree } from '@bdl/core'
import type { Kernel, LogDensity } from './kernel.js'
import { energy, leapfrog } from './leapfrog.js'
import { identityMetric } from './metric.js'
import type { Metric } from './metric.js'

/** An energy error above this many nats means that the integrator left the level set (Stan's limit). */
const DIVERGENCE_THRESHOLD = 1000

/** `logDensity` is a scalar, `gradient` [dim] of the raveled position: both belong to `position`. */
export type HmcState<P extends Tree> = {
  readonly position: P
  readonly logDensity: tf.Tensor
  readonly gradient: tf.Tensor
}

/** Scalars: probability of acceptance, what happened, H(end) − H(start) in nats, log density of the next state. */
export type HmcInfo = Readonly<
  Record<'acceptProb' | 'isAccepted' | 'isDivergent' | 'energyError' | 'logDensity', tf.Tensor>
>

/** All that may vary from one transition to the next. */
export type HmcParameters = {
  /** ε, the length of a leapfrog step; a scalar tensor if adaptation varies it. */
  readonly stepSize: tf.Tensor | number
  /** Leapfrog steps of one transition. */
  readonly steps: number
  /** ε is multiplied by a uniform draw from [1 − jitter, 1 + jitter], which breaks resonances; 0.2 by default. */
  readonly jitter?: number
  /** Kinetic energy; M = I by default. */
  readonly metric?: Metric
}

/** State of a position: one evaluation of the log density and its gradient. */
export const hmcInit =
  <P extends Tree>(logDensity: LogDensity<P>) =>
  (position: P): HmcState<P> =>
    scoped(() => {
      const { vector, unravel } = ravel(position)
      const [value, gradient] = valueAndGrad((q: tf.Tensor) => logDensity(unravel(q)))(vector)
      return { position: mapTree((leaf) => tf.clone(leaf))(position), logDensity: value, gradient }
    })

/** min(1, exp(−ΔH)); zero where the error is not finite or too large. */
const acceptance = (energyError: tf.Tensor) => {
  // written so that NaN, for which every comparison is false, counts as divergent
  const isDivergent = tf.logicalNot(tf.lessEqual(tf.abs(energyError), DIVERGENCE_THRESHOLD))
  const acceptProb = tf.where(isDivergent, tf.scalar(0), tf.exp(tf.minimum(tf.neg(energyError), 0)))
  return { isDivergent, acceptProb }
}

const jittered = (key: Key, stepSize: tf.Tensor | number, jitter: number): tf.Tensor | number =>
  jitter === 0 ? stepSize : tf.mul(stepSize, uniform(key, [], { minval: 1 - jitter, maxval: 1 + jitter }))

/**
 * One transition with every parameter open, so that adaptation can vary them.
 *
 * @returns the kernel: key, state and parameters -> next state and info; the caller owns both
 */
export const hmcKernel =
  <P extends Tree>(logDensity: LogDensity<P>) =>
  (key: Key, state: HmcState<P>, parameters: HmcParameters): readonly [HmcState<P>, HmcInfo] =>
    scoped(() => {
      const { stepSize, steps, jitter = 0.2, metric = identityMetric } = parameters
      const [keyMomentum, keyJitter, keyAccept] = split(key, 3) as readonly [Key, Key, Key]
      const { vector, unravel } = ravel(state.position) // once: the integrator then moves one vector
      const dynamics = { logDensity: (q: tf.Tensor) => logDensity(unravel(q)), metric }
      const momentum = metric.momentum(keyMomentum, vector.size)
      const start = { position: vector, momentum, logDensity: state.logDensity, gradient: state.gradient }
      const end = leapfrog(dynamics, start, jittered(keyJitter, stepSize, jitter), steps)
      const energyError = tf.sub(energy(metric, end), energy(metric, start))
      const { isDivergent, acceptProb } = acceptance(energyError)
      const isAccepted = tf.less(uniform(keyAccept, []), acceptProb) // decided on the device, never read back
      const logp = tf.where(isAccepted, end.logDensity, start.logDensity)
      const next = {
        position: unravel(tf.where(isAccepted, end.position, start.position)),
        logDensity: logp,
        gradient: tf.where(isAccepted, end.gradient, start.gradient)
      }
      return [next, { acceptProb, isAccepted, isDivergent, energyError, logDensity: tf.clone(logp) }] as const
    })

/**
 * Hamiltonian Monte Carlo.
 *
 * A momentum p ~ N(0, M) is drawn, (q, p) follows `steps` leapfrog steps of H = −log π(q) + pᵀ M⁻¹ p / 2, and the end is
 * accepted with probability min(1, exp(−ΔH)). Divergences (|ΔH| > 1000 nats or not finite) are rejections, told in the
 * info. **When to use** smooth targets in many dimensions. **Gotcha** `stepSize` × `steps` is the length of a trajectory:
 * of the order of the longest standard deviation, or the chain walks randomly.
 *
 * @param logDensity log π up to a constant in nats, of one position (any tree of float32 tensors)
 * @param parameters `stepSize` ε > 0, in units of position / √mass: aim at an acceptance of 0.65 to 0.8 (`warmUpHmc` finds it)
 * @returns `init`: position -> state. `step`: key and state -> state and scalar infos; the caller owns both
 * @error InvalidArgument if `stepSize` is not positive, `steps` no integer > 0 or `jitter` outside [0, 1)
 * @precision float32: the accept test sees ΔH with an error of about one ulp of |log π|, 1e-3 nat at 1e4
 * @source Duane et al. (1987), Physics Letters B 195(2), 216-222; Neal (2011), Handbook of MCMC, ch. 5
 * @example hmc((q) => tf.mul(-0.5, tf.sum(tf.square(q))), { stepSize: 0.2, steps: 10 }).init(tf.zeros([3])).gradient.shape // => [3]
 */
export const hmc = <P extends Tree>(
  logDensity: LogDensity<P>,
  parameters: HmcParameters
): Kernel<P, HmcState<P>, HmcInfo> => {
  const { stepSize, steps, jitter = 0.2 } = parameters
  if (typeof stepSize === 'number') expectPositive('hmc', { stepSize })
  expectInteger('hmc', { steps }, 1)
  if (!(jitter >= 0 && jitter < 1))
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'hmc',
      argument: 'jitter',
      expected: 'a number in [0, 1)',
      got: String(jitter)
    })
  const transition = hmcKernel(logDensity)
  return { init: hmcInit(logDensity), step: (key, state) => transition(key, state, parameters) }
}
