/** Differentiable solves by loops of known length: the steps of adaptive control are found first, then held. */
import * as tf from '@tensorflow/tfjs-core'
import { stopGradient, vmap } from '@bdl/compiler'
import type { AdaptiveControl } from '../control.js'
import { recordSteps, stepAt } from '../driver/adaptive.js'
import { equalGrid, fixedPath, givenPath, gridOf, interpolateGrid, walkGrid, type Grid } from '../driver/grid.js'
import { at, knownStatistics, rowAt, sharesOf, stepperOf, type Method, type Path } from '../driver/method.js'
import type { VectorField } from '../solver.js'

/** Every step of a solve: times and states after each, [k] and [k, n], NaN after the last. */
export interface StepPath {
  readonly times: tf.Tensor
  readonly ys: tf.Tensor
  readonly statistics: tf.Tensor
}

/** Accepted steps as a grid whose ends are t0 and t1 of `times`, and the shares of the way at their ends. */
const foundGrid = (
  method: Method,
  control: AdaptiveControl,
  field: VectorField,
  y0: tf.Tensor,
  times: tf.Tensor,
  limit: number
) => {
  const found = recordSteps(method, control, field, stopGradient(y0), stopGradient(times), { limit, wantsDense: false })
  const ends = stopGradient(found.ends)
  const start = at(times, 0)
  const span = tf.sub(at(times, times.shape[0]! - 1), start)
  const befores = tf.concat([tf.zeros([1]), tf.slice(ends, [0], [limit - 1])])
  const grid: Grid = { t: tf.add(start, tf.mul(befores, span)), h: tf.mul(tf.sub(ends, befores), span) }
  return { grid, ends, start, span, statistics: stopGradient(found.statistics) }
}

/** States where steps landed, whose times move with the save times though the steps are held. */
const landedStates = (
  field: VectorField,
  rows: tf.Tensor,
  { ends, start, span }: { readonly ends: tf.Tensor; readonly start: tf.Tensor; readonly span: tf.Tensor },
  times: tf.Tensor
): tf.Tensor => {
  const shares = stopGradient(sharesOf(times, start, span))
  const one = (share: tf.Tensor, time: tf.Tensor): tf.Tensor => {
    const y = rowAt(rows, stepAt(ends, share))
    const drift = tf.sub(time, tf.add(start, tf.mul(share, span)))
    return tf.add(y, tf.mul(field(time, y), drift))
  }
  return vmap(one)(shares, times)
}

const adaptiveDirect = (
  method: Method,
  control: AdaptiveControl,
  field: VectorField,
  y0: tf.Tensor,
  times: tf.Tensor
): Path => {
  const found = foundGrid(method, control, field, y0, times, control.maxSteps)
  const rows = walkGrid(method, field, y0, found.grid, { sparse: true })
  const [k, n] = rows.shape as [number, number]
  const m = times.shape[0]! - 1
  const last = tf.slice(rows, [k - 1, 0], [1, n])
  const inner = tf.slice(times, [1], [m - 1])
  const inside =
    m === 1
      ? []
      : method.interpolate
        ? [interpolateGrid(method, field, y0, found.grid, rows, inner)]
        : [landedStates(field, rows, found, inner)]
  const reached = tf.greaterEqual(at(found.ends, k - 1), sharesOf(tf.slice(times, [1], [m]), found.start, found.span))
  const ys = tf.where(tf.reshape(stopGradient(reached), [m, 1]), tf.concat([...inside, last]), NaN)
  return { ys, statistics: found.statistics }
}

const timesOf = (times: readonly number[] | tf.Tensor): tf.Tensor =>
  'shape' in times ? times : tf.tensor1d([...times])

/** States at times[1..m], differentiable in both modes. */
export const integrateDirect = (method: Method, field: VectorField, y0: tf.Tensor, times: tf.Tensor): Path => {
  const { control } = method
  if (control.kind === 'fixed') return fixedPath(method, control.steps, field, y0, times)
  if (control.kind === 'given') return givenPath(method, timesOf(control.times), field, y0, times)
  return adaptiveDirect(method, control, field, y0, times)
}

/** Every step from t0 to t1, at most `limit` where control is adaptive. */
export const integrateSteps = (
  method: Method,
  field: VectorField,
  y0: tf.Tensor,
  times: tf.Tensor,
  limit: number
): StepPath => {
  const { control } = method
  if (control.kind !== 'adaptive') {
    const edges = control.kind === 'given' ? timesOf(control.times) : times
    const grid = control.kind === 'given' ? gridOf(edges) : equalGrid(times, control.steps)
    const ys = walkGrid(method, field, y0, grid, { sparse: false })
    const statistics = knownStatistics(stepperOf(method, field, false), ys.shape[0]!)
    return { times: tf.add(grid.t, grid.h), ys, statistics }
  }
  const { grid, statistics } = foundGrid(method, control, field, y0, times, limit)
  const ys = walkGrid(method, field, y0, grid, { sparse: true })
  const taken = tf.less(tf.range(0, limit, 1, 'int32'), tf.reshape(tf.slice(statistics, [1], [1]), []))
  return {
    times: tf.where(taken, tf.add(grid.t, grid.h), NaN),
    ys: tf.where(tf.expandDims(taken, -1), ys, NaN),
    statistics
  }
}
