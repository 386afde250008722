/** The times of a solve: where it starts and ends, and which states are reported. */
import * as tf from '@tensorflow/tfjs-core'
import { checkTimes, isTensorTimes, type Times } from './checks.js'

/** Every accepted step is reported. */
export interface EveryStep {
  readonly kind: 'everyStep'
  /** Most steps reported; default `maxSteps` of adaptive control. */
  readonly limit?: number
}

/**
 * `saveAt` that reports t0 and every accepted step, in a buffer of `limit` + 1 rows: NaN after the last. A solve with more
 * steps ends with `SolveStatus.stepLimit`. Without a limit it is the control's.
 */
export const everyStep = (limit?: number): EveryStep => ({ kind: 'everyStep', ...(limit !== undefined && { limit }) })

export type SaveAt = Times | EveryStep

export const isEveryStep = (saveAt: SaveAt | undefined): saveAt is EveryStep =>
  saveAt !== undefined && 'kind' in saveAt && saveAt.kind === 'everyStep'

export interface Plan {
  /** [m + 1], the first of them t0. */
  readonly times: tf.Tensor
  /** Rows of the states at `times` that `saveAt` asks for, and whether t0 itself is one of them. */
  readonly saved: number
  readonly withStart: boolean
  /** Longest interval, if the host knows it. */
  readonly longest: number | null
}

type Ends = { readonly t0: number | tf.Tensor; readonly t1: number | tf.Tensor }

const scalarOf = (t: number | tf.Tensor): tf.Tensor => (typeof t === 'number' ? tf.scalar(t) : t)

/** Save times that are t0 or t1 themselves cost no interval of their own. */
export const planTimes = ({ t0, t1 }: Ends, saveAt: Times | undefined): Plan => {
  checkTimes(t0, t1, saveAt)
  if (saveAt !== undefined && isTensorTimes(saveAt)) {
    const [first, last] = [t0, t1].map((t) => tf.reshape(scalarOf(t), [1])) as [tf.Tensor, tf.Tensor]
    return { times: tf.concat([first, saveAt, last]), saved: saveAt.shape[0]!, withStart: false, longest: null }
  }
  const saves = saveAt ?? [t1]
  const inner = saves.filter((t, i) => !(i === 0 && t === t0) && !(i === saves.length - 1 && t === t1))
  const path = [t0, ...(inner as readonly number[]), t1]
  const numbers = path.filter((t): t is number => typeof t === 'number')
  const longest =
    numbers.length === path.length ? Math.max(...numbers.slice(1).map((t, i) => Math.abs(t - numbers[i]!))) : null
  const times = longest !== null ? tf.tensor1d(numbers) : tf.stack(path.map(scalarOf))
  const withStart = saveAt !== undefined && saves[0] === t0
  return { times, saved: saves.length - (withStart ? 1 : 0), withStart, longest }
}
