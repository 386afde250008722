/**
 * What a transition of warm-up learns: a step size by dual averaging, and variances or covariances in Stan's windows. Pure
 * functions of tensors, for one chain or many that learn together.
 */
import * as tf from '@tensorflow/tfjs-core'
import { cholesky, cond } from '@bdl/compiler'
import { BdlError, expectInteger, expectPositive, mapTree, scoped, zipTrees } from '@bdl/core'
import type { Key, Tree } from '@bdl/core'
import { dualAveragingInit, dualAveragingUpdate } from './dual-averaging.js'
import type { DualAveragingState } from './dual-averaging.js'
import type { Kernel } from './kernel.js'
import { denseMetric, diagonalMetric, identityMetric } from './metric.js'
import type { Metric } from './metric.js'
import { warmupSchedule } from './warmup-schedule.js'
import { regularisedVariance, welfordInit, welfordUpdate } from './welford.js'
import type { WelfordState } from './welford.js'

/** What warm-up finds for a Hamiltonian kernel. */
export type Tuning = { readonly stepSize: tf.Tensor | number; readonly metric: Metric }

/** A kernel for each tuning, such as `(tuning) => nuts(logDensity, tuning)`; its info tells the acceptance. */
export type TunableKernel<
  P extends Tree,
  S extends Tree & { readonly position: P },
  I extends Tree & { readonly acceptProb: tf.Tensor }
> = (tuning: Tuning) => Kernel<P, S, I>

/** 'identity': step size alone. 'diagonal', 'dense': the metric M⁻¹ too, as variances or as a covariance matrix. */
export type MassMatrix = 'identity' | 'diagonal' | 'dense'

/** A step size to start from, a scalar: `reasonableStepSize(logDensity)` is one way to find it. */
export type StepSizeSearch<S extends Tree> = (key: Key, state: S, tuning: Tuning) => tf.Tensor

export type AdaptationOptions = {
  /** Mean acceptance to reach; 0.8. */
  readonly targetAccept?: number
  /** 'diagonal' by default. */
  readonly massMatrix?: MassMatrix
}

/** `inverseMass` is [dim] or [dim, dim]; `factor` has the Cholesky factor of the latter, and nothing otherwise. */
export type Adaptation = {
  readonly averaging: DualAveragingState
  readonly welford: WelfordState
  readonly inverseMass: tf.Tensor
  readonly factor: readonly tf.Tensor[]
}

/** Which transition it is (int32), whether it is in a slow window, at its end, and the first or the first after one (bool). */
export type Moment = Readonly<Record<'time' | 'isSlow' | 'isWindowEnd' | 'isFresh', tf.Tensor>>

/** @error InvalidArgument for a number that makes no warm-up */
export const expectAdaptation = (
  fn: string,
  {
    transitions,
    stepSize,
    targetAccept = 0.8
  }: AdaptationOptions & Readonly<Record<'transitions' | 'stepSize', number>>
): void => {
  expectInteger(fn, { transitions }, 1)
  expectPositive(fn, { stepSize })
  if (targetAccept > 0 && targetAccept < 1) return
  throw new BdlError({
    code: 'InvalidArgument',
    fn,
    argument: 'targetAccept',
    expected: 'a number in (0, 1)',
    got: String(targetAccept)
  })
}

/** All moments of a warm-up: every leaf is [transitions]. */
export const momentsOf = (transitions: number, massMatrix: MassMatrix): Moment => {
  const { isSlow, isWindowEnd } = warmupSchedule(transitions)
  const isFresh = [true, ...isWindowEnd.slice(0, -1).map((isEnd) => isEnd && massMatrix !== 'identity')]
  const flags = (all: readonly boolean[]) => tf.tensor1d([...all], 'bool')
  return {
    time: tf.range(0, transitions, 1, 'int32'),
    isSlow: flags(isSlow),
    isWindowEnd: flags(isWindowEnd),
    isFresh: flags(isFresh)
  }
}

/** The state before the first transition: M⁻¹ = I. */
export const adaptationInit = (dim: number, stepSize: number, massMatrix: MassMatrix): Adaptation =>
  scoped(() => {
    const isDense = massMatrix === 'dense'
    return {
      averaging: dualAveragingInit(stepSize),
      welford: welfordInit(dim, isDense ? 'dense' : 'diagonal'),
      inverseMass: isDense ? tf.eye(dim) : tf.ones([dim]),
      factor: isDense ? [tf.eye(dim)] : []
    }
  })

/** @param isDone whether warm-up is over: then the step size is the averaged one */
export const tuningOf = (
  { averaging, inverseMass, factor }: Adaptation,
  massMatrix: MassMatrix,
  isDone?: tf.Tensor
): Tuning => {
  const { logStepSize, logStepSizeAveraged } = averaging
  const log = isDone === undefined ? logStepSize : tf.where(isDone, logStepSizeAveraged, logStepSize)
  const metrics = {
    identity: () => identityMetric,
    diagonal: () => diagonalMetric(inverseMass),
    dense: () => denseMetric(inverseMass, factor[0])
  }
  return { stepSize: tf.exp(log), metric: metrics[massMatrix]() }
}

const select = <T extends Tree>(condition: tf.Tensor, yes: T, no: T): T =>
  zipTrees((a, b) => tf.where(condition, a!, b!))(yes, no)

/** The metric at the end of a window. A dense one is factorised there alone. */
const metricFrom = (
  state: Adaptation,
  fed: WelfordState,
  isWindowEnd: tf.Tensor
): Pick<Adaptation, 'inverseMass' | 'factor'> => {
  if (state.factor.length === 0)
    return { inverseMass: tf.where(isWindowEnd, regularisedVariance(fed), state.inverseMass), factor: [] }
  const { inverseMass, factor } = state
  return cond(
    isWindowEnd,
    (welford: WelfordState) => {
      const covariance = regularisedVariance(welford)
      return { inverseMass: covariance, factor: [cholesky(covariance)] }
    },
    () => mapTree((leaf) => tf.clone(leaf))({ inverseMass, factor }),
    fed
  )
}

/**
 * What was learnt from a transition.
 *
 * @param acceptProb scalar, the mean over chains
 * @param points where the chains are now: [chains, dim]
 * @source Hoffman & Gelman (2014), JMLR 15; windows: Stan Reference Manual, "Automatic parameter tuning"
 */
export const adaptationUpdate = (
  state: Adaptation,
  acceptProb: tf.Tensor,
  points: tf.Tensor,
  { isSlow, isWindowEnd }: Moment,
  { targetAccept = 0.8, massMatrix = 'diagonal' }: AdaptationOptions = {}
): Adaptation =>
  scoped(() => {
    const averaging = dualAveragingUpdate(state.averaging, acceptProb, { targetAccept })
    if (massMatrix === 'identity') return { ...mapTree((leaf) => tf.clone(leaf))(state), averaging }
    const fed = welfordUpdate(state.welford, points)
    const welford = select(isSlow, fed, state.welford)
    return {
      // a new metric needs a new step size: dual averaging starts over from its average
      averaging: select(isWindowEnd, dualAveragingInit(tf.exp(averaging.logStepSizeAveraged)), averaging),
      welford: select(isWindowEnd, mapTree((leaf) => tf.zerosLike(leaf))(welford), welford),
      ...metricFrom(state, fed, isWindowEnd)
    }
  })

/** Dual averaging starts over from a step size that is searched for, where a metric is fresh. */
export const searchAt = (state: Adaptation, isFresh: tf.Tensor, search: () => tf.Tensor): Adaptation =>
  scoped(() => {
    const { averaging } = state
    const found = cond(isFresh, search, () => tf.exp(averaging.logStepSize))
    return {
      ...mapTree((leaf) => tf.clone(leaf))(state),
      averaging: select(isFresh, dualAveragingInit(found), averaging)
    }
  })
