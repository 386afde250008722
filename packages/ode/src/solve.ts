/** Initial value problems over trees: dy/dt = field(t, y, params), y(t0) = y0. */
import * as tf from '@tensorflow/tfjs-core'
import { vmap } from '@bdl/compiler'
import { expectInteger, scoped, type Tree } from '@bdl/core'
import { isTensorTimes, refuse } from './checks.js'
import { expectEvent } from './events.js'
import type { Observed, Solution, SolveOptions } from './options.js'
import { isEveryStep, planTimes } from './plan.js'
import { schemeOf, vectorProblem, type VectorProblem } from './problem.js'
import { run, runSteps, type Ran } from './run.js'

/** Rows that are reported, with the times of them. */
interface Rows {
  readonly ts: tf.Tensor
  readonly ys: tf.Tensor
}

const limitOf = <Y extends Tree, Q extends Tree>(
  { method }: VectorProblem<Y, Q>,
  limit: number | undefined
): number => {
  if (limit !== undefined) expectInteger('everyStep', { limit }, 1)
  const { control } = method
  return control.kind === 'adaptive' ? (limit ?? control.maxSteps) : 1
}

const everyStepOf = <Y extends Tree, Q extends Tree>(
  options: SolveOptions<Y, Q>,
  limit: number | undefined
): readonly [VectorProblem<Y, Q>, Ran, Rows] => {
  if ((options.events ?? []).length > 0) refuse('events', 'times in saveAt beside events', 'everyStep()')
  const { times, longest } = planTimes(options, undefined)
  const problem = vectorProblem(options, longest)
  const ran = runSteps(problem, times, limitOf(problem, limit))
  return [problem, ran, { ts: ran.ts, ys: ran.path.ys }]
}

const timesOf = <Y extends Tree, Q extends Tree>(
  options: SolveOptions<Y, Q>
): readonly [VectorProblem<Y, Q>, Ran, Rows] => {
  const { saveAt, events = [] } = options
  events.forEach(({ limit = 1 }) => expectEvent(limit))
  const asked = isEveryStep(saveAt) ? undefined : saveAt
  const { times, saved, withStart, longest } = planTimes(options, asked)
  const problem = vectorProblem(options, longest)
  const ran = run(problem, schemeOf(problem, options.y0), times, events)
  const n = problem.y0.shape[0]!
  if (asked === undefined) return [problem, ran, { ts: tf.reshape(ran.end.t, [1]), ys: tf.reshape(ran.end.y, [1, n]) }]
  const rows = tf.slice(ran.path.ys, [0, 0], [saved, n])
  const ys = withStart ? tf.concat([tf.expandDims(problem.y0, 0), rows]) : rows
  const inner = tf.slice(ran.ts, [0], [saved])
  const ts = isTensorTimes(asked) || !withStart ? inner : tf.concat([tf.slice(times, [0], [1]), inner])
  return [problem, ran, { ts, ys }]
}

const assemble = <Y extends Tree, Q extends Tree, S extends Tree>(
  options: SolveOptions<Y, Q>,
  report: (problem: VectorProblem<Y, Q>, rows: Rows) => S
): Solution<Y, S> => {
  const { saveAt } = options
  const [problem, ran, rows] = isEveryStep(saveAt) ? everyStepOf(options, saveAt.limit) : timesOf(options)
  const [status, steps, rejected, evaluations] = tf.unstack(ran.path.statistics) as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor
  ]
  return {
    y: problem.unravel(ran.end.y),
    t: tf.clone(ran.end.t),
    ys: report(problem, rows),
    ts: rows.ts,
    ...{ status, steps, rejected, evaluations },
    events: ran.events.map(({ count, times, ys }) => ({ count, times, ys: problem.unravel(ys) }))
  }
}

const hasObserve = <Y extends Tree, Q extends Tree, S extends Tree>(
  options: SolveOptions<Y, Q> | (SolveOptions<Y, Q> & Observed<Y, Q, S>)
): options is SolveOptions<Y, Q> & Observed<Y, Q, S> => 'observe' in options

/**
 * Solves an initial value problem: the state at t1, at the save times, and what it took.
 *
 * @error InvalidArgument for t0 = t1, save times out of order, an empty or non-finite state, a field that changes the shape,
 *   tolerances that are not positive, a method without error estimate under adaptive steps
 * @precision float32: relative tolerances below 1e-6 reject steps for rounding; numerical trouble is `status`, not an error
 * @source Hairer, Norsett & Wanner 1993; the separation of method, control and adjoint is Diffrax's (Kidger 2021, arXiv:2202.02435)
 * @example
 * const decay = solve({ field: (_t, y) => tf.neg(y), y0: tf.tensor1d([1]), t0: 0, t1: 1 })
 * decay.y // [0.36788]
 */
export function solve<Y extends Tree, S extends Tree, Q extends Tree = readonly []>(
  options: SolveOptions<Y, Q> & Observed<Y, Q, S>
): Solution<Y, S>
export function solve<Y extends Tree, Q extends Tree = readonly []>(options: SolveOptions<Y, Q>): Solution<Y>
export function solve<Y extends Tree, Q extends Tree, S extends Tree>(
  options: SolveOptions<Y, Q> | (SolveOptions<Y, Q> & Observed<Y, Q, S>)
): Solution<Y, S | Y> {
  return scoped(() =>
    assemble<Y, Q, S | Y>(options, ({ unravel, unravelParams, params }, { ts, ys }) => {
      if (!hasObserve(options)) return unravel(ys)
      return vmap((t: tf.Tensor, y: tf.Tensor) => options.observe(t, unravel(y), unravelParams(params)))(ts, ys)
    })
  )
}
