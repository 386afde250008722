/** Adaptive solves: from save time to save time, or step by step with a record. */
import * as tf from '@tensorflow/tfjs-core'
import { scan, whileLoop } from '@bdl/compiler'
import type { AdaptiveControl } from '../control.js'
import { polynomialAt } from '../dense.js'
import type { VectorField } from '../solver.js'
import { SolveStatus } from '../status.js'
import { attempt, driveOf, isGoing, startRunning, statisticsOf, type Drive, type Running } from './attempt.js'
import { countOf, int, sharesOf, type Method, type Path } from './method.js'

/** The state, or NaN after trouble. */
const orNaN = ({ status }: Running, y: tf.Tensor): tf.Tensor =>
  tf.where(tf.equal(status, int(SolveStatus.done)), y, NaN)

/** The state at a share of the way within the last step. */
export const stateAt = ({ s, before, dense, y }: Running, share: tf.Tensor): tf.Tensor => {
  const width = tf.where(tf.greater(s, before), tf.sub(s, before), 1)
  return tf.where(tf.greaterEqual(share, s), y, polynomialAt(dense, tf.div(tf.sub(share, before), width)))
}

/** Goes on until `share` is passed, or landed on. */
const advance = (drive: Drive, run: Running, share: tf.Tensor): Running => {
  const target = drive.method.interpolate ? tf.scalar(1) : share
  return whileLoop(
    (at: Running) => tf.logicalAnd(tf.less(at.s, share), tf.equal(at.status, int(SolveStatus.done))),
    attempt(drive, target),
    run
  )
}

export interface AdaptivePath extends Path {
  /** Width to try next, in units of time. */
  readonly step: tf.Tensor
}

/** States at times[1..m]; `step` is the first step to try if it is known. */
export const adaptivePath = (
  method: Method,
  control: AdaptiveControl,
  field: VectorField,
  y0: tf.Tensor,
  times: tf.Tensor,
  step?: tf.Tensor
): AdaptivePath => {
  const m = times.shape[0]! - 1
  const isDense = method.interpolate && m > 1
  const drive = driveOf({ ...method, interpolate: isDense }, control, field, times, isDense)
  const init = startRunning(drive, y0, step)
  const visit = (run: Running, share: tf.Tensor): readonly [Running, tf.Tensor] => {
    const next = advance(drive, run, share)
    return [next, orNaN(next, isDense ? stateAt(next, share) : next.y)]
  }
  const finish = (run: Running, ys: tf.Tensor): AdaptivePath => ({
    ys,
    statistics: statisticsOf(drive, run, step !== undefined),
    step: tf.mul(run.ds, drive.length)
  })
  if (m === 1) {
    const [run, y] = visit(init, tf.scalar(1))
    return finish(run, tf.expandDims(y, 0))
  }
  const [run, ys] = scan(visit, init, sharesOf(tf.slice(times, [1], [m]), drive.start, drive.span))
  return finish(run, ys)
}

export type Steps = {
  /** Shares of the way at the ends of accepted steps, [k]; 1 (or where the solve stopped) from the last on. */
  readonly ends: tf.Tensor
  /** States there, [k, n]. */
  readonly ys: tf.Tensor
  /** Their polynomials, [k, degree + 1, n]; of degree 0 if they were not asked for. */
  readonly dense: tf.Tensor
}

export interface Recorded extends Steps {
  readonly run: Running
  readonly statistics: tf.Tensor
}

/** The first save time ahead, all shares [m] in order. */
const nextStop = (shares: tf.Tensor, s: tf.Tensor): tf.Tensor => tf.min(tf.where(tf.greater(shares, s), shares, 1))

/** Every accepted step of a solve, at most `limit`: that many turns of a loop, those after the end idle. */
export const recordSteps = (
  method: Method,
  control: AdaptiveControl,
  field: VectorField,
  y0: tf.Tensor,
  times: tf.Tensor,
  { limit, wantsDense }: { readonly limit: number; readonly wantsDense: boolean }
): Recorded => {
  const m = times.shape[0]! - 1
  const drive = driveOf(method, control, field, times, wantsDense)
  const shares = method.interpolate || m === 1 ? null : sharesOf(tf.slice(times, [1], [m]), drive.start, drive.span)
  const one = (run: Running): Running => attempt(drive, shares === null ? tf.scalar(1) : nextStop(shares, run.s))(run)
  const turn = (run: Running, index: tf.Tensor): readonly [Running, Steps] => {
    const next = whileLoop((at: Running) => tf.logicalAnd(tf.lessEqual(at.steps, index), isGoing(at)), one, run)
    const rows = wantsDense ? tf.stack([...next.dense]) : tf.expandDims(next.y, 0)
    return [next, { ends: tf.clone(next.s), ys: tf.clone(next.y), dense: rows }]
  }
  const [last, steps] = scan(turn, startRunning(drive, y0), tf.range(0, limit, 1, 'int32'))
  const run = { ...last, status: tf.where(isGoing(last), int(SolveStatus.stepLimit), last.status) }
  return { ...steps, run, statistics: statisticsOf(drive, run) }
}

/** The index of the step that reaches a share, int32. */
export const stepAt = (ends: tf.Tensor, share: tf.Tensor): tf.Tensor =>
  tf.minimum(countOf(tf.less(ends, share)), int(ends.shape[0]! - 1))
