/** A vector problem from its plan to its states: events first, then the one solve that gradients go through. */
import * as tf from '@tensorflow/tfjs-core'
import { argsort, stopGradient, vmap } from '@bdl/compiler'
import type { Tree } from '@bdl/core'
import { integrateContinuous, type Scheme } from './adjoint/continuous.js'
import { integrateDirect, integrateSteps } from './adjoint/direct.js'
import type { Control } from './control.js'
import { at, countOf, int, sharesOf, type Path } from './driver/method.js'
import { findCrossings, polish, type Crossings, type Event, type Signal } from './events.js'
import type { VectorProblem } from './problem.js'
import type { VectorField } from './solver.js'
import { SolveStatus } from './status.js'

/** States at times, by the adjoint that was chosen. */
const integrateBy = <Y extends Tree, Q extends Tree>(
  problem: VectorProblem<Y, Q>,
  scheme: Scheme | null,
  times: tf.Tensor
): Path => {
  const { field, method, y0, params } = problem
  if (scheme !== null) return integrateContinuous(scheme, [y0, times, params])
  return integrateDirect(method, (t, y) => field(t, y, params), y0, times)
}

/** An event of vectors, and what the search found. */
interface Watched {
  readonly signal: Signal
  readonly crossings: Crossings
  readonly terminal: boolean
}

const watch = <Y extends Tree, Q extends Tree>(
  { field, method, y0, params, unravel, unravelParams }: VectorProblem<Y, Q>,
  times: tf.Tensor,
  { when, direction = 'any', terminal = true, limit = 1 }: Event<Y, Q>
): Watched => {
  const held = stopGradient(params)
  const signalOf =
    (p: tf.Tensor): Signal =>
    (t, y) =>
      tf.reshape(when(t, unravel(y), unravelParams(p)), [])
  const silent: VectorField = (t, y) => field(t, y, held)
  const watching = { signal: signalOf(held), direction, limit: terminal ? 1 : limit }
  return { signal: signalOf(params), terminal, crossings: findCrossings(method, silent, y0, times, watching) }
}

export interface EventStates {
  readonly count: tf.Tensor
  readonly times: tf.Tensor
  readonly ys: tf.Tensor
}

export interface Ran {
  readonly path: Path
  /** Times of the path's rows [m], NaN where they lie beyond the end. */
  readonly ts: tf.Tensor
  readonly end: { readonly t: tf.Tensor; readonly y: tf.Tensor }
  readonly events: readonly EventStates[]
}

const rowsOf = (x: tf.Tensor, from: number, count: number): tf.Tensor =>
  tf.slice(x, [from, ...x.shape.slice(1).map(() => 0)], [count, ...x.shape.slice(1)])

/** Times in the order of integration, and the way back to the order that they were given in. */
const inOrder = (times: tf.Tensor, shares: tf.Tensor): readonly [tf.Tensor, (rows: tf.Tensor) => tf.Tensor] => {
  const order = argsort(shares)
  const back = argsort(tf.cast(order, 'float32'))
  return [tf.gather(times, order), (rows) => tf.gather(rows, back)]
}

/** States of an event, from those of the solve where it was found. */
const statesOf = (
  { signal, crossings }: Watched,
  field: VectorField,
  ts: tf.Tensor,
  ys: tf.Tensor,
  within: tf.Tensor
): EventStates => {
  const found = tf.logicalAnd(crossings.found, within)
  const exact = vmap((t: tf.Tensor, y: tf.Tensor) => polish(signal, field, t, y))(ts, ys)
  return {
    count: countOf(found),
    times: tf.where(found, exact.t, NaN),
    ys: tf.where(tf.expandDims(found, -1), exact.y, NaN)
  }
}

/** Share of the way at which the first terminal event ends it; 1 if none does. */
const endOf = (watched: readonly Watched[]): tf.Tensor =>
  watched
    .filter(({ terminal }) => terminal)
    .reduce<tf.Tensor>((first, { crossings }) => tf.minimum(first, tf.min(crossings.shares)), tf.scalar(1))

/** A solve that got to its end, which an event is. */
const withEnd = (statistics: tf.Tensor, isCut: tf.Tensor): tf.Tensor => {
  const [status, ...counts] = tf.split(statistics, 4)
  const isDone = tf.equal(status!, int(SolveStatus.done))
  return tf.concat([tf.where(tf.logicalAnd(isDone, isCut), int(SolveStatus.event), status!), ...counts])
}

/** Where the solve ended: at t1, or in the state of the terminal event that came first. */
const endState = (
  watched: readonly Watched[],
  states: readonly EventStates[],
  end: tf.Tensor,
  otherwise: { readonly t: tf.Tensor; readonly y: tf.Tensor }
) =>
  watched.reduce((state, { terminal, crossings }, i) => {
    if (!terminal) return state
    const fires = tf.logicalAnd(at(crossings.found, 0), tf.equal(at(crossings.shares, 0), end))
    const { times, ys } = states[i]!
    return {
      t: tf.where(fires, at(times, 0), state.t),
      y: tf.where(fires, tf.reshape(ys, state.y.shape), state.y)
    }
  }, otherwise)

/** Given steps end where the solve does: those beyond have no size. */
const cutShort = <Y extends Tree, Q extends Tree>(
  problem: VectorProblem<Y, Q>,
  stop: tf.Tensor,
  isBeyond: (times: tf.Tensor) => tf.Tensor
): VectorProblem<Y, Q> => {
  const { control } = problem.method
  if (control.kind !== 'given') return problem
  const times = 'shape' in control.times ? control.times : tf.tensor1d([...control.times])
  const cut: Control = { kind: 'given', times: tf.where(isBeyond(times), stop, times) }
  return { ...problem, method: { ...problem.method, control: cut } }
}

/** A solve over times [m + 1] whose events cut it short. */
const runWithEvents = <Y extends Tree, Q extends Tree>(
  problem: VectorProblem<Y, Q>,
  scheme: Scheme | null,
  times: tf.Tensor,
  events: readonly Event<Y, Q>[]
): Ran => {
  const m = times.shape[0]! - 1
  const field: VectorField = (t, y) => problem.field(t, y, problem.params)
  const [start, t1, asked] = [at(times, 0), at(times, m), tf.slice(times, [1], [m])]
  const span = tf.sub(t1, start)
  const watched = events.map((event) => watch(problem, times, event))
  const end = stopGradient(endOf(watched))
  const isCut = tf.less(end, 1)
  const shares = stopGradient(tf.concat([sharesOf(asked, start, span), ...watched.map((w) => w.crossings.shares)]))
  const crossed = watched.map((w) => stopGradient(tf.add(start, tf.mul(w.crossings.shares, span))))
  const stop = tf.where(isCut, stopGradient(tf.add(start, tf.mul(end, span))), t1)
  const within = tf.lessEqual(shares, end)
  const visited = tf.where(within, tf.concat([asked, ...crossed]), stop)
  const [sorted, unsort] = inOrder(visited, tf.minimum(shares, end))
  const whole = cutShort(problem, stop, (ts) => tf.greater(sharesOf(ts, start, span), end))
  const found = integrateBy(whole, scheme, tf.concat([tf.reshape(start, [1]), sorted]))
  const ys = unsort(found.ys)
  const states = watched.map((w, i) => {
    const from = crossed.slice(0, i).reduce((n, ts) => n + ts.size, m)
    const size = crossed[i]!.size
    return statesOf(w, field, crossed[i]!, rowsOf(ys, from, size), rowsOf(within, from, size))
  })
  const kept = rowsOf(within, 0, m)
  const last = tf.reshape(rowsOf(ys, m - 1, 1), problem.y0.shape)
  return {
    path: {
      ys: tf.where(tf.expandDims(kept, -1), rowsOf(ys, 0, m), NaN),
      statistics: withEnd(found.statistics, isCut)
    },
    ts: tf.where(kept, asked, NaN),
    end: endState(watched, states, end, { t: stop, y: last }),
    events: states
  }
}

/** States at times[1..m], the end and the events of a problem. */
export const run = <Y extends Tree, Q extends Tree>(
  problem: VectorProblem<Y, Q>,
  scheme: Scheme | null,
  times: tf.Tensor,
  events: readonly Event<Y, Q>[]
): Ran => {
  if (events.length > 0) return runWithEvents(problem, scheme, times, events)
  const m = times.shape[0]! - 1
  const path = integrateBy(problem, scheme, times)
  const y = tf.reshape(rowsOf(path.ys, m - 1, 1), problem.y0.shape)
  return { path, ts: tf.slice(times, [1], [m]), end: { t: at(times, m), y }, events: [] }
}

/** Every step, after t0 itself, as rows [limit + 1]. */
export const runSteps = <Y extends Tree, Q extends Tree>(
  { field, method, y0, params }: VectorProblem<Y, Q>,
  times: tf.Tensor,
  limit: number
): Ran => {
  const { times: ends, ys, statistics } = integrateSteps(method, (t, y) => field(t, y, params), y0, times, limit)
  const [status, steps] = [at(statistics, 0), at(statistics, 1)]
  const isDone = tf.equal(status, int(SolveStatus.done))
  const last = tf.reshape(tf.gather(ys, tf.reshape(tf.maximum(tf.sub(steps, int(1)), int(0)), [1])), y0.shape)
  return {
    path: { ys: tf.concat([tf.expandDims(y0, 0), ys]), statistics },
    ts: tf.concat([tf.slice(times, [0], [1]), ends]),
    end: { t: at(times, times.shape[0]! - 1), y: tf.where(isDone, last, NaN) },
    events: []
  }
}
