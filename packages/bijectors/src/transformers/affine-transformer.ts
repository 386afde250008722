// y = x exp(logScale) + shift, both numbers chosen by a network.
import * as tf from '@tensorflow/tfjs-core'
import { expectPositive } from '@bdl/core'
import { affine } from '../elementwise/affine.js'
import { elementwiseOf, type Transformer } from './transformer.js'

export interface AffineTransformerOptions {
  /** Log-scales stay within (-bound, bound), as bound tanh(s / bound), so that no step of training explodes; default: none. */
  readonly bound?: number
}

/**
 * Affine maps: the numbers of an entry are its shift and its log-scale.
 *
 * @error InvalidArgument unless `bound` is finite and positive
 * @source Dinh, Sohl-Dickstein & Bengio (2017), Real NVP, arXiv:1605.08803
 * @example affineTransformer({ bound: 2 }).build(tf.tensor1d([1, 0])).forward(tf.scalar(3)) // => 4
 */
export const affineTransformer = ({ bound }: AffineTransformerOptions = {}): Transformer => {
  if (bound !== undefined) expectPositive('affineTransformer', { bound })
  const bounded = (s: tf.Tensor): tf.Tensor => (bound === undefined ? s : tf.mul(tf.tanh(tf.div(s, bound)), bound))
  return elementwiseOf('affineTransformer', 2, (parameters) => {
    const [shift, logScale] = tf.unstack(parameters, parameters.rank - 1) as [tf.Tensor, tf.Tensor]
    return affine({ shift, logScale: bounded(logScale) })
  })
}
