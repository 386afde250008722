/**
 * Integration over one interval, from one save time to the next. Inside, time runs from 0 to 1 as s, t = start + s span:
 * then the same code serves both directions, gradients reach the end points, and step sizes are plain numbers.
 */
import * as tf from '@tensorflow/tfjs-core'
import { cond, foriLoop, scan, stopGradient, whileLoop } from '@bdl/compiler'
import { withinStep } from './interpolate.js'
import { nextFactor, type AdaptiveControl } from './control.js'
import { rms, rungeKuttaStep, type VectorField } from './runge-kutta.js'
import { isFsal, type ButcherTableau } from './tableau.js'

/** What goes on from interval to interval. */
export type Running = {
  /** [n] */
  readonly y: tf.Tensor
  /** Step size to try next, in units of time, positive. */
  readonly h: tf.Tensor
  /** Int32 scalars: `SolveStatus`, accepted steps, rejected steps, field evaluations. */
  readonly status: tf.Tensor
  readonly steps: tf.Tensor
  readonly rejected: tf.Tensor
  readonly evaluations: tf.Tensor
}

export interface Segment {
  readonly start: tf.Tensor
  readonly end: tf.Tensor
}

const int = (value: number): tf.Tensor => tf.scalar(value, 'int32')
const plus = (count: tf.Tensor, n: number): tf.Tensor => tf.add(count, int(n))

/** Narrowest step, as a share of its interval. */
const MIN_WIDTH = 1e-12

/** Overlap of neighbouring steps in dense output, as a share of the interval. */
const SEAM = 1e-6

export const startRunning = (y: tf.Tensor, h: tf.Tensor): Running => ({
  y,
  h,
  status: int(0),
  steps: int(0),
  rejected: int(0),
  evaluations: int(0)
})

/** Drops trailing stages that only the error estimate or the next step would use. */
const withoutError = (t: ButcherTableau): ButcherTableau => {
  const used = t.b.reduce((last, w, i) => (w === 0 ? last : i), 0) + 1
  return { ...t, c: t.c.slice(0, used), a: t.a.slice(0, used), b: t.b.slice(0, used), bError: null }
}

/** `count` equal steps. */
export const fixedSegment = (solver: ButcherTableau, count: number, field: VectorField) => {
  const method = withoutError(solver)
  const step = rungeKuttaStep(method)
  return (run: Running, { start, end }: Segment): Running => {
    const span = tf.sub(end, start)
    const h = tf.div(span, count)
    const y = foriLoop(
      0,
      count,
      (i: tf.Tensor, at: tf.Tensor) => {
        const t = tf.add(start, tf.mul(span, tf.div(tf.cast(i, 'float32'), count)))
        return step(field, t, at, h, field(t, at)).y
      },
      run.y
    )
    return { ...run, y, steps: plus(run.steps, count), evaluations: plus(run.evaluations, count * method.b.length) }
  }
}

/** A first step from the size of the state, its slope and the slope's change. @source Hairer, Norsett & Wanner 1993, II.4 */
export const firstStep = (
  { rtol, atol }: AdaptiveControl,
  order: number,
  field: VectorField,
  y: tf.Tensor,
  { start, end }: Segment
): tf.Tensor => {
  const scale = tf.add(tf.mul(tf.abs(y), rtol), atol)
  const slope = field(start, y)
  const size = rms(tf.div(y, scale))
  const speed = rms(tf.div(slope, scale))
  const still = tf.logicalOr(tf.less(size, 1e-5), tf.less(speed, 1e-5))
  const trial = tf.where(still, 1e-6, tf.div(tf.mul(size, 0.01), tf.maximum(speed, 1e-10)))
  const signed = tf.mul(trial, tf.sign(tf.sub(end, start)))
  const bend = rms(tf.div(tf.sub(field(tf.add(start, signed), tf.add(y, tf.mul(slope, signed))), slope), scale))
  const fastest = tf.maximum(tf.maximum(speed, tf.div(bend, trial)), 1e-10)
  const chosen = tf.minimum(tf.mul(trial, 100), tf.exp(tf.mul(tf.log(tf.div(0.01, fastest)), 1 / order)))
  // A field that is not finite here has no scale: try the whole interval and let rejections say so.
  return tf.where(tf.less(chosen, Infinity), chosen, tf.abs(tf.sub(end, start)))
}

type Attempt = {
  readonly s: tf.Tensor
  readonly ds: tf.Tensor
  readonly y: tf.Tensor
  readonly slope: tf.Tensor
  readonly previous: tf.Tensor
  readonly widths: tf.Tensor
  readonly saves: tf.Tensor
  readonly attempts: tf.Tensor
  readonly status: tf.Tensor
  readonly steps: tf.Tensor
}

export interface AdaptiveOptions {
  readonly solver: ButcherTableau
  readonly control: AdaptiveControl
  readonly field: VectorField
  /** Entries of the state, from the first, that the error norm looks at; default all. */
  readonly judged?: number
  /** Keep the widths of accepted steps, for `replay`. */
  readonly record?: boolean
  /** Times inside the interval to interpolate at, [m], in the order of integration. */
  readonly saveAt?: tf.Tensor
}

const errorNorm = (
  control: AdaptiveControl,
  error: tf.Tensor,
  before: tf.Tensor,
  after: tf.Tensor,
  judged?: number
) => {
  const scale = tf.add(tf.mul(tf.maximum(tf.abs(before), tf.abs(after)), control.rtol), control.atol)
  const ratio = tf.div(error, scale)
  return rms(judged === undefined ? ratio : tf.slice(ratio, [0], [judged]))
}

/** One try: a step, its judgement, the next width. */
const attempt = (
  { solver, control, field, judged, record, saveAt }: AdaptiveOptions,
  start: tf.Tensor,
  span: tf.Tensor
) => {
  const step = rungeKuttaStep(solver)
  return (state: Attempt): Attempt => {
    const { s, ds, y, slope } = state
    const isLast = tf.greaterEqual(tf.add(s, ds), 1 - 1e-6)
    const ahead = tf.where(isLast, 1, tf.add(s, ds))
    // The width that float32 really makes of s + ds: so time and state never part, however many steps there are.
    const width = tf.sub(ahead, s)
    const t = tf.add(start, tf.mul(s, span))
    const h = tf.mul(width, span)
    const next = step(field, t, y, h, slope)
    const error = errorNorm(control, next.error!, y, next.y, judged)
    const accepted = tf.lessEqual(error, 1)
    const suggested = tf.mul(width, nextFactor(control, solver.order, error, state.previous, accepted))
    // A last step is cut short by the interval: its size says nothing against the one that was planned.
    const nextDs = tf.where(tf.logicalAnd(accepted, isLast), tf.maximum(suggested, ds), suggested)
    const attempts = plus(state.attempts, 1)
    const tooNarrow = tf.logicalOr(tf.less(nextDs, MIN_WIDTH), tf.lessEqual(tf.add(s, nextDs), s))
    const exhausted = tf.logicalAnd(
      tf.greaterEqual(attempts, int(control.maxSteps)),
      tf.logicalNot(tf.logicalAnd(accepted, isLast))
    )
    const stuck = tf.logicalAnd(tf.logicalNot(accepted), tooNarrow)
    const lastSlope = isFsal(solver) ? next.stages[next.stages.length - 1]! : field(tf.add(t, h), next.y)
    const fill = (times: tf.Tensor): tf.Tensor => {
      // A rounding error of s either side: a time on the seam of two steps must not fall between them.
      const share = tf.div(tf.sub(times, start), span)
      const theta = tf.clipByValue(tf.div(tf.sub(share, s), width), 0, 1)
      const within = tf.logicalAnd(tf.greaterEqual(share, tf.sub(s, SEAM)), tf.lessEqual(share, tf.add(ahead, SEAM)))
      const here = tf.logicalAnd(within, accepted)
      return tf.where(tf.expandDims(here, -1), withinStep(solver, y, h, next, lastSlope, theta), state.saves)
    }
    return {
      s: tf.where(accepted, ahead, s),
      ds: nextDs,
      y: tf.where(accepted, next.y, y),
      slope: tf.where(accepted, lastSlope, slope),
      previous: tf.where(accepted, tf.maximum(error, 1e-4), state.previous),
      widths: record ? writeAt(state.widths, state.steps, width, accepted) : state.widths,
      saves: saveAt === undefined ? state.saves : fill(saveAt),
      attempts,
      status: tf.where(stuck, int(2), tf.where(exhausted, int(1), int(0))),
      steps: tf.add(state.steps, tf.cast(accepted, 'int32'))
    }
  }
}

/** `value` in place `index` of a vector, where `wanted`. */
const writeAt = (vector: tf.Tensor, index: tf.Tensor, value: tf.Tensor, wanted: tf.Tensor): tf.Tensor => {
  const here = tf.equal(tf.range(0, vector.shape[0]!, 1, 'int32'), index)
  return tf.where(tf.logicalAnd(here, wanted), value, vector)
}

/** Field evaluations of one try, the first slope of the interval apart. */
const evaluationsOf = (solver: ButcherTableau): number => solver.b.length - (isFsal(solver) ? 1 : 0)

export type AdaptiveResult = {
  readonly run: Running
  /** Widths of the accepted steps as shares of the interval, [maxSteps] if recorded. */
  readonly widths: tf.Tensor
  /** States at `saveAt`, [m, n] if asked for; NaN where the solve did not get to. */
  readonly saves: tf.Tensor
}

/** Steps of its own choosing. */
export const adaptiveSegment =
  (options: AdaptiveOptions) =>
  (run: Running, { start, end }: Segment): AdaptiveResult => {
    const { solver, control, field, record, saveAt } = options
    const span = tf.sub(end, start)
    const length = tf.maximum(tf.abs(span), 1e-30)
    const init: Attempt = {
      s: tf.scalar(0),
      ds: tf.minimum(tf.div(run.h, length), 1),
      y: run.y,
      slope: field(start, run.y),
      previous: tf.scalar(1),
      widths: tf.zeros([record ? control.maxSteps : 1]),
      saves: saveAt === undefined ? tf.zeros([1]) : tf.fill([saveAt.shape[0]!, run.y.shape[0]!], NaN),
      attempts: int(0),
      status: run.status,
      steps: int(0)
    }
    const going = (state: Attempt): tf.Tensor => tf.logicalAnd(tf.less(state.s, 1), tf.equal(state.status, int(0)))
    const done = whileLoop(going, attempt(options, start, span), init)
    return {
      run: {
        y: done.y,
        h: tf.mul(done.ds, length),
        status: done.status,
        steps: tf.add(run.steps, done.steps),
        rejected: tf.add(run.rejected, tf.sub(done.attempts, done.steps)),
        evaluations: plus(tf.add(run.evaluations, tf.mul(done.attempts, int(evaluationsOf(solver)))), 1)
      },
      widths: done.widths,
      saves: done.saves
    }
  }

/** The accepted steps again, differentiably: widths are data, so gradients are those of the steps that were taken. */
export const replaySegment = (solver: ButcherTableau, field: VectorField) => {
  const step = rungeKuttaStep(withoutError(solver))
  return (y: tf.Tensor, { start, end }: Segment, widths: tf.Tensor): tf.Tensor => {
    const span = tf.sub(end, start)
    const take = (at: { y: tf.Tensor; s: tf.Tensor }, width: tf.Tensor): { y: tf.Tensor; s: tf.Tensor } => {
      const t = tf.add(start, tf.mul(at.s, span))
      return { y: step(field, t, at.y, tf.mul(width, span), field(t, at.y)).y, s: tf.add(at.s, width) }
    }
    const [after] = scan(
      (at: { y: tf.Tensor; s: tf.Tensor }, width: tf.Tensor) => {
        const next = cond(
          tf.greater(width, 0),
          (a: { y: tf.Tensor; s: tf.Tensor }) => take(a, width),
          (a: { y: tf.Tensor; s: tf.Tensor }) => ({ y: tf.clone(a.y), s: tf.clone(a.s) }),
          at
        )
        return [next, tf.scalar(0)] as const
      },
      { y, s: tf.scalar(0) },
      stopGradient(widths)
    )
    return after.y
  }
}
