/** Integration of a vector through a list of times, and the two ways to differentiate it. */
import * as tf from '@tensorflow/tfjs-core'
import { customVjp, scan, stopGradient, vjp } from '@bdl/compiler'
import type { AdaptiveControl, Control } from './control.js'
import type { VectorField } from './runge-kutta.js'
import { adaptiveSegment, firstStep, fixedSegment, replaySegment, startRunning, type Running } from './segment.js'
import type { ButcherTableau } from './tableau.js'

/** dy/dt of a vector with its parameters: scalar t, y [n], p [d] -> [n]. */
export type ParametricField = (t: tf.Tensor, y: tf.Tensor, p: tf.Tensor) => tf.Tensor

export interface Path {
  /** States at times[1..m], [m, n]; NaN from the first interval that could not be finished. */
  readonly ys: tf.Tensor
  /** Int32 [4]: status, steps, rejected steps, field evaluations. */
  readonly statistics: tf.Tensor
}

export interface Method {
  readonly solver: ButcherTableau
  readonly control: Control
  /** Entries, from the first, that the error norm looks at. */
  readonly judged?: number
  /** Interpolate at times inside rather than land on them; adaptive steps only. */
  readonly interpolate?: boolean
}

const at = (times: tf.Tensor, i: number): tf.Tensor => tf.reshape(tf.slice(times, [i], [1]), [])

const statisticsOf = (run: Running): tf.Tensor => tf.stack([run.status, run.steps, run.rejected, run.evaluations])

const orNaN = (run: Running): tf.Tensor => tf.where(tf.equal(run.status, tf.scalar(0, 'int32')), run.y, NaN)

/** Runs `body` over the intervals between `times` [m + 1]; one interval needs no loop. */
const overSegments = <Y extends tf.Tensor>(
  times: tf.Tensor,
  init: Running,
  body: (run: Running, segment: { start: tf.Tensor; end: tf.Tensor }) => readonly [Running, Y]
): readonly [Running, tf.Tensor] => {
  const m = times.shape[0]! - 1
  if (m === 1) {
    const [run, y] = body(init, { start: at(times, 0), end: at(times, 1) })
    return [run, tf.expandDims(y, 0)]
  }
  return scan((run: Running, x: { start: tf.Tensor; end: tf.Tensor }) => body(run, x), init, {
    start: tf.slice(times, [0], [m]),
    end: tf.slice(times, [1], [m])
  })
}

const firstRun = ({ solver, control }: Method, field: VectorField, y0: tf.Tensor, times: tf.Tensor): Running => {
  if (control.kind === 'fixed') return startRunning(y0, tf.scalar(0))
  if (control.firstStep !== undefined) return startRunning(y0, tf.scalar(control.firstStep))
  const h = firstStep(control, solver.order, field, y0, { start: at(times, 0), end: at(times, times.shape[0]! - 1) })
  return { ...startRunning(y0, h), evaluations: tf.scalar(2, 'int32') }
}

/** One solve over all of `times`, the states inside read off the steps. */
const integrateDense = (
  method: Method,
  control: AdaptiveControl,
  field: VectorField,
  y0: tf.Tensor,
  times: tf.Tensor
): Path => {
  const m = times.shape[0]! - 1
  const saveAt = tf.slice(times, [1], [m - 1])
  const solveDense = adaptiveSegment({ solver: method.solver, control, field, saveAt })
  const { run, saves } = solveDense(firstRun(method, field, y0, times), { start: at(times, 0), end: at(times, m) })
  return { ys: tf.concat([saves, tf.expandDims(orNaN(run), 0)], 0), statistics: statisticsOf(run) }
}

/** States at `times` by forward steps. With fixed steps it is differentiable; with adaptive ones it is not. */
export const integrate = (method: Method, field: VectorField, y0: tf.Tensor, times: tf.Tensor): Path => {
  const { solver, control, judged, interpolate } = method
  if (interpolate && control.kind === 'adaptive' && times.shape[0]! > 2)
    return integrateDense(method, control, field, y0, times)
  const advance =
    control.kind === 'fixed'
      ? fixedSegment(solver, control.steps, field)
      : (run: Running, segment: { start: tf.Tensor; end: tf.Tensor }) =>
          adaptiveSegment({ solver, control, field, ...(judged !== undefined && { judged }) })(run, segment).run
  const [run, ys] = overSegments(times, firstRun(method, field, y0, times), (before, segment) => {
    const after = advance(before, segment)
    return [after, control.kind === 'fixed' ? after.y : orNaN(after)] as const
  })
  return { ys, statistics: statisticsOf(run) }
}

/**
 * The same, differentiable through the accepted steps of an adaptive solve: step sizes are found first and then held, so
 * gradients are those of the discrete solution. Memory grows with `maxSteps`.
 */
export const integrateDirect = (method: Method, field: VectorField, y0: tf.Tensor, times: tf.Tensor): Path => {
  const { solver, control } = method
  if (control.kind === 'fixed') return integrate(method, field, y0, times)
  const replay = replaySegment(solver, field)
  const search = adaptiveSegment({ solver, control, field, record: true })
  const fixedY0 = stopGradient(y0)
  const fixedTimes = stopGradient(times)
  const [run, widths] = overSegments(fixedTimes, firstRun(method, field, fixedY0, fixedTimes), (before, segment) => {
    const { run: after, widths: taken } = search(before, segment)
    return [after, taken] as const
  })
  const m = times.shape[0]! - 1
  const replayed = scan(
    (y: tf.Tensor, x: { start: tf.Tensor; end: tf.Tensor; widths: tf.Tensor }) => {
      const next = replay(y, x, x.widths)
      return [next, tf.clone(next)] as const
    },
    y0,
    { start: tf.slice(times, [0], [m]), end: tf.slice(times, [1], [m]), widths: stopGradient(widths) }
  )[1]
  const statistics = stopGradient(statisticsOf(run))
  const succeeded = tf.equal(tf.slice(statistics, [0], [1]), tf.scalar(0, 'int32'))
  return { ys: tf.where(tf.reshape(succeeded, [1, 1]), replayed, NaN), statistics }
}

/** Initial state [n] or states [m + 1, n], times [m + 1], parameters [d]; or the cotangents of these. */
type Problem = readonly [tf.Tensor, tf.Tensor, tf.Tensor]

type Adjoint = { readonly a: tf.Tensor; readonly g: tf.Tensor }

/** [y, a, g]' = [f, -a df/dy, -a df/dp]: state, adjoint, and the gradient that it collects. */
const augmentedField = (field: ParametricField, n: number, p: tf.Tensor): VectorField => {
  const d = p.shape[0]!
  return (t, z) => {
    const [y, a] = tf.split(z, [n, n, d]) as [tf.Tensor, tf.Tensor, tf.Tensor]
    const [dy, pull] = vjp((x: readonly [tf.Tensor, tf.Tensor]) => field(t, x[0], x[1]), [y, p] as const)
    const [vy, vp] = pull(a)
    return tf.concat([dy, tf.neg(vy), tf.neg(vp)])
  }
}

/** Walks the intervals backwards: at each save time the state is reset to the saved one and the cotangent is added. */
const backsolve = (
  method: Method,
  field: ParametricField,
  [states, times, p]: Problem,
  cotangent: tf.Tensor
): Problem => {
  const [rows, n] = states.shape as [number, number]
  const m = rows - 1
  const d = p.shape[0]!
  // Parameter gradients are integrals that steer nothing: the error norm leaves them out.
  const backward: Method = { solver: method.solver, control: method.control, judged: 2 * n }
  const whole = augmentedField(field, n, p)
  const back = (carry: Adjoint, x: { y: tf.Tensor; ct: tf.Tensor; from: tf.Tensor; to: tf.Tensor }) => {
    const dTime = tf.sum(tf.mul(x.ct, field(x.from, x.y, p)))
    const z = tf.concat([x.y, tf.add(carry.a, x.ct), carry.g])
    const { ys } = integrate(backward, whole, z, tf.stack([x.from, x.to]))
    const [, a, g] = tf.split(tf.reshape(ys, [2 * n + d]), [n, n, d]) as [tf.Tensor, tf.Tensor, tf.Tensor]
    return [{ a, g }, dTime] as const
  }
  const [{ a, g }, dTimes] = scan(
    back,
    { a: tf.zeros([n]), g: tf.zeros([d]) },
    {
      y: tf.slice(states, [1, 0], [m, n]),
      ct: cotangent,
      from: tf.slice(times, [1], [m]),
      to: tf.slice(times, [0], [m])
    },
    { reverse: true }
  )
  const y0 = tf.reshape(tf.slice(states, [0, 0], [1, n]), [n])
  const dFirst = tf.neg(tf.sum(tf.mul(a, field(at(times, 0), y0, p))))
  return [a, tf.concat([tf.expandDims(dFirst, 0), dTimes]), g]
}

/**
 * States at `times` whose gradient is the continuous adjoint, solved backwards with the same method: memory does not grow
 * with the steps. Gradients reach y0, times and p, and nothing that the field closes over.
 * @source Chen et al. 2018, arXiv:1806.07366; seminorm: Kidger et al. 2020, arXiv:2009.09457
 */
export const integrateBacksolve = (
  method: Method,
  field: ParametricField,
  y0: tf.Tensor,
  times: tf.Tensor,
  p: tf.Tensor
): Path => {
  const run = customVjp<Problem, readonly [tf.Tensor, tf.Tensor], Problem>({
    forward: (start, at, q) => {
      const { ys, statistics } = integrate(method, (t, y) => field(t, y, q), start, at)
      return [
        [ys, statistics],
        [tf.concat([tf.expandDims(start, 0), ys], 0), tf.clone(at), tf.clone(q)]
      ]
    },
    backward: (residuals, [dys]) => backsolve(method, field, residuals, dys)
  })
  const [ys, statistics] = run(y0, times, p)
  return { ys, statistics }
}
