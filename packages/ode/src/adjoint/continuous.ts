/**
 * The continuous adjoint: a' = -a df/dy from t1 back to t0, with the integral of -a df/dp for the parameters. It needs the
 * state on the way back: solved backwards beside it (backsolve), or read off the steps of the way there (interpolated).
 */
import * as tf from '@tensorflow/tfjs-core'
import { customVjp, scan, vjp } from '@bdl/compiler'
import { adaptivePath } from '../driver/adaptive.js'
import { fixedPath } from '../driver/grid.js'
import { at, int, judgedOf, sharesOf, type Method, type Path } from '../driver/method.js'
import type { VectorField } from '../solver.js'
import { SolveStatus } from '../status.js'
import { firstStep } from '../step-size.js'
import type { ContinuousAdjoint } from './adjoint.js'
import { journey, readTrail, type Trail } from './forward.js'

/** dy/dt of a vector with its parameters: scalar t, y [n], p [d] -> [n]. */
export type ParametricField = (t: tf.Tensor, y: tf.Tensor, p: tf.Tensor) => tf.Tensor

/** y0 [n], times [m + 1], parameters [d]; or their cotangents. */
export type Problem = readonly [y0: tf.Tensor, times: tf.Tensor, params: tf.Tensor]

/** What the way back needs: states at all times [m + 1, n], times, parameters, the trail, tensors of tolerances, constants. */
export type Residuals = readonly [
  states: tf.Tensor,
  times: tf.Tensor,
  params: tf.Tensor,
  trail: Trail,
  tolerances: readonly tf.Tensor[]
]

export interface Scheme {
  readonly kind: ContinuousAdjoint['kind']
  /** Of the way there, and of the way back: its `tolerance` is of a and, with backsolve, of y before it. */
  readonly there: Method
  readonly back: Method
  readonly field: ParametricField
  readonly constants: readonly tf.Tensor[]
  /** The field with other tensors in the place of `constants`. */
  readonly fieldWith: (constants: readonly tf.Tensor[]) => ParametricField
}

const tensorsOf = ({ there, back, constants }: Scheme): readonly tf.Tensor[] => [
  ...[there, back]
    .flatMap(({ tolerance }) => [tolerance.rtol, tolerance.atol])
    .filter((t): t is tf.Tensor => typeof t !== 'number'),
  ...constants
]

/** The scheme with these in the place of its tensors: a rule must not close over tensors of the trace that it was made in. */
const withTensors = (scheme: Scheme, tensors: readonly tf.Tensor[]): Scheme => {
  const rest = [...tensors]
  const next = (t: number | tf.Tensor): number | tf.Tensor => (typeof t === 'number' ? t : (rest.shift() ?? t))
  const bound = (method: Method): Method => ({
    ...method,
    tolerance: { rtol: next(method.tolerance.rtol), atol: next(method.tolerance.atol) }
  })
  const methods = { there: bound(scheme.there), back: bound(scheme.back) }
  return { ...scheme, ...methods, constants: rest, field: scheme.fieldWith(rest) }
}

type Carry = {
  readonly a: tf.Tensor
  readonly g: tf.Tensor
  /** Step to try next in units of time, and int32 [4] of the way so far. */
  readonly step: tf.Tensor
  readonly statistics: tf.Tensor
}

type Interval = Readonly<Record<'y' | 'ct' | 'from' | 'to', tf.Tensor>>

/** Which part of the state of the way back is y, a, g; [y, a, g] or [a, g]. */
const layoutOf = ({ kind }: Scheme, n: number, d: number): readonly number[] =>
  kind === 'backsolve' ? [n, n, d] : [n, d]

/** [y, a, g]' = [f, -a df/dy, -a df/dp], or without the first where the state is read. */
const augmentedField = (scheme: Scheme, [states, times, p, trail]: Residuals): VectorField => {
  const { field, kind } = scheme
  const layout = layoutOf(scheme, states.shape[1]!, p.shape[0]!)
  const start = at(times, 0)
  const span = tf.sub(at(times, times.shape[0]! - 1), start)
  return (t, z) => {
    const parts = tf.split(z, [...layout])
    const [y, a] = kind === 'backsolve' ? parts : [readTrail(trail, sharesOf(t, start, span)), parts[0]!]
    const [dy, pull] = vjp((x: readonly [tf.Tensor, tf.Tensor]) => field(t, x[0], x[1]), [y!, p] as const)
    const [vy, vp] = pull(a!)
    const rest = [tf.neg(vy), tf.neg(vp)]
    return tf.concat(kind === 'backsolve' ? [dy, ...rest] : rest)
  }
}

/** Trouble that came first stays; counts add up. */
const addStatistics = (before: tf.Tensor, more: tf.Tensor): tf.Tensor => {
  const [status, ...counts] = tf.split(before, 4)
  const [next, ...others] = tf.split(more, 4)
  const first = tf.where(tf.equal(status!, int(SolveStatus.done)), next!, status!)
  return tf.concat([first, ...counts.map((c, i) => tf.add(c, others[i]!))])
}

/** A first step for the last interval, so that no interval has to look for its own. */
const guess = (back: Method, whole: VectorField, z: tf.Tensor, from: tf.Tensor, to: tf.Tensor): tf.Tensor =>
  firstStep(
    { field: whole, tolerance: back.tolerance, order: back.solver.order, judged: judgedOf(back) },
    { y: z, slope: whole(from, z), start: from, end: to }
  )

/** One interval backwards: the cotangent of its end is added, then a and g go to its start. */
const overInterval =
  (scheme: Scheme, whole: VectorField, layout: readonly number[], p: tf.Tensor) =>
  (carry: Carry, { y, ct, from, to }: Interval, isStepKnown: boolean): readonly [Carry, tf.Tensor] => {
    const { back, kind, field } = scheme
    const dTime = tf.sum(tf.mul(ct, field(from, y, p)))
    const a = tf.add(carry.a, ct)
    const z = tf.concat(kind === 'backsolve' ? [y, a, carry.g] : [a, carry.g])
    const ends = tf.stack([from, to])
    const { control } = back
    const fixed = (count: number) => ({ ...fixedPath(back, count, whole, z, ends), step: carry.step })
    const done =
      control.kind === 'adaptive'
        ? adaptivePath(back, control, whole, z, ends, isStepKnown ? carry.step : undefined)
        : fixed(control.kind === 'fixed' ? control.steps : 1)
    const parts = tf.split(tf.reshape(done.ys, [z.size]), [...layout])
    const [next, g] = parts.slice(-2) as [tf.Tensor, tf.Tensor]
    const statistics = addStatistics(carry.statistics, done.statistics)
    return [{ a: next, g, step: tf.clone(done.step), statistics }, dTime]
  }

export interface Returned {
  readonly cotangents: Problem
  /** Int32 [4] of the way back: status, steps, rejected steps, evaluations of the adjoint equation. */
  readonly statistics: tf.Tensor
}

const walkBack = (scheme: Scheme, residuals: Residuals, cotangent: tf.Tensor): readonly [Carry, tf.Tensor] => {
  const [states, times, p] = residuals
  const [m, n, d] = [states.shape[0]! - 1, states.shape[1]!, p.shape[0]!]
  const whole = augmentedField(scheme, residuals)
  const over = overInterval(scheme, whole, layoutOf(scheme, n, d), p)
  const xs: Interval = {
    y: tf.slice(states, [1, 0], [m, n]),
    ct: cotangent,
    from: tf.slice(times, [1], [m]),
    to: tf.slice(times, [0], [m])
  }
  const nothing: Carry = {
    a: tf.zeros([n]),
    g: tf.zeros([d]),
    step: tf.scalar(0),
    statistics: tf.zeros([4], 'int32')
  }
  if (m === 1) {
    const only = { y: tf.reshape(xs.y, [n]), ct: tf.reshape(xs.ct, [n]), from: at(xs.from, 0), to: at(xs.to, 0) }
    const [carry, dTime] = over(nothing, only, false)
    return [carry, tf.expandDims(dTime, 0)]
  }
  const init =
    scheme.back.control.kind === 'adaptive' ? { ...nothing, step: firstGuess(scheme, whole, xs, d) } : nothing
  return scan((carry: Carry, x: Interval) => over(carry, x, true), init, xs, { reverse: true })
}

const firstGuess = ({ kind, back }: Scheme, whole: VectorField, xs: Interval, d: number): tf.Tensor => {
  const [m, n] = xs.y.shape as [number, number]
  const [y, ct] = [xs.y, xs.ct].map((rows) => tf.reshape(tf.slice(rows, [m - 1, 0], [1, n]), [n])) as [
    tf.Tensor,
    tf.Tensor
  ]
  const z = tf.concat(kind === 'backsolve' ? [y, ct, tf.zeros([d])] : [ct, tf.zeros([d])])
  return guess(back, whole, z, at(xs.from, m - 1), at(xs.to, m - 1))
}

/** Walks the intervals backwards, with the cotangents of the states at times[1..m]. */
export const wayBack = (given: Scheme, residuals: Residuals, cotangent: tf.Tensor): Returned => {
  const [states, times, p, , tensors] = residuals
  const scheme = withTensors(given, tensors)
  const [carry, dTimes] = walkBack(scheme, residuals, cotangent)
  const n = states.shape[1]!
  const y0 = tf.reshape(tf.slice(states, [0, 0], [1, n]), [n])
  const dFirst = tf.neg(tf.sum(tf.mul(carry.a, scheme.field(at(times, 0), y0, p))))
  const m = times.shape[0]! - 1
  const apart = m + 1 + (m > 1 && scheme.back.control.kind === 'adaptive' ? 2 : 0)
  return {
    cotangents: [carry.a, tf.concat([tf.expandDims(dFirst, 0), dTimes]), carry.g],
    statistics: tf.add(carry.statistics, tf.tensor1d([0, 0, 0, apart], 'int32'))
  }
}

export const wayThere = (given: Scheme, [y0, times, p]: Problem, tensors: readonly tf.Tensor[] = tensorsOf(given)) => {
  const scheme = withTensors(given, tensors)
  const { path, trail } = journey(scheme.kind, scheme.there, (t, y) => scheme.field(t, y, p), y0, times)
  const states = tf.concat([tf.expandDims(y0, 0), path.ys], 0)
  const residuals: Residuals = [states, tf.clone(times), tf.clone(p), trail, tensors.map((t) => tf.clone(t))]
  return { path, residuals }
}

/**
 * States at `times` whose gradient is the continuous adjoint. It reaches y0, times and p, and nothing that the field closes
 * over.
 * @source Chen et al. 2018, arXiv:1806.07366; norm of the way back: Kidger et al. 2020, arXiv:2009.09457
 */
export const integrateContinuous = (scheme: Scheme, problem: Problem): Path => {
  type Arguments = readonly [...Problem, readonly tf.Tensor[]]
  const run = customVjp<Arguments, readonly [tf.Tensor, tf.Tensor], Residuals>({
    forward: (y0, times, p, tensors) => {
      const { path, residuals } = wayThere(scheme, [y0, times, p], tensors)
      return [[path.ys, path.statistics], residuals]
    },
    backward: (residuals, [dys]) => [
      ...wayBack(scheme, residuals, dys).cotangents,
      residuals[4].map((t) => tf.zerosLike(t))
    ]
  })
  const [ys, statistics] = run(...problem, tensorsOf(scheme))
  return { ys, statistics }
}
