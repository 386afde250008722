/** A layer that is an ordinary differential equation: the limit of residual blocks whose steps get small. */
import * as tf from '@tensorflow/tfjs-core'
import { expectInteger, scoped, type Learnable, type Tree } from '@bdl/core'
import type { Adjoint, Control, Solver, Statistics } from '@bdl/ode'
import { transport, type ParametricFlow } from './transport.js'
import type { Velocity } from './velocity.js'

export interface OdeBlockOptions<P extends Tree> {
  /** Of d + augment dimensions; it may see the time or, with `ignoreLayer`, not. */
  readonly field: Learnable<P, Velocity>
  /** Dimensions added to the input as zeros, and part of the output; default 0. */
  readonly augment?: number
  /** Where time begins and ends; default 0 and 1. */
  readonly t0?: number
  readonly t1?: number
  /** Default `dopri5`. */
  readonly solver?: Solver
  /** Default `adaptive()`: rtol 1e-5, atol 1e-6. Steps are chosen for a batch as one. */
  readonly control?: Control
  /** As in `solve`: by default through fixed steps, and by the backward solve with adaptive ones. */
  readonly adjoint?: Adjoint | Adjoint['kind']
}

/** What a block gives with what it took: y [..., d + augment], and the solve's own statistics, as int32 scalars. */
export type OdeBlockRun = Statistics & { readonly y: tf.Tensor }

const widened = (x: tf.Tensor, augment: number): tf.Tensor =>
  augment === 0 ? x : tf.concat([x, tf.zeros([...x.shape.slice(0, -1), augment])], x.rank - 1)

/**
 * The block with the evaluations that it takes, to watch a network get harder to solve while it learns.
 * @example odeBlockRun({ field }).build(params)(x).evaluations
 */
export const odeBlockRun = <P extends Tree>({
  field,
  augment = 0,
  ...how
}: OdeBlockOptions<P>): Learnable<P, (x: tf.Tensor) => OdeBlockRun> => {
  expectInteger('odeBlock', { augment })
  return {
    init: field.init,
    build: (params) => (x) =>
      scoped(() => {
        const flow: ParametricFlow<P> = { ...how, velocity: field.build, params }
        const { x: y, ...statistics } = transport(flow, widened(x, augment), 'data')
        return { y, ...statistics }
      })
  }
}

/**
 * y = x(t1) for dx/dt = f(t, x), x(t0) = [x, 0 ... 0]: a layer [..., d] -> [..., d + augment] to put between others. What it
 * computes is invertible and continuous in x, so without added dimensions it cannot let paths cross: x -> -x is out of reach
 * on a line. Rows of a batch are solved as one state, so an input that is not finite gives NaN and spoils no other.
 *
 * @error InvalidArgument if `augment` is not an integer >= 0; else as `solve`
 * @source Chen et al. 2018, arXiv:1806.07366, section 3; Dupont et al. 2019 (ANODE), arXiv:1904.01681
 * @example
 * const field = velocityNetwork({ dimension: 24, hidden: [32], layer: concatLayer })
 * const net = sequential(dense({ inputs: 64, outputs: 24 }), odeBlock({ field }), dense({ inputs: 24, outputs: 10 }))
 */
export const odeBlock = <P extends Tree>(options: OdeBlockOptions<P>): Learnable<P, (x: tf.Tensor) => tf.Tensor> => {
  const { init, build } = odeBlockRun(options)
  return { init, build: (params) => (x) => scoped(() => build(params)(x).y) }
}
