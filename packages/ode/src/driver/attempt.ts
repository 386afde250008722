/**
 * One try of an adaptive solve: a step, its judgement, the next width. Time runs from 0 to 1 as s, t = start + s span: then
 * the same code serves both directions, and step sizes are plain numbers.
 */
import * as tf from '@tensorflow/tfjs-core'
import type { AdaptiveControl } from '../control.js'
import type { Memory, Stepper, VectorField } from '../solver.js'
import { allowance, firstStep, nextFactor, rms, type Errors } from '../step-size.js'
import { SolveStatus } from '../status.js'
import { at, int, judgedOf, stepperOf, type Method } from './method.js'

/** What goes on from try to try. */
export type Running = {
  /** Share of the way that is done, and the width to try next. */
  readonly s: tf.Tensor
  readonly ds: tf.Tensor
  /** [n] */
  readonly y: tf.Tensor
  readonly memory: Memory
  readonly errors: Errors
  /** Share at which the last accepted step began, and its polynomial if states inside steps are wanted. */
  readonly before: tf.Tensor
  readonly dense: readonly tf.Tensor[]
  /** Int32 scalars: a `SolveStatus`, accepted steps, rejected steps. */
  readonly status: tf.Tensor
  readonly steps: tf.Tensor
  readonly rejected: tf.Tensor
}

/** A solve over `times`, from the first to the last, that can be driven. */
export interface Drive {
  readonly method: Method
  readonly control: AdaptiveControl
  readonly stepper: Stepper
  readonly field: VectorField
  readonly start: tf.Tensor
  /** Signed. */
  readonly span: tf.Tensor
  /** |span|, never 0. */
  readonly length: tf.Tensor
  /** Keep the polynomial of each step. */
  readonly wantsDense: boolean
}

export const driveOf = (
  method: Method,
  control: AdaptiveControl,
  field: VectorField,
  times: tf.Tensor,
  wantsDense: boolean
): Drive => {
  const start = at(times, 0)
  const span = tf.sub(at(times, times.shape[0]! - 1), start)
  const length = tf.maximum(tf.abs(span), 1e-30)
  return { method, control, stepper: stepperOf(method, field, true), field, start, span, length, wantsDense }
}

/** Longest step over the length of the way; a step of it all unless it is bounded. */
const widest = ({ control, length }: Drive): tf.Tensor =>
  control.maxStep === undefined ? tf.scalar(1) : tf.minimum(tf.div(control.maxStep, length), 1)

/** `step`: what to try first, in units of time, if it is known. */
export const startRunning = (drive: Drive, y: tf.Tensor, step?: tf.Tensor): Running => {
  const { method, control, stepper, field, start, span, length, wantsDense } = drive
  const slope = stepper.startEvaluations > 0 || (!step && !control.firstStep) ? field(start, y) : tf.zerosLike(y)
  const chosen =
    step ??
    (control.firstStep === undefined
      ? firstStep(
          { field, tolerance: method.tolerance, order: method.solver.order, judged: judgedOf(method) },
          { y, slope, start, end: tf.add(start, span) }
        )
      : tf.scalar(control.firstStep))
  const dense = wantsDense
    ? stepper
        .step(
          start,
          y,
          tf.scalar(0),
          stepper.start(() => slope)
        )
        .dense()
    : []
  return {
    s: tf.scalar(0),
    ds: tf.minimum(tf.div(chosen, length), widest(drive)),
    y,
    memory: stepper.start(() => slope),
    errors: [tf.scalar(1), tf.scalar(1)],
    before: tf.scalar(0),
    dense: dense.map((c, i) => (i === 0 ? y : tf.zerosLike(c))),
    status: int(SolveStatus.done),
    steps: int(0),
    rejected: int(0)
  }
}

/** Evaluations before the first try: a slope, and one more where the first step has to be found. */
const evaluationsAtStart = ({ control, stepper }: Drive, isStepKnown: boolean): number =>
  control.firstStep === undefined && !isStepKnown ? 2 : stepper.startEvaluations

/** Int32 [4]: status, steps, rejected steps, field evaluations. */
export const statisticsOf = (drive: Drive, { status, steps, rejected }: Running, isStepKnown = false): tf.Tensor => {
  const tries = tf.mul(tf.add(steps, rejected), int(drive.stepper.evaluations))
  return tf.stack([status, steps, rejected, tf.add(tries, int(evaluationsAtStart(drive, isStepKnown)))])
}

export const isGoing = ({ s, status }: Running): tf.Tensor =>
  tf.logicalAnd(tf.less(s, 1), tf.equal(status, int(SolveStatus.done)))

/** A step this little short of its target is stretched, so that no sliver is left. */
const STRETCH = 1 + 1e-4

/** Narrowest step, as a share of the way. */
const MIN_WIDTH = 1e-12

interface Outcome {
  readonly error: tf.Tensor
  readonly accepted: tf.Tensor
  readonly landed: tf.Tensor
  readonly width: tf.Tensor
  readonly ahead: tf.Tensor
}

/** The width to try next: by the controller, within its bounds. */
const nextWidth = (drive: Drive, { ds, errors }: Running, { error, accepted, landed, width }: Outcome): tf.Tensor => {
  const { control, method, length } = drive
  const suggested = tf.mul(width, nextFactor(control, method.solver.order, error, errors, accepted))
  // A step that was cut short to land says nothing against the one that was planned.
  const planned = tf.where(tf.logicalAnd(accepted, landed), tf.maximum(suggested, ds), suggested)
  const bounded = control.minStep === undefined ? planned : tf.maximum(planned, tf.div(control.minStep, length))
  return tf.minimum(bounded, widest(drive))
}

const statusAfter = (drive: Drive, run: Running, { error, accepted, width, ahead }: Outcome, next: tf.Tensor) => {
  const { control, length } = drive
  const floor = control.minStep === undefined ? MIN_WIDTH : tf.mul(tf.div(control.minStep, length), 1.000001)
  const tooNarrow = tf.logicalOr(
    tf.logicalOr(tf.less(next, MIN_WIDTH), tf.lessEqual(tf.add(run.s, next), run.s)),
    tf.lessEqual(width, floor)
  )
  const stuck = tf.logicalAnd(tf.logicalNot(accepted), tooNarrow)
  const tries = tf.add(tf.add(run.steps, run.rejected), int(1))
  const unfinished = tf.logicalNot(tf.logicalAnd(accepted, tf.greaterEqual(ahead, 1)))
  const exhausted = tf.logicalAnd(tf.greaterEqual(tries, int(control.maxSteps)), unfinished)
  const blame = tf.where(tf.less(error, Infinity), int(SolveStatus.stepTooSmall), int(SolveStatus.notFinite))
  return tf.where(stuck, blame, tf.where(exhausted, int(SolveStatus.stepLimit), int(SolveStatus.done)))
}

/** One try towards the share `target`, where a step lands rather than passes. */
export const attempt =
  (drive: Drive, target: tf.Tensor) =>
  (run: Running): Running => {
    const { stepper, method, start, span, wantsDense } = drive
    const { s, ds, y } = run
    const landed = tf.greaterEqual(tf.add(s, tf.mul(ds, STRETCH)), target)
    const ahead = tf.where(landed, target, tf.add(s, ds))
    // The width that float32 really makes of s + ds: so time and state never part, however many steps there are.
    const width = tf.sub(ahead, s)
    const next = stepper.step(tf.add(start, tf.mul(s, span)), y, tf.mul(width, span), run.memory)
    const judged = judgedOf(method)
    const scale = allowance(method.tolerance, tf.maximum(tf.abs(judged(y)), tf.abs(judged(next.y))))
    const error = rms(tf.div(judged(next.error!), scale))
    const accepted = tf.lessEqual(error, 1)
    const outcome: Outcome = { error, accepted, landed, width, ahead }
    const wide = nextWidth(drive, run, outcome)
    const choose = (after: tf.Tensor, before: tf.Tensor): tf.Tensor => tf.where(accepted, after, before)
    const dense = wantsDense ? next.dense() : []
    return {
      s: choose(ahead, s),
      ds: wide,
      y: choose(next.y, y),
      memory: next.memory.map((m, i) => choose(m, run.memory[i]!)),
      errors: [choose(tf.maximum(error, 1e-4), run.errors[0]), choose(run.errors[0], run.errors[1])],
      before: choose(s, run.before),
      dense: dense.map((c, i) => choose(c, run.dense[i]!)),
      status: statusAfter(drive, run, outcome, wide),
      steps: tf.add(run.steps, tf.cast(accepted, 'int32')),
      rejected: tf.add(run.rejected, tf.cast(tf.logicalNot(accepted), 'int32'))
    }
  }
