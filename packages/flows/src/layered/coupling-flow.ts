/** Coupling flows with any transformer: half of the entries choose the maps of the others. */
import * as tf from '@tensorflow/tfjs-core'
import { choosing, coupling, splineTransformer, type Transformer } from '@bdl/bijectors'
import { expectInteger, learnable, type Learnable } from '@bdl/core'
import { transformed, type Distribution } from '@bdl/distributions'
import { mlp, type MlpParams } from '@bdl/nn'
import { networkOptions, stacked, type Conditioned, type LayersOptions } from './layers.js'

export interface CouplingLayersOptions extends LayersOptions {
  /** What each entry goes through; default splines of 8 bins on [-5, 5]. */
  readonly transformer?: Transformer
}

/**
 * Layers from noise to data, to learn; with a `context` they are a function of it. In each the first half of the entries
 * passes, and between layers the order is reversed; both directions cost the same.
 *
 * @error InvalidArgument for fewer than two dimensions, or if a number is not a positive integer
 * @source Durkan, Bekasov, Murray & Papamakarios (2019), Neural Spline Flows, arXiv:1906.04032; Dinh et al. (2017), Real NVP,
 *   arXiv:1605.08803
 */
export const couplingLayers = (options: CouplingLayersOptions): Learnable<readonly MlpParams[], Conditioned> => {
  const { dimension, hidden = [64, 64], context = 0 } = options
  const transformer = options.transformer ?? splineTransformer({ bins: 8, low: -5, high: 5 })
  expectInteger('couplingLayers', { dimension }, 2)
  expectInteger('couplingLayers', { context })
  const numMasked = Math.floor(dimension / 2)
  const sizes = [numMasked + context, ...hidden, (dimension - numMasked) * transformer.size]
  const layer = learnable.map((net: (x: tf.Tensor) => tf.Tensor): Conditioned => (given) => {
    const seen = (x: tf.Tensor): tf.Tensor =>
      given === undefined ? x : tf.concat([x, tf.broadcastTo(given, [...x.shape.slice(0, -1), context])], x.rank - 1)
    return coupling({ numMasked, conditioner: choosing(transformer, (x) => net(seen(x))) })
  })(mlp({ sizes, ...networkOptions(options) }))
  return stacked('couplingLayers', options, layer)
}

export interface CouplingFlowOptions extends Omit<CouplingLayersOptions, 'context'> {
  /** Distribution of the noise, event shape [dimension]. */
  readonly base: Distribution
}

/**
 * A learnable distribution over vectors by couplings: neural spline flows, unless another transformer is asked for. Density
 * and samples are exact, and cost the same. For one that depends on a context see `autoregressiveFlow`.
 *
 * @error InvalidArgument for fewer than two dimensions, or if a number is not a positive integer
 * @example
 * const flow = couplingFlow({ dimension: 2, layers: 4, base: standardNormal(2) })
 * flow.build(flow.init(key(0))).sample(key(1), [100]).shape // [100, 2]
 */
export const couplingFlow = ({
  base,
  ...options
}: CouplingFlowOptions): Learnable<readonly MlpParams[], Distribution> =>
  learnable.map((layers: Conditioned): Distribution => transformed(base, layers()))(couplingLayers(options))
