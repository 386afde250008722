// Neural autoregressive maps: sigmoidal transformers of an autoregressive network.
import type * as tf from '@tensorflow/tfjs-core'
import type { Bijector } from '../bijector.js'
import { sigmoidalTransformer, type SigmoidalTransformerOptions } from '../transformers/sigmoidal-transformer.js'
import { choosing } from '../transformers/transformer.js'
import { inverseAutoregressive } from './autoregressive.js'

export interface NeuralAutoregressiveOptions extends SigmoidalTransformerOptions {
  /** Any autoregressive network [..., n] -> [..., 3 n units], the numbers of one entry side by side. */
  readonly network: (x: tf.Tensor) => tf.Tensor
}

/**
 * y_i = logit(sum_j w_j sigmoid(a_j x_i + b_j)), with w, a and b from entries 1, ..., i - 1: with enough units any
 * distribution. Forward is parallel; the inverse takes n turns, each a root found within a bracket. For densities of data
 * take forward from data to noise: `transformed(base, invert(neuralAutoregressive(...)))`.
 *
 * @error InvalidArgument unless `units` is a positive integer; ShapeMismatch if the network gives another number of values
 * @precision see `sigmoidalTransformer`; of the inverse, errors of an entry go on to later ones
 * @source Huang, Krueger, Lacoste & Courville (2018), Neural Autoregressive Flows, arXiv:1804.00779
 */
export const neuralAutoregressive = ({ network, ...options }: NeuralAutoregressiveOptions): Bijector =>
  Object.freeze<Bijector>({
    ...inverseAutoregressive({ conditioner: choosing(sigmoidalTransformer(options), network) }),
    name: 'neuralAutoregressive'
  })
