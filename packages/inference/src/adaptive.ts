/**
 * A kernel that warms itself up: each chain learns its own step size and metric in its first transitions, in the same graph as
 * the transitions that count.
 */
import * as tf from '@tensorflow/tfjs-core'
import { cond } from '@bdl/compiler'
import { mapTree, ravel, scoped, split } from '@bdl/core'
import type { Key, Tree } from '@bdl/core'
import { adaptationInit, adaptationUpdate, expectAdaptation, momentsOf, searchAt, tuningOf } from './adaptation.js'
import type { Adaptation, AdaptationOptions, Moment, StepSizeSearch, TunableKernel } from './adaptation.js'
import { diagonalMetric } from './metric.js'
import type { Kernel } from './kernel.js'

export type AdaptiveOptions<S extends Tree> = AdaptationOptions & {
  /** Transitions that learn; later ones use what was learnt. */
  readonly transitions: number
  /** First guess of ε; 1. Dual averaging tries ten times as much at once. */
  readonly stepSize?: number
  /** Finds a better guess, at the start and wherever the metric changed; none by default. */
  readonly search?: StepSizeSearch<S>
}

/** `chain` is the state of the kernel that is tuned, `time` (int32) counts its transitions. */
export type AdaptiveState<P extends Tree, S extends Tree> = {
  readonly position: P
  readonly chain: S
  readonly adaptation: Adaptation
  readonly time: tf.Tensor
}

const cloned = <T extends Tree>(tree: T): T => mapTree((leaf) => tf.clone(leaf))(tree)

/** The row of each leaf at a time; the last one for later times. */
const momentAt = (moments: Moment, transitions: number, time: tf.Tensor): Moment => {
  const row = tf.minimum(time, tf.scalar(transitions - 1, 'int32'))
  return mapTree((leaf) => tf.cast(tf.gather(tf.cast(leaf, 'int32'), row), leaf.dtype))(moments)
}

/**
 * A tunable kernel with its warm-up: `transitions` of them adapt the step size by dual averaging and the metric in Stan's
 * windows; from then on it is the kernel of the averaged step size and the last metric.
 *
 * Each chain learns from itself alone, as in Stan and NumPyro; `warmUp` lets all chains learn one tuning together. Draws of the
 * first `transitions` are not draws of the target: `runChains({ kernel, warmup: transitions, ... })` leaves them out.
 *
 * @param tunable such as `(tuning) => nuts(logDensity, tuning)`
 * @returns a kernel; its info is the kernel's with `stepSize`, the scalar ε of the transition
 * @error InvalidArgument if `transitions` is no integer > 0, `stepSize` not positive or `targetAccept` outside (0, 1)
 * @source Hoffman & Gelman (2014), JMLR 15; windows: Stan Reference Manual, "Automatic parameter tuning"
 * @example
 * const kernel = adaptive((tuning) => nuts(logDensity, tuning), { transitions: 1000 })
 * const run = await runChains({ kernel, key: key(0), positions, warmup: 1000, steps: 1000 })
 */
export const adaptive = <
  P extends Tree,
  S extends Tree & { readonly position: P },
  I extends Tree & Readonly<Record<'acceptProb', tf.Tensor>>
>(
  tunable: TunableKernel<P, S, I>,
  options: AdaptiveOptions<S>
): Kernel<P, AdaptiveState<P, S>, I & { readonly stepSize: tf.Tensor }> => {
  const { transitions, stepSize = 1, search, massMatrix = 'diagonal', targetAccept = 0.8 } = options
  expectAdaptation('adaptive', { transitions, stepSize, targetAccept })
  const keysOf = (key: Key): readonly [Key, Key] => (search === undefined ? [key, key] : split(key))
  return {
    init: (position) =>
      scoped(() => {
        const { vector } = ravel(position)
        const metric = diagonalMetric(tf.ones([vector.size]))
        return {
          position: cloned(position),
          chain: tunable({ stepSize, metric }).init(position),
          adaptation: adaptationInit(vector.size, stepSize, massMatrix),
          time: tf.scalar(0, 'int32')
        }
      }),
    step: (key, { chain, adaptation, time }) =>
      scoped(() => {
        const [keySearch, keyStep] = keysOf(key)
        const isDone = tf.greaterEqual(time, tf.scalar(transitions, 'int32'))
        const isLearning = tf.logicalNot(isDone)
        const moment = momentAt(momentsOf(transitions, massMatrix), transitions, time)
        const isFresh = tf.logicalAnd(moment.isFresh, isLearning)
        const begun =
          search === undefined
            ? adaptation
            : searchAt(adaptation, isFresh, () => search(keySearch, chain, tuningOf(adaptation, massMatrix)))
        const tuning = tuningOf(begun, massMatrix, isDone)
        const [next, info] = tunable(tuning).step(keyStep, chain)
        const points = tf.expandDims(ravel(next.position).vector, 0)
        const learnt = cond(
          isLearning,
          (before: Adaptation) =>
            adaptationUpdate(before, info.acceptProb, points, moment, { targetAccept, massMatrix }),
          (before: Adaptation) => cloned(before),
          begun
        )
        const state = {
          position: cloned(next.position),
          chain: next,
          adaptation: learnt,
          time: tf.add(time, tf.scalar(1, 'int32'))
        }
        return [state, { ...info, stepSize: tf.mul(tuning.stepSize, tf.scalar(1)) }] as const
      })
  }
}
