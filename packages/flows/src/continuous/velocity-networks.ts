/** Velocity fields of the continuous flows that the field knows: layers that see the time, and sums of planar flows. */
import * as tf from '@tensorflow/tfjs-core'
import { expectInteger, scoped, split, type Learnable, type Tree } from '@bdl/core'
import { glorotUniform, mlp, normal, tanh, zeros, type Activation, type Initialiser, type MlpParams } from '@bdl/nn'
import { withDivergence } from './divergence.js'
import type { TimeLayer } from './time-layers.js'
import type { Velocity } from './velocity.js'

export interface VelocityNetworkOptions<P extends Tree> {
  readonly dimension: number
  /** How layers see the time: `concatSquashLayer`, `concatLayer`, `squashLayer`, `blendLayer`, `ignoreLayer`, or one's own. */
  readonly layer: TimeLayer<P>
  /** Hidden widths; default [64, 64]. */
  readonly hidden?: readonly number[]
  /** Between layers; default `tanh`. FFJORD's tables take softplus: smooth, or steps get short. */
  readonly activation?: Activation
  /** Default `glorotUniform`. */
  readonly initialiser?: Initialiser
  /** Of the last layer; default `zeros`, so that before training nothing moves. */
  readonly lastInitialiser?: Initialiser
  /** v = net(t, x) - x, a flow that contracts unless told otherwise; default false. */
  readonly isResidual?: boolean
}

/**
 * A network of layers that see the time, all of them: (t, x [..., d]) -> [..., d].
 * @error InvalidArgument if a size is not a positive integer
 * @source Grathwohl et al. 2018 (FFJORD), arXiv:1810.01367, appendix B
 * @example cnf({ field: velocityNetwork({ dimension: 2, layer: concatSquashLayer }), base: standardNormal(2) })
 */
export const velocityNetwork = <P extends Tree>(
  options: VelocityNetworkOptions<P>
): Learnable<readonly P[], Velocity> => {
  const { dimension, layer, hidden = [64, 64], activation = tanh, isResidual = false } = options
  const { initialiser = glorotUniform, lastInitialiser = zeros } = options
  const sizes = [dimension, ...hidden, dimension]
  const layers = sizes.slice(1).map((outputs, i) => {
    const isLast = i === sizes.length - 2
    return layer({ inputs: sizes[i] ?? dimension, outputs, initialiser: isLast ? lastInitialiser : initialiser })
  })
  const apply = (params: readonly P[], t: tf.Tensor, x: tf.Tensor): tf.Tensor =>
    params.reduce((h, p, i) => {
      const out = layers[i]!.build(p)(t, h)
      return i === layers.length - 1 ? out : activation(out)
    }, x)
  return {
    init: (key) => scoped(() => split(key, layers.length).map((child, i) => layers[i]!.init(child))),
    build: (params) => (t, x) => scoped(() => (isResidual ? tf.sub(apply(params, t, x), x) : apply(params, t, x)))
  }
}

/** m units in d dimensions: w [d, m], b [m], u [m, d]; the gates' network, or no layers. */
export type PlanarVelocityParams = Readonly<Record<'w' | 'b' | 'u', tf.Tensor>> & { readonly gate: MlpParams }

export interface PlanarVelocityOptions {
  readonly dimension: number
  /** How many planar flows are added up. */
  readonly units: number
  /** Hidden widths of a network that turns units on and off in time; absent, nothing depends on time. */
  readonly gateHidden?: readonly number[]
}

/**
 * v(t, x) = sum_m s_m(t) u_m tanh(w_m . x + b_m), gates s in (0, 1) or all 1. Its divergence is known in closed form,
 * sum_m s_m (1 - tanh^2) w_m . u_m, so its densities need neither products with the Jacobian nor probes.
 * @error InvalidArgument if a size is not a positive integer
 * @source Chen et al. 2018, arXiv:1806.07366, section 4.1
 * @example cnf({ field: planarVelocity({ dimension: 2, units: 32 }), base: standardNormal(2) })
 */
export const planarVelocity = ({
  dimension,
  units,
  gateHidden
}: PlanarVelocityOptions): Learnable<PlanarVelocityParams, Velocity> => {
  expectInteger('planarVelocity', { dimension, units }, 1)
  const gates = gateHidden && mlp({ sizes: [1, ...gateHidden, units] })
  const gateAt = (gate: MlpParams, t: tf.Tensor): tf.Tensor =>
    gates ? tf.sigmoid(gates.build(gate)(tf.expandDims(t, -1))) : tf.ones([units])
  /** tanh(w . x + b), [..., m]. */
  const activity = ({ w, b }: PlanarVelocityParams, x: tf.Tensor): tf.Tensor => {
    const flat = tf.add(tf.matMul(tf.reshape(x, [x.size / dimension, dimension]), w), b)
    return tf.tanh(tf.reshape(flat, [...x.shape.slice(0, -1), units]))
  }
  const velocity =
    (params: PlanarVelocityParams): Velocity =>
    (t, x) =>
      scoped(() => {
        const h = tf.mul(activity(params, x), gateAt(params.gate, t))
        return tf.reshape(tf.matMul(tf.reshape(h, [h.size / units, units]), params.u), x.shape)
      })
  const divergence =
    (params: PlanarVelocityParams): Velocity =>
    (t, x) =>
      scoped(() => {
        const slopes = tf.mul(tf.sub(1, tf.square(activity(params, x))), gateAt(params.gate, t))
        return tf.sum(tf.mul(slopes, tf.sum(tf.mul(tf.transpose(params.w), params.u), 1)), -1)
      })
  return {
    init: (key) =>
      scoped(() => {
        const [wKey, bKey, uKey, gateKey] = split(key, 4)
        const draw = normal(1 / Math.sqrt(units))
        return {
          w: glorotUniform(wKey, [dimension, units]),
          b: normal(1)(bKey, [units]),
          u: draw(uKey, [units, dimension]),
          gate: gates ? gates.init(gateKey) : []
        }
      }),
    build: (params) => withDivergence(velocity(params), divergence(params))
  }
}
