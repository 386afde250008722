/**
 * The Gaussian's field plus a gated data gradient: for each block of weights, a gate on the gradient and one on the
 * predicted end point, both functions of time alone. 584 parameters for a network of two layers.
 */
import * as tf from '@tensorflow/tfjs-core'
import { mlp, silu, zeros } from '@bdl/nn'
import type { MlpParams } from '@bdl/nn'
import { scoped } from '@bdl/core'
import { dataGradient } from './data-gradient.js'
import type { FlatLogLikelihood } from './data-gradient.js'
import type { BaseField, WeightField } from './field.js'

const FREQUENCIES = 4
const HIDDEN = 32

/** [t, sin, cos] features of a scalar time: [1 + 2 · FREQUENCIES]. */
export const timeFeatures = (t: tf.Tensor, frequencies = FREQUENCIES): tf.Tensor =>
  scoped(() => {
    const at = tf.reshape(t, [1])
    const phases = tf.mul(at, tf.tensor1d(Float32Array.from({ length: frequencies }, (_, k) => Math.PI * 2 ** k)))
    return tf.concat([at, tf.sin(phases), tf.cos(phases)])
  })

/**
 * @param blocks sizes of the blocks of the raveled weights, in order
 * @param centre mean of the targets, [d]
 */
export const gatedField = (
  base: BaseField,
  options: { readonly blocks: readonly number[]; readonly centre: tf.Tensor; readonly logLikelihood: FlatLogLikelihood }
): WeightField<MlpParams> => {
  const { blocks, centre, logLikelihood } = options
  const net = mlp({ sizes: [1 + 2 * FREQUENCIES, HIDDEN, 2 * blocks.length], activation: silu, lastInitialiser: zeros })
  const see = dataGradient(base, logLikelihood)
  const spread = (gates: tf.Tensor): tf.Tensor =>
    tf.concat(tf.split(gates, blocks.length).map((gate, k) => tf.broadcastTo(gate, [blocks[k]!])))
  return {
    name: 'Gaussian field + gated data gradient',
    base,
    init: net.init,
    correction: (params, t, x) =>
      scoped(() => {
        const [end, gradient] = see(t, x)
        const gates = tf.reshape(net.build(params)(tf.reshape(timeFeatures(t), [1, -1])), [2 * blocks.length])
        const [onGradient, onEnd] = tf.split(gates, 2) as [tf.Tensor, tf.Tensor]
        return tf.add(tf.mul(spread(onGradient), gradient), tf.mul(spread(onEnd), tf.sub(end, centre)))
      })
  }
}
