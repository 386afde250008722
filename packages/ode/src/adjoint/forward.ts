/** The way there of a continuous adjoint: states at the save times, and the steps between if the way back reads them. */
import * as tf from '@tensorflow/tfjs-core'
import { vmap } from '@bdl/compiler'
import type { AdaptiveControl } from '../control.js'
import { polynomialAt } from '../dense.js'
import { adaptivePath, recordSteps, stepAt } from '../driver/adaptive.js'
import { equalGrid, fixedPath, givenPath, walkDense } from '../driver/grid.js'
import { at, int, knownStatistics, rowAt, sharesOf, stepperOf, type Method, type Path } from '../driver/method.js'
import type { VectorField } from '../solver.js'
import { SolveStatus } from '../status.js'

/** Shares of the way at the ends of steps [k] and their polynomials [k, degree + 1, n]; empty if nothing reads them. */
export type Trail = readonly tf.Tensor[]

export interface Journey {
  readonly path: Path
  readonly trail: Trail
}

/** States at times[1..m] by forward steps, adaptive ones without a derivative in reverse mode. */
export const integrate = (method: Method, field: VectorField, y0: tf.Tensor, times: tf.Tensor): Path => {
  const { control } = method
  if (control.kind === 'adaptive') return adaptivePath(method, control, field, y0, times)
  if (control.kind === 'fixed') return fixedPath(method, control.steps, field, y0, times)
  const steps = 'shape' in control.times ? control.times : tf.tensor1d([...control.times])
  return givenPath(method, steps, field, y0, times)
}

const fixedJourney = (method: Method, count: number, field: VectorField, y0: tf.Tensor, times: tf.Tensor): Journey => {
  const grid = equalGrid(times, count)
  const { ys, dense } = walkDense(method, field, y0, grid)
  const [m, n] = [times.shape[0]! - 1, y0.shape[0]!]
  const start = at(times, 0)
  const ends = sharesOf(tf.add(grid.t, grid.h), start, tf.sub(at(times, m), start))
  const last = tf.slice(tf.reshape(ys, [m, count, n]), [0, count - 1, 0], [m, 1, n])
  const statistics = knownStatistics(stepperOf(method, field, true), m * count)
  return { path: { ys: tf.reshape(last, [m, n]), statistics }, trail: [ends, dense] }
}

/** The state at a share of the way, and the step that it is in. */
export const readTrail = ([ends, dense]: Trail, share: tf.Tensor): tf.Tensor => {
  const index = stepAt(ends!, share)
  const before = tf.where(tf.equal(index, int(0)), 0, rowAt(ends!, tf.maximum(tf.sub(index, int(1)), int(0))))
  const width = tf.sub(rowAt(ends!, index), before)
  const theta = tf.div(tf.sub(share, before), tf.where(tf.greater(width, 0), width, 1))
  return polynomialAt(tf.unstack(rowAt(dense!, index)), theta)
}

const adaptiveJourney = (
  method: Method,
  control: AdaptiveControl,
  field: VectorField,
  y0: tf.Tensor,
  times: tf.Tensor
): Journey => {
  const found = recordSteps(method, control, field, y0, times, { limit: control.maxSteps, wantsDense: true })
  const trail = [found.ends, found.dense]
  const m = times.shape[0]! - 1
  const start = at(times, 0)
  const shares = sharesOf(tf.slice(times, [1], [m]), start, tf.sub(at(times, m), start))
  const stateAt = (share: tf.Tensor): tf.Tensor =>
    method.interpolate ? readTrail(trail, share) : rowAt(found.ys, stepAt(found.ends, share))
  const inner = m === 1 ? [] : [vmap(stateAt)(tf.slice(shares, [0], [m - 1]))]
  const reached = tf.greaterEqual(found.run.s, shares)
  const whole = tf.equal(found.run.status, int(SolveStatus.done))
  const valid = tf.concat([tf.slice(reached, [0], [m - 1]), tf.reshape(whole, [1])])
  const ys = tf.where(tf.expandDims(valid, -1), tf.concat([...inner, tf.expandDims(found.run.y, 0)]), NaN)
  return { path: { ys, statistics: found.statistics }, trail }
}

export const journey = (
  kind: 'backsolve' | 'interpolated',
  method: Method,
  field: VectorField,
  y0: tf.Tensor,
  times: tf.Tensor
): Journey => {
  const { control } = method
  if (kind === 'interpolated' && control.kind === 'fixed') return fixedJourney(method, control.steps, field, y0, times)
  if (kind === 'interpolated' && control.kind === 'adaptive') return adaptiveJourney(method, control, field, y0, times)
  return { path: integrate(method, field, y0, times), trail: [] }
}
