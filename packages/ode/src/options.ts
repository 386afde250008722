/** What `solve` is given, and what it gives. */
import type * as tf from '@tensorflow/tfjs-core'
import type { Tree } from '@bdl/core'
import type { Adjoint } from './adjoint/adjoint.js'
import type { Control } from './control.js'
import type { Event, Found } from './events.js'
import type { SaveAt } from './plan.js'
import type { Solver } from './solver.js'

export type Field<Y extends Tree, Q extends Tree> = (t: tf.Tensor, y: Y, params: Q) => Y

export interface SolveOptions<Y extends Tree, Q extends Tree> {
  /** dy/dt: scalar t, state, parameters, and `constants` if there are any -> a tree like the state. */
  readonly field: (t: tf.Tensor, y: Y, params: Q, constants: readonly tf.Tensor[]) => Y
  readonly y0: Y
  /** A number, or a scalar tensor. */
  readonly t0: number | tf.Tensor
  /** May lie before t0: then time runs backwards. */
  readonly t1: number | tf.Tensor
  /** Handed to the field, and reached by gradients; float32 leaves. */
  readonly params?: Q
  /**
   * Handed to the field, and not differentiated in: noise, data, keys, any dtype. What is made for one call belongs here or in
   * `params`: the continuous adjoints run the field anew when tensors that it closes over may be gone.
   */
  readonly constants?: readonly tf.Tensor[]
  /** Default `dopri5`. */
  readonly solver?: Solver
  /** Default `adaptive()`, or `stepSize` if that is given. */
  readonly control?: Control
  /** Fixed steps of at most this size, in units of time; needs t0, t1 and save times that are numbers. */
  readonly stepSize?: number
  /** Times to report, in the order of integration between t0 and t1, [m], or `everyStep()`. Steps land on times unless `interpolate`. */
  readonly saveAt?: SaveAt
  /**
   * Adaptive steps go their own way and states at save times are read off the method's dense output: cheaper for many save
   * times, less accurate than landing on them. Given steps always do.
   */
  readonly interpolate?: boolean
  /** Where a function of the state passes through zero; terminal events end the solve there. */
  readonly events?: readonly Event<Y, Q>[]
  /**
   * `direct` differentiates the steps that were taken. `backsolve` and `interpolated` solve the continuous adjoint equation
   * backwards; they reach y0, t0, t1, save times and `params` only, not what the field closes over. See the functions of
   * these names. Default: `direct` with fixed or given steps, implicit methods and `everyStep`, else `backsolve`.
   */
  readonly adjoint?: Adjoint | Adjoint['kind']
}

/** A function of the state to report in its place. */
export interface Observed<Y extends Tree, Q extends Tree, S extends Tree> {
  /** What `ys` holds of each saved state: scalar t, state, parameters -> any tree. */
  readonly observe: (t: tf.Tensor, y: Y, params: Q) => S
}

export type Solution<Y extends Tree, S extends Tree = Y> = {
  /** The state at the end; NaN unless it is t1 or a terminal event. */
  readonly y: Y
  /** When that is, a scalar. */
  readonly t: tf.Tensor
  /** States at `ts`, or what `observe` makes of them, leaves [m, ...]. NaN from where the solve ended. */
  readonly ys: S
  /** Times of `ys`, [m]: `saveAt`; without it, t1. NaN after the last of `everyStep`. */
  readonly ts: tf.Tensor
  /** Int32 scalars: a `SolveStatus`, steps accepted, steps rejected, evaluations of the field. */
  readonly status: tf.Tensor
  readonly steps: tf.Tensor
  readonly rejected: tf.Tensor
  readonly evaluations: tf.Tensor
  /** Of each event, how often, when and where. */
  readonly events: readonly Found<Y>[]
}
