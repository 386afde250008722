/** A loss of a solve with its gradient, and what both ways took. */
import * as tf from '@tensorflow/tfjs-core'
import { vjp } from '@bdl/compiler'
import { scoped, type Tree } from '@bdl/core'
import { wayBack, wayThere, type Problem } from './adjoint/continuous.js'
import { integrateDirect } from './adjoint/direct.js'
import { refuse } from './checks.js'
import { int, stepperOf } from './driver/method.js'
import type { SolveOptions } from './options.js'
import { isEveryStep, planTimes, type Plan } from './plan.js'
import { schemeOf, vectorProblem, type VectorProblem } from './problem.js'

/** Int32 scalars: a `SolveStatus`, steps, rejected steps, evaluations of the field or of the adjoint equation. */
export type Statistics = Readonly<Record<'status' | 'steps' | 'rejected' | 'evaluations', tf.Tensor>>

export type SolveGradient<Y extends Tree, Q extends Tree> = {
  readonly value: tf.Tensor
  readonly y0: Y
  readonly params: Q
  readonly t0: tf.Tensor
  readonly t1: tf.Tensor
  /** Of save times strictly inside, in order. */
  readonly saveAt: tf.Tensor
  readonly forward: Statistics
  /** Of the adjoint equation; through the steps, each accepted step walked back once. */
  readonly backward: Statistics
}

interface BothWays {
  readonly value: tf.Tensor
  readonly cotangents: Problem
  readonly forward: tf.Tensor
  readonly backward: tf.Tensor
}

type LossOfRows = (y0: tf.Tensor, ys: tf.Tensor) => tf.Tensor

const add = (a: Problem, dy0: tf.Tensor): Problem => [tf.add(a[0], dy0), a[1], a[2]]

const continuously = <Y extends Tree, Q extends Tree>(
  problem: VectorProblem<Y, Q>,
  state: Y,
  times: tf.Tensor,
  loss: LossOfRows
): BothWays | null => {
  const scheme = schemeOf(problem, state)
  if (scheme === null) return null
  const { path, residuals } = wayThere(scheme, [problem.y0, times, problem.params])
  const [value, pull] = vjp((x: readonly [tf.Tensor, tf.Tensor]) => loss(...x), [problem.y0, path.ys] as const)
  const [dy0, dys] = pull(tf.scalar(1))
  const { cotangents, statistics } = wayBack(scheme, residuals, dys)
  return { value, cotangents: add(cotangents, dy0), forward: path.statistics, backward: statistics }
}

const throughSteps = <Y extends Tree, Q extends Tree>(
  { field, method, y0, params }: VectorProblem<Y, Q>,
  times: tf.Tensor,
  loss: LossOfRows
): BothWays => {
  const whole = ([start, at, p]: Problem) => {
    const { ys, statistics } = integrateDirect(method, (t, y) => field(t, y, p), start, at)
    return [loss(start, ys), statistics] as const
  }
  const [[value, forward], pull] = vjp(whole, [y0, times, params] as const)
  const cotangents = pull([tf.scalar(1), tf.zerosLike(forward)])
  const [, steps] = tf.split(forward, 4)
  const none = tf.zeros([1], 'int32')
  const evaluations = tf.mul(steps!, int(stepperOf(method, (t, y) => field(t, y, params), false).evaluations))
  return { value, cotangents, forward, backward: tf.concat([none, steps!, none, evaluations]) }
}

const statisticsOf = (four: tf.Tensor): Statistics => {
  const [status, steps, rejected, evaluations] = tf.unstack(four) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]
  return { status, steps, rejected, evaluations }
}

/** States as `solve` reports them. */
const rowsOf =
  ({ saved, withStart }: Plan) =>
  (y0: tf.Tensor, ys: tf.Tensor): tf.Tensor => {
    const rows = tf.slice(ys, [0, 0], [saved, y0.shape[0]!])
    return withStart ? tf.concat([tf.expandDims(y0, 0), rows]) : rows
  }

/**
 * The value and gradient of a loss of the states that `solve` reports, with the statistics of both ways. For training take
 * `grad` of a function that calls `solve`: it is the same gradient, without the counts.
 *
 * @param loss of `y` and `ys` as in `Solution` -> scalar
 * @error as `solve`; InvalidArgument for events and `everyStep()`
 * @example gradOfSolve({ field, y0, t0: 0, t1: 1 }, ({ y }) => tf.sum(y)).backward.steps
 */
export const gradOfSolve = <Y extends Tree, Q extends Tree = readonly []>(
  options: SolveOptions<Y, Q>,
  loss: (states: { readonly y: Y; readonly ys: Y }) => tf.Tensor
): SolveGradient<Y, Q> =>
  scoped(() => {
    const { saveAt, events = [] } = options
    if (events.length > 0 || isEveryStep(saveAt)) return refuse('saveAt', 'times, and no events', 'another kind')
    const plan = planTimes(options, saveAt)
    const { times } = plan
    const problem = vectorProblem(options, plan.longest)
    const m = times.shape[0]! - 1
    const n = problem.y0.shape[0]!
    const report = rowsOf(plan)
    const lossOfRows: LossOfRows = (y0, ys) => {
      const last = tf.reshape(tf.slice(ys, [m - 1, 0], [1, n]), [n])
      return tf.reshape(loss({ y: problem.unravel(last), ys: problem.unravel(report(y0, ys)) }), [])
    }
    const both = continuously(problem, options.y0, times, lossOfRows) ?? throughSteps(problem, times, lossOfRows)
    const [dy0, dTimes, dParams] = both.cotangents
    const inner = tf.slice(dTimes, [1], [m - 1])
    return {
      value: both.value,
      y0: problem.unravel(dy0),
      params: problem.unravelParams(dParams),
      t0: tf.reshape(tf.slice(dTimes, [0], [1]), []),
      t1: tf.reshape(tf.slice(dTimes, [m], [1]), []),
      saveAt: inner,
      forward: statisticsOf(both.forward),
      backward: statisticsOf(both.backward)
    }
  })
