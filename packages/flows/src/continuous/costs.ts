/** What a flow spends on the way: regularisers that make its paths straight and its field smooth. */
import * as tf from '@tensorflow/tfjs-core'
import { vjp, vmap } from '@bdl/compiler'
import { scoped } from '@bdl/core'
import { solve } from '@bdl/ode'
import type { FlowOptions } from './flow.js'
import type { Velocity } from './velocity.js'

export type TransportCosts = {
  /** Integral of |v|^2 dt along each path, [n]. */
  readonly kinetic: tf.Tensor
  /** Integral of the squared Frobenius norm of dv/dx along each path, [n]. */
  readonly jacobian: tf.Tensor
}

/**
 * Kinetic energy and Jacobian norm along the paths that end in x [n, d], solved from data to base.
 * @source Finlay et al. 2020 (RNODE), arXiv:2002.02798
 */
export const transportCosts =
  (velocity: Velocity, { t0 = 0, t1 = 1, solver, control, adjoint }: FlowOptions = {}) =>
  (x: tf.Tensor): TransportCosts =>
    scoped(() => {
      const [n, d] = x.shape as [number, number]
      const units = tf.add(tf.expandDims(tf.eye(d), 1), tf.zeros([d, n, d]))
      const field = (t: tf.Tensor, state: TransportCosts & { readonly x: tf.Tensor }) => {
        const [v, pull] = vjp((at: tf.Tensor) => velocity(t, at), state.x)
        return { x: v, kinetic: tf.sum(tf.square(v), -1), jacobian: tf.sum(tf.square(vmap(pull)(units)), [0, 2]) }
      }
      const how = { ...(solver && { solver }), ...(control && { control }), ...(adjoint && { adjoint }) }
      const y0 = { x, kinetic: tf.zeros([n]), jacobian: tf.zeros([n]) }
      const { y } = solve({ field, y0, t0: t1, t1: t0, ...how })
      return { kinetic: tf.neg(y.kinetic), jacobian: tf.neg(y.jacobian) }
    })
