/** Autoregressive flows: masked networks choose the map of each entry from those before it. */
import type * as tf from '@tensorflow/tfjs-core'
import {
  affineTransformer,
  choosing,
  inverseAutoregressive,
  invert,
  maskedAutoregressive,
  type Bijector,
  type Transformer
} from '@bdl/bijectors'
import { learnable, type Learnable } from '@bdl/core'
import { transformed, type Distribution } from '@bdl/distributions'
import type { MlpParams } from '@bdl/nn'
import { networkOptions, stacked, type Conditioned, type LayersOptions } from './layers.js'
import { made, type AutoregressiveNetwork } from './made.js'

export interface AutoregressiveLayersOptions extends LayersOptions {
  /** What each entry goes through; default affine maps, log-scales within (-2, 2). */
  readonly transformer?: Transformer
  /**
   * What takes one evaluation of each network: densities of data (default, MAF), or samples (IAF). The other takes as many as
   * there are dimensions.
   */
  readonly fast?: 'density' | 'sampling'
}

/** A family read backwards: a network that looks at data chooses maps from data to noise. */
const backwards = (conditioner: (x: tf.Tensor) => Bijector) => (x: tf.Tensor) => invert(conditioner(x))

/**
 * Layers from noise to data, to learn; with a `context` they are a function of it.
 *
 * Whichever direction is fast applies the transformer as it is, so with sigmoidal transformers it needs no root finding:
 * neural autoregressive flows.
 *
 * @error InvalidArgument if a number is not a positive integer
 * @source Papamakarios, Pavlakou & Murray (2017), MAF, arXiv:1705.07057; Kingma et al. (2016), IAF, arXiv:1606.04934; Huang
 *   et al. (2018), NAF, arXiv:1804.00779; Durkan et al. (2019), autoregressive splines, arXiv:1906.04032
 */
export const autoregressiveLayers = (
  options: AutoregressiveLayersOptions
): Learnable<readonly MlpParams[], Conditioned> => {
  const { dimension, hidden = [64, 64], context = 0, fast = 'density' } = options
  const transformer = options.transformer ?? affineTransformer({ bound: 2 })
  const network = made({ dimension, hidden, size: transformer.size, context, ...networkOptions(options) })
  const layer = learnable.map((net: AutoregressiveNetwork): Conditioned => (given) => {
    const conditioner = choosing(transformer, (x) => net(x, given))
    return fast === 'sampling'
      ? inverseAutoregressive({ conditioner })
      : maskedAutoregressive({ conditioner: backwards(conditioner) })
  })(network)
  return stacked('autoregressiveLayers', options, layer)
}

export interface AutoregressiveFlowOptions extends Omit<AutoregressiveLayersOptions, 'context'> {
  /** Distribution of the noise, event shape [dimension]. */
  readonly base: Distribution
}

/**
 * A learnable distribution over vectors by autoregressive layers; both its density and its samples are exact. For one that
 * depends on a context: `learnable.map((layers) => (context) => transformed(base, layers(context)))(autoregressiveLayers(...))`.
 *
 * @error InvalidArgument if a number is not a positive integer
 * @example
 * const spline = splineTransformer({ bins: 8, low: -4, high: 4 })
 * const flow = autoregressiveFlow({ dimension: 2, transformer: spline, base: standardNormal(2) })
 * flow.build(flow.init(key(0))).logProb(x) // [n, 2] -> [n], nats
 */
export const autoregressiveFlow = ({
  base,
  ...options
}: AutoregressiveFlowOptions): Learnable<readonly MlpParams[], Distribution> =>
  learnable.map((layers: Conditioned): Distribution => transformed(base, layers()))(autoregressiveLayers(options))
