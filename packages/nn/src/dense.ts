/** The affine layer x w + b: its parameters are a plain tree, its apply function takes any number of leading axes. */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, expectInteger, scoped, split, type Learnable } from '@bdl/core'
import { glorotUniform, zeros, type Initialiser } from './initialisers.js'

/** Weights [in, out] and bias [out]. */
export type Dense = { readonly w: tf.Tensor; readonly b: tf.Tensor }

export interface DenseOptions {
  readonly inputs: number
  readonly outputs: number
  /** Of the weights; default `glorotUniform`. */
  readonly initialiser?: Initialiser
  /** Of the bias; default `zeros`. */
  readonly biasInitialiser?: Initialiser
}

/**
 * x w + b: [..., in] -> [..., out].
 * @error ShapeMismatch if the last axis of x is not `in`
 */
export const applyDense = ({ w, b }: Dense, x: tf.Tensor): tf.Tensor => {
  const [inputs, outputs] = w.shape as [number, number]
  if (x.rank === 0 || x.shape[x.rank - 1] !== inputs)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'applyDense',
      argument: 'x',
      expected: `shape [..., ${inputs}]`,
      got: `[${x.shape.join(', ')}]`
    })
  return scoped(() => {
    if (x.rank === 2) return tf.add(tf.matMul(x, w), b)
    // One matrix product for all leading axes: reshapes are free, batched products are not.
    const flat = tf.add(tf.matMul(tf.reshape(x, [x.size / inputs, inputs]), w), b)
    return tf.reshape(flat, [...x.shape.slice(0, -1), outputs])
  })
}

/**
 * A dense layer as a learnable function [..., in] -> [..., out].
 * @error InvalidArgument if a size is not a positive integer
 * @example
 * const layer = dense({ inputs: 64, outputs: 10 })
 * const logits = layer.build(layer.init(key(0)))(images) // [n, 64] -> [n, 10]
 */
export const dense = ({
  inputs,
  outputs,
  initialiser = glorotUniform,
  biasInitialiser = zeros
}: DenseOptions): Learnable<Dense, (x: tf.Tensor) => tf.Tensor> => {
  expectInteger('dense', { inputs, outputs }, 1)
  return {
    init: (key) =>
      scoped(() => {
        const [weightKey, biasKey] = split(key)
        return { w: initialiser(weightKey, [inputs, outputs]), b: biasInitialiser(biasKey, [outputs]) }
      }),
    build: (params) => (x) => applyDense(params, x)
  }
}
