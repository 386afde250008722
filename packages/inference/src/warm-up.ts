/**
 * Warm-up of HMC: one step size for all chains by dual averaging, and a diagonal mass matrix from all chains' positions.
 */
import * as tf from '@tensorflow/tfjs-core'
import { jit, scan, vmap } from '@bdl/compiler'
import {
  disposeTree,
  expectInteger,
  expectPositive,
  foldIn,
  mapTree,
  ravelBatch,
  scoped,
  splitStack,
  zipTrees
} from '@bdl/core'
import type { Key, Tree } from '@bdl/core'
import { chunkSizes } from './chunks.js'
import { dualAveragingInit, dualAveragingUpdate } from './dual-averaging.js'
import type { DualAveragingState } from './dual-averaging.js'
import { hmcInit, hmcKernel } from './hmc.js'
import type { HmcState } from './hmc.js'
import type { LogDensity } from './kernel.js'
import { diagonalMetric, identityMetric } from './metric.js'
import type { RunControl } from './run-chains.js'
import { warmupSchedule } from './warmup-schedule.js'
import { regularisedVariance, welfordInit, welfordUpdate } from './welford.js'
import type { WelfordState } from './welford.js'

export type WarmUpOptions<P extends Tree> = RunControl & {
  readonly logDensity: LogDensity<P>
  readonly key: Key
  /** Starting points: every leaf is [chains, ...]. */
  readonly positions: P
  /** Warm-up transitions. */
  readonly transitions: number
  /** Leapfrog steps of a transition. */
  readonly steps: number
  /** First guess of ε; 0.01. Dual averaging tries ten times as much at once. */
  readonly stepSize?: number
  /** Mean acceptance over chains to reach; 0.8. */
  readonly targetAccept?: number
  /** Relative jitter of ε; 0.2. */
  readonly jitter?: number
  /** 'identity' (default): step size alone. 'diagonal': Stan's windows learn the variances too. */
  readonly massMatrix?: 'identity' | 'diagonal'
}

export type WarmUp<P extends Tree> = {
  /** Where the chains are now: every leaf is [chains, ...]. */
  readonly positions: P
  /** ε̄, the averaged step size: for `hmc`. */
  readonly stepSize: number
  /** Learnt variances, [dim] of the raveled position; ones where none were learnt. */
  readonly inverseMass: tf.Tensor
  /** Mean acceptance over chains per transition: [transitions]. */
  readonly acceptance: Float64Array
  readonly isComplete: boolean
}

type Carry<P extends Tree> = {
  readonly chains: HmcState<P>
  readonly averaging: DualAveragingState
  readonly welford: WelfordState
  readonly inverseMass: tf.Tensor
}

/** Number of the transition (int32), and whether it is in a slow window and at its end (bool). */
type Moment = Readonly<Record<'time' | 'isSlow' | 'isWindowEnd', tf.Tensor>>

const select = <T extends Tree>(condition: tf.Tensor, yes: T, no: T): T =>
  zipTrees((a, b) => tf.where(condition, a!, b!))(yes, no)

/** What all chains learn from where they went. */
const learn = <P extends Tree>(
  carry: Carry<P>,
  chains: HmcState<P>,
  acceptProb: tf.Tensor,
  { isSlow, isWindowEnd }: Moment,
  targetAccept: number
): Carry<P> => {
  const averaging = dualAveragingUpdate(carry.averaging, acceptProb, { targetAccept })
  const fed = welfordUpdate(carry.welford, ravelBatch(chains.position).vector)
  const welford = select(isSlow, fed, carry.welford)
  return {
    chains,
    // a new metric needs a new step size: dual averaging starts over from its average
    averaging: select(isWindowEnd, dualAveragingInit(tf.exp(averaging.logStepSizeAveraged)), averaging),
    welford: select(isWindowEnd, mapTree((leaf) => tf.zerosLike(leaf))(welford), welford),
    inverseMass: tf.where(isWindowEnd, regularisedVariance(fed), carry.inverseMass)
  }
}

const chunkOf = <P extends Tree>(options: WarmUpOptions<P>) => {
  const { logDensity, steps, jitter, targetAccept = 0.8, massMatrix = 'identity' } = options
  const transition = hmcKernel(logDensity)
  return (keys: tf.Tensor, carry: Carry<P>, moments: Moment): { carry: Carry<P>; acceptance: tf.Tensor } => {
    const one = (current: Carry<P>, moment: Moment): readonly [Carry<P>, tf.Tensor] => {
      const stepSize = tf.exp(current.averaging.logStepSize)
      const metric = massMatrix === 'diagonal' ? diagonalMetric(current.inverseMass) : identityMetric
      const keysNow = vmap((own: Key, time: tf.Tensor) => foldIn(own, time), [0, null])(keys, moment.time)
      const step = (key: Key, state: HmcState<P>) =>
        transition(key, state, { stepSize, steps, metric, ...(jitter === undefined ? {} : { jitter }) })
      const [chains, info] = vmap(step, [0, 0])(keysNow, current.chains)
      const acceptProb = tf.mean(info.acceptProb)
      if (massMatrix === 'diagonal') return [learn(current, chains, acceptProb, moment, targetAccept), acceptProb]
      const averaging = dualAveragingUpdate(current.averaging, acceptProb, { targetAccept })
      return [{ ...current, chains, averaging }, acceptProb]
    }
    const [last, acceptance] = scan(one, carry, moments)
    return { carry: last, acceptance }
  }
}

const momentsOf = (first: number, size: number, transitions: number): Moment => {
  const { isSlow, isWindowEnd } = warmupSchedule(transitions)
  const flags = (all: readonly boolean[]) => tf.tensor1d(all.slice(first, first + size), 'bool')
  return {
    time: tf.tensor1d(
      Int32Array.from({ length: size }, (_, i) => first + i),
      'int32'
    ),
    isSlow: flags(isSlow),
    isWindowEnd: flags(isWindowEnd)
  }
}

const start =
  <P extends Tree>({ logDensity, stepSize = 0.01 }: WarmUpOptions<P>) =>
  (positions: P): Carry<P> => {
    const chains = vmap(hmcInit(logDensity), [0])(positions)
    const dim = chains.gradient.shape[1] ?? 0
    return {
      chains,
      averaging: dualAveragingInit(stepSize),
      welford: welfordInit(dim),
      inverseMass: tf.ones([dim])
    }
  }

const report = async <P extends Tree>(
  carry: Carry<P>,
  acceptance: Float64Array,
  transitions: number
): Promise<WarmUp<P>> => {
  const { logStepSize, logStepSizeAveraged } = carry.averaging
  const [last = NaN] = await logStepSize.data()
  const [averaged = NaN] = await logStepSizeAveraged.data()
  const { position } = carry.chains
  disposeTree([carry.averaging, carry.welford, carry.chains.logDensity, carry.chains.gradient])
  const isComplete = acceptance.length === transitions
  return {
    positions: position,
    stepSize: Math.exp(acceptance.length > 0 ? averaged : last), // before the first update there is no average
    inverseMass: carry.inverseMass,
    acceptance,
    isComplete
  }
}

/**
 * Warms HMC up: moves all chains towards the typical set while it adapts their common step size (and masses).
 *
 * Reads the result's step size back to the host: a driver, not to be traced.
 *
 * @returns positions to start from, ε for `hmc`, and for the metric `diagonalMetric(inverseMass)`; the caller owns the tensors
 * @error InvalidArgument if a count is no integer > 0, or `stepSize` is not positive
 * @source Hoffman & Gelman (2014), JMLR 15; Stan Reference Manual. One step size from the mean acceptance of all chains
 * @example
 * const { positions, stepSize } = await warmUpHmc({ logDensity, key: key(0), positions: starts, transitions: 80, steps: 30 })
 */
export const warmUpHmc = async <P extends Tree>(options: WarmUpOptions<P>): Promise<WarmUp<P>> => {
  const { key, positions, transitions, steps, stepSize = 0.01, onProgress, signal } = options
  expectInteger('warmUpHmc', { transitions, steps }, 1)
  expectPositive('warmUpHmc', { stepSize })
  const chains = ravelBatchSize(positions)
  const keys = scoped(() => splitStack(key, chains))
  const init = jit(start(options), { name: 'warmUpHmc.init' })
  const advance = jit(chunkOf(options), { name: 'warmUpHmc' })
  const acceptance: number[] = []
  let [carry, done] = [await init(positions), 0]
  try {
    for (const size of chunkSizes(transitions, Math.ceil(transitions / 10))) {
      if (signal?.aborted === true) break
      const moments = momentsOf(done, size, transitions)
      const next = await advance(keys, carry, moments)
      acceptance.push(...(await next.acceptance.data()))
      disposeTree([carry, moments, next.acceptance])
      carry = next.carry
      done += size
      onProgress?.({ done, total: transitions })
    }
    return await report(carry, Float64Array.from(acceptance), transitions)
  } finally {
    tf.dispose(keys)
    await Promise.all([init.dispose(), advance.dispose()])
  }
}

const ravelBatchSize = (positions: Tree): number => scoped(() => ravelBatch(positions).vector.shape[0] ?? 0)
