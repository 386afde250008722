/**
 * The one solve under every continuous flow: dx/dt = v(t, x), and beside it in one state what is asked for along the path, the
 * trace of the Jacobian (by the instantaneous change of variables, d log p / dt = -tr dv/dx) and what the way costs.
 */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, scoped, type Tree } from '@bdl/core'
import {
  solve,
  type Adjoint,
  type Control,
  type Solution,
  type SolveOptions,
  type Solver,
  type Statistics
} from '@bdl/ode'
import { estimatesOf, fixProbes, withJacobian, withTrace } from './jacobian.js'
import { exactTrace, type FixedTrace, type Trace } from './trace.js'
import type { Velocity } from './velocity.js'

export interface FlowOptions {
  /** Time of the base; default 0. */
  readonly t0?: number
  /** Time of the data; default 1. */
  readonly t1?: number
  /** Default `exactTrace()`. */
  readonly trace?: Trace
  /** Default `dopri5`. */
  readonly solver?: Solver
  /** Default `adaptive()`: rtol 1e-5, atol 1e-6. */
  readonly control?: Control
  /** As in `solve`: by default through fixed steps, and by the backward solve with adaptive ones. */
  readonly adjoint?: Adjoint | Adjoint['kind']
}

/** A field with explicit parameters, which is what the backward solve can differentiate. */
export interface ParametricFlow<P extends Tree> extends FlowOptions {
  readonly velocity: (params: P) => Velocity
  readonly params: P
}

/** Where a solve goes: base to data generates, data to base gives densities. */
export type Toward = 'data' | 'base'

/** Points at the other end [..., d], and what it took; `evaluations` are the field's. */
export type Transported = Statistics & { readonly x: tf.Tensor }

/** And the integral of tr(dv/dx) dt from where the solve began, one per probe, [k, ...]. */
export type TransportedWithTraces = Transported & { readonly traces: tf.Tensor }

/** What a path costs, [...] each and never negative: regularisers that make paths straight and fields smooth. */
export type TransportCosts = {
  /** Integral of |v|^2 dt along each path. */
  readonly kinetic: tf.Tensor
  /** Integral of the squared Frobenius norm of dv/dx along each path; with random probes an unbiased estimate. */
  readonly jacobian: tf.Tensor
}

/** A velocity without parameters of its own as a flow. Gradients reach what it closes over through fixed steps only. */
export const closedFlow = (velocity: Velocity, options: FlowOptions = {}): ParametricFlow<readonly []> => ({
  ...options,
  velocity: () => velocity,
  params: []
})

/** Leading axes of [..., d] as one, for the solver. */
const asRows = (x: tf.Tensor): tf.Tensor => {
  const d = x.shape[x.rank - 1]
  if (d === undefined || d === 0)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'flow',
      argument: 'x',
      expected: 'shape [..., d] with d > 0',
      got: `[${x.shape.join(', ')}]`
    })
  return tf.reshape(x, [x.size / d, d])
}

/** Rows to solve for, and what puts NaN for those that are not finite: one of them must not stop the steps of all. */
const guarded = (x: tf.Tensor): readonly [rows: tf.Tensor, back: (end: tf.Tensor) => tf.Tensor] => {
  const rows = asRows(x)
  const whole = tf.all(tf.isFinite(rows), 1, true)
  const back = (end: tf.Tensor): tf.Tensor => tf.reshape(tf.where(whole, end, NaN), x.shape)
  return [tf.where(whole, rows, 0), back]
}

const statisticsOf = ({ status, steps, rejected, evaluations }: Statistics): Statistics => ({
  status,
  steps,
  rejected,
  evaluations
})

/** Of no points: done, in no steps. */
const nothing = <Y extends Tree>(y: Y): Statistics & { readonly y: Y } => {
  const none = (): tf.Tensor => tf.scalar(0, 'int32')
  return { y, status: none(), steps: none(), rejected: none(), evaluations: none() }
}

const solveToward = <P extends Tree, Y extends Tree>(
  { t0 = 0, t1 = 1, solver, control, adjoint, params }: ParametricFlow<P>,
  toward: Toward,
  field: SolveOptions<Y, P>['field'],
  y0: Y,
  constants: readonly tf.Tensor[] = []
): Solution<Y> => {
  const times = toward === 'data' ? { t0, t1 } : { t0: t1, t1: t0 }
  return solve({
    ...times,
    ...{ field, y0, params, constants },
    ...(solver && { solver }),
    ...(control && { control }),
    ...(adjoint && { adjoint })
  })
}

/** Points only, without the cost of a trace: [..., d] -> the other end, NaN for points that are not finite. */
export const transport = <P extends Tree>(flow: ParametricFlow<P>, x: tf.Tensor, toward: Toward): Transported =>
  scoped(() => {
    const field = (t: tf.Tensor, at: tf.Tensor, params: P): tf.Tensor => flow.velocity(params)(t, at)
    const [y0, back] = guarded(x)
    const end = x.size === 0 ? nothing(y0) : solveToward(flow, toward, field, y0)
    return { x: back(end.y), ...statisticsOf(end) }
  })

/** Probes are constants of a solve: its way back needs them when the scope that drew them has ended. */
const probesOf = (trace: FixedTrace): readonly tf.Tensor[] => (trace.kind === 'exact' ? [] : [trace.noise])

const probedBy = (trace: FixedTrace, [noise]: readonly tf.Tensor[]): FixedTrace =>
  noise === undefined ? trace : { kind: 'probes', noise }

type Traced = { readonly x: tf.Tensor; readonly l: tf.Tensor }

/**
 * Points with the integrals of the trace: toward data log p falls by `traces`, toward the base it rises by minus them.
 * @source Chen et al. 2018, arXiv:1806.07366, theorem 1
 * @example
 * const { x, traces } = transportWithTraces(closedFlow(velocity, { trace: probeTrace(noise) }), z, 'data')
 * const logProb = tf.sub(base.logProb(z), tf.mean(traces, 0))
 */
export const transportWithTraces = <P extends Tree>(
  flow: ParametricFlow<P>,
  x: tf.Tensor,
  toward: Toward
): TransportedWithTraces =>
  scoped(() => {
    const [rows, back] = guarded(x)
    const [n, d] = rows.shape as [number, number]
    // Drawn before the solve, not in the field: fixed along the whole path.
    const trace = fixProbes(flow.trace ?? exactTrace(), n, d)
    const field = (t: tf.Tensor, { x: at }: Traced, params: P, held: readonly tf.Tensor[]): Traced => {
      const [dx, dl] = withTrace(flow.velocity(params), probedBy(trace, held), n, d)(t, at)
      return { x: dx, l: dl }
    }
    const k = estimatesOf(trace)
    const y0: Traced = { x: rows, l: tf.zeros([k, n]) }
    const end = n === 0 ? nothing(y0) : solveToward(flow, toward, field, y0, probesOf(trace))
    const traces = tf.reshape(end.y.l, [k, ...x.shape.slice(0, -1)])
    return { x: back(end.y.x), traces, ...statisticsOf(end) }
  })

type Priced = Traced & TransportCosts

/**
 * Points, integrals of the trace, and costs, in one solve: the products with the Jacobian that give the trace give its norm too.
 * @source Finlay et al. 2020 (RNODE), arXiv:2002.02798, section 3
 */
export const transportWithCosts = <P extends Tree>(
  flow: ParametricFlow<P>,
  x: tf.Tensor,
  toward: Toward
): TransportedWithTraces & TransportCosts =>
  scoped(() => {
    const [rows, back] = guarded(x)
    const [n, d] = rows.shape as [number, number]
    const trace = fixProbes(flow.trace ?? exactTrace(), n, d)
    const field = (t: tf.Tensor, { x: at }: Priced, params: P, held: readonly tf.Tensor[]): Priced => {
      const [dx, dl, jacobian] = withJacobian(flow.velocity(params), probedBy(trace, held), d)(t, at)
      return { x: dx, l: dl, kinetic: tf.sum(tf.square(dx), -1), jacobian }
    }
    const k = estimatesOf(trace)
    const lead = x.shape.slice(0, -1)
    const y0: Priced = { x: rows, l: tf.zeros([k, n]), kinetic: tf.zeros([n]), jacobian: tf.zeros([n]) }
    const end = n === 0 ? nothing(y0) : solveToward(flow, toward, field, y0, probesOf(trace))
    const { t0 = 0, t1 = 1 } = flow
    const cost = (integral: tf.Tensor): tf.Tensor =>
      tf.reshape(t1 > t0 === (toward === 'data') ? integral : tf.neg(integral), lead)
    return {
      x: back(end.y.x),
      traces: tf.reshape(end.y.l, [k, ...lead]),
      kinetic: cost(end.y.kinetic),
      jacobian: cost(end.y.jacobian),
      ...statisticsOf(end)
    }
  })
