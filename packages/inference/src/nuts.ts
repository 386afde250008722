/**
 * The No-U-Turn sampler: Hamiltonian Monte Carlo that finds the length of each trajectory itself.
 */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, expectInteger, expectPositive, ravel, scoped, split } from '@bdl/core'
import type { Key, Tree } from '@bdl/core'
import { hmcInit } from './hmc.js'
import type { HmcState } from './hmc.js'
import type { Kernel, LogDensity } from './kernel.js'
import { identityMetric } from './metric.js'
import type { Metric } from './metric.js'
import { drawFromTrajectory } from './nuts-tree.js'

/** A position with its log density (scalar) and gradient ([dim] of the raveled position), as for HMC. */
export type NutsState<P extends Tree> = HmcState<P>

/**
 * Scalars. `acceptProb`: mean of min(1, exp(−ΔH)) over the trajectory. `steps` and `treeDepth`, int32: leapfrog steps and
 * doublings, the last one counted even if it was given up. `energy`: H of the next state in nats. `isTurning`, `isDivergent`:
 * why the trajectory ended; neither where it reached the greatest depth.
 */
export type NutsInfo = Readonly<
  Record<'acceptProb' | 'steps' | 'treeDepth' | 'energy' | 'isDivergent' | 'isTurning' | 'logDensity', tf.Tensor>
>

/** All that may vary from one transition to the next. */
export type NutsParameters = {
  /** ε, the length of a leapfrog step; a scalar tensor if adaptation varies it. */
  readonly stepSize: tf.Tensor | number
  /** Kinetic energy; M = I by default. */
  readonly metric?: Metric
  /** At most so many doublings, 2^d − 1 leapfrog steps; 10. */
  readonly maxTreeDepth?: number
  /** A leaf with H − H(start) above so many nats ends the trajectory: the integrator left the level set; 1000. */
  readonly divergenceThreshold?: number
}

/** Directions are the digits of one float32 draw, and leaves are counted in float32. */
const DEEPEST = 20

const expectDepth = (maxTreeDepth: number): void => {
  expectInteger('nuts', { maxTreeDepth }, 1)
  if (maxTreeDepth <= DEEPEST) return
  throw new BdlError({
    code: 'InvalidArgument',
    fn: 'nuts',
    argument: 'maxTreeDepth',
    expected: `at most ${DEEPEST}`,
    got: String(maxTreeDepth)
  })
}

/**
 * One transition with every parameter open, so that adaptation can vary them.
 *
 * @returns the kernel: key, state and parameters -> next state and info; the caller owns both
 */
export const nutsKernel =
  <P extends Tree>(logDensity: LogDensity<P>) =>
  (key: Key, state: NutsState<P>, parameters: NutsParameters): readonly [NutsState<P>, NutsInfo] =>
    scoped(() => {
      const { stepSize, metric = identityMetric, maxTreeDepth = 10, divergenceThreshold = 1000 } = parameters
      const [keyMomentum, keyTree] = split(key)
      const { vector, unravel } = ravel(state.position) // once: the integrator then moves one vector
      const dynamics = { logDensity: (q: tf.Tensor) => logDensity(unravel(q)), metric }
      const momentum = metric.momentum(keyMomentum, vector.size)
      const start = { position: vector, momentum, logDensity: state.logDensity, gradient: state.gradient }
      const { chosen, ...info } = drawFromTrajectory(
        { dynamics, stepSize, maxTreeDepth, divergenceThreshold },
        keyTree,
        start
      )
      const { position, gradient, logDensity: value, energy } = chosen
      const next = { position: unravel(position), logDensity: value, gradient }
      return [next, { ...info, energy, logDensity: tf.clone(value) }] as const
    })

/**
 * The No-U-Turn sampler, with multinomial sampling along the trajectory.
 *
 * A momentum p ~ N(0, M) is drawn; the trajectory through (q, p) doubles, forward or backward in time by a fair coin, until a
 * subtree of it turns back; the next state is drawn from its leaves by weight exp(−H), with a bias to later doublings. **When
 * to use** the default for smooth targets: unlike `hmc` it needs no number of steps. Many chains under `vmap` go in lock
 * step, each turn as long as the longest trajectory. **Gotcha** trajectories that reach `maxTreeDepth` say that the step size
 * is too small for the target's longest direction: adapt a metric (`warmUp`), or parameterise anew.
 *
 * @param logDensity log π up to a constant in nats, of one position (any tree of float32 tensors)
 * @param parameters `stepSize` ε > 0, in units of position / √mass: aim at an acceptance of 0.8 (`warmUp` finds it)
 * @returns `init`: position -> state. `step`: key and state -> state and scalar infos; the caller owns both
 * @error InvalidArgument if `stepSize` or `divergenceThreshold` is not positive, `maxTreeDepth` no integer in [1, 20]
 * @precision float32: weights see H with an error of about one ulp of |log π|, 1e-3 nat at 1e4
 * @source Hoffman & Gelman (2014), JMLR 15, 1593-1623; Betancourt (2017), arXiv:1701.02434, A.3-A.4; without recursion: Phan,
 *   Pradhan & Jankowiak (2019), arXiv:1912.11554, 2.3
 * @example nuts((q) => tf.mul(-0.5, tf.sum(tf.square(q))), { stepSize: 0.5 }).init(tf.zeros([3])).gradient.shape // => [3]
 */
export const nuts = <P extends Tree>(
  logDensity: LogDensity<P>,
  parameters: NutsParameters
): Kernel<P, NutsState<P>, NutsInfo> => {
  const { stepSize, maxTreeDepth = 10, divergenceThreshold = 1000 } = parameters
  if (typeof stepSize === 'number') expectPositive('nuts', { stepSize })
  expectPositive('nuts', { divergenceThreshold })
  expectDepth(maxTreeDepth)
  const transition = nutsKernel(logDensity)
  return { init: hmcInit(logDensity), step: (key, state) => transition(key, state, parameters) }
}
