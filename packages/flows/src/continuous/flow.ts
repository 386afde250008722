/**
 * Continuous flows: the map that a velocity field integrates to, with its log-determinant by the instantaneous change of
 * variables, d log p / dt = -tr(dv/dx) with the Jacobian in the state; as a bijector, and as a distribution.
 */
import * as tf from '@tensorflow/tfjs-core'
import { bijector, type Bijector, type WithLogDet } from '@bdl/bijectors'
import { BdlError, scoped, type Learnable, type Tree } from '@bdl/core'
import { transformed, type Distribution } from '@bdl/distributions'
import { solve, type Adjoint, type Control, type Solver } from '@bdl/ode'
import { estimatesOf, exactTrace, fixProbes, withTrace, type Trace } from './trace.js'
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

type State = { readonly x: tf.Tensor; readonly l: tf.Tensor }

const timesOf = ({ t0 = 0, t1 = 1 }: FlowOptions, toward: 'data' | 'base') =>
  toward === 'data' ? { t0, t1 } : { t0: t1, t1: t0 }

const howOf = ({ solver, control, adjoint }: FlowOptions) => ({
  ...(solver && { solver }),
  ...(control && { control }),
  ...(adjoint && { adjoint })
})

/** Leading axes of [..., d] as one, for the solver. */
const asRows = (x: tf.Tensor): tf.Tensor => {
  const d = x.shape[x.rank - 1]
  if (d === undefined)
    throw new BdlError({ code: 'ShapeMismatch', fn: 'flow', argument: 'x', expected: 'shape [..., d]', got: '[]' })
  return tf.reshape(x, [x.size / d, d])
}

/** Points only, without the cost of a trace. */
const carry = <P extends Tree>(flow: ParametricFlow<P>, x: tf.Tensor, toward: 'data' | 'base'): tf.Tensor => {
  const field = (t: tf.Tensor, at: tf.Tensor, params: P) => flow.velocity(params)(t, at)
  const { y } = solve({ field, y0: asRows(x), params: flow.params, ...timesOf(flow, toward), ...howOf(flow) })
  return tf.reshape(y, x.shape)
}

/** Points [..., d], and one integral of the trace per estimate, [k, ...]. */
const carryWithTraces = <P extends Tree>(
  flow: ParametricFlow<P>,
  x: tf.Tensor,
  toward: 'data' | 'base'
): readonly [tf.Tensor, tf.Tensor] => {
  const rows = asRows(x)
  const [n, d] = rows.shape as [number, number]
  // Drawn before the solve, not in the field: fixed along the whole path.
  const trace = fixProbes(flow.trace ?? exactTrace(), n, d)
  const estimates = estimatesOf(trace)
  const field = (t: tf.Tensor, { x: at }: State, params: P): State => {
    const [dx, dl] = withTrace(flow.velocity(params), trace, n, d)(t, at)
    return { x: dx, l: dl }
  }
  const y0: State = { x: rows, l: tf.zeros([estimates, n]) }
  const { y } = solve({ field, y0, params: flow.params, ...timesOf(flow, toward), ...howOf(flow) })
  return [tf.reshape(y.x, x.shape), tf.reshape(y.l, [estimates, ...x.shape.slice(0, -1)])]
}

const withLogDet = <P extends Tree>(flow: ParametricFlow<P>, x: tf.Tensor, toward: 'data' | 'base'): WithLogDet => {
  const [y, traces] = carryWithTraces(flow, x, toward)
  return [y, tf.mean(traces, 0)]
}

/** The map of a parametric flow from base to data, [..., d]. */
export const parametricFlowBijector = <P extends Tree>(flow: ParametricFlow<P>): Bijector =>
  Object.freeze({
    ...bijector({
      name: 'continuousFlow',
      eventNdims: 1,
      forwardAndLogDet: (z) => withLogDet(flow, z, 'data'),
      inverseAndLogDet: (x) => withLogDet(flow, x, 'base')
    }),
    forward: (z: tf.Tensor) => scoped(() => carry(flow, z, 'data')),
    inverse: (x: tf.Tensor) => scoped(() => carry(flow, x, 'base'))
  })

const closed = (velocity: Velocity, options: FlowOptions): ParametricFlow<readonly []> => ({
  ...options,
  velocity: () => velocity,
  params: []
})

/**
 * The flow of a velocity field as a bijector, from base (t0) to data (t1).
 * @precision the log-determinant is as exact as the solver; with a random trace it is an unbiased estimate
 * @source Chen et al. 2018, arXiv:1806.07366
 */
export const flowBijector = (velocity: Velocity, options: FlowOptions = {}): Bijector =>
  parametricFlowBijector(closed(velocity, options))

/**
 * The distribution of x(t1) for x(t0) from `base`: samples with their log densities in one solve, and log densities of data
 * by the probability-flow equation backwards.
 * @example velocityToDistribution(field.build(params), base, { solver: heun, control: fixedSteps(32) })
 */
export const velocityToDistribution = (
  velocity: Velocity,
  base: Distribution,
  options: FlowOptions = {}
): Distribution => transformed(base, flowBijector(velocity, options))

export interface CnfOptions<P extends Tree> extends FlowOptions {
  /** The velocity field to learn. */
  readonly field: Learnable<P, Velocity>
  /** Distribution at t0 of vectors, event shape [d]. */
  readonly base: Distribution
}

/**
 * A continuous normalizing flow as a learnable distribution over vectors; its log density is differentiable in parameters
 * and data.
 * @source Chen et al. 2018, arXiv:1806.07366; Grathwohl et al. 2018 (FFJORD), arXiv:1810.01367
 * @example
 * const flow = cnf({ field: velocityMlp({ dimension: 2 }), base: standardNormal(2) })
 * const nll = (params, x) => tf.neg(tf.mean(flow.build(params).logProb(x)))
 */
export const cnf = <P extends Tree>({ field, base, ...options }: CnfOptions<P>): Learnable<P, Distribution> => ({
  init: field.init,
  build: (params) => transformed(base, parametricFlowBijector({ ...options, velocity: field.build, params }))
})

/** Log density and the standard error that random probes leave in it, [...] each: 0 for an exact trace, NaN for one probe. */
export type LogProbEstimate = { readonly logProb: tf.Tensor; readonly standardError: tf.Tensor }

/**
 * Log density of x [..., d] with its standard error over probes: trust importance weights only where it is small.
 */
export const estimateLogProb =
  (velocity: Velocity, base: Distribution, options: FlowOptions = {}) =>
  (x: tf.Tensor): LogProbEstimate =>
    scoped(() => {
      const [z, traces] = carryWithTraces(closed(velocity, options), x, 'base')
      const k = traces.shape[0]!
      const mean = tf.mean(traces, 0)
      const exact = (options.trace ?? exactTrace()).kind === 'exact'
      const spread = tf.sum(tf.square(tf.sub(traces, mean)), 0)
      const standardError = exact ? tf.zerosLike(mean) : tf.sqrt(tf.div(spread, k * (k - 1)))
      return { logProb: tf.add(base.logProb(z), mean), standardError }
    })
