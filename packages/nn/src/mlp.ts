/** Multilayer perceptrons: dense layers with an activation between them and none after the last. */
import type * as tf from '@tensorflow/tfjs-core'
import { BdlError, scoped, split, type Learnable } from '@bdl/core'
import { tanh, type Activation } from './activations.js'
import { applyDense, dense, type Dense } from './dense.js'
import type { Initialiser } from './initialisers.js'

/** Layers from input to output. */
export type MlpParams = readonly Dense[]

export interface MlpOptions {
  /** Widths from input to output, at least two. */
  readonly sizes: readonly number[]
  /** Between layers; default `tanh`. */
  readonly activation?: Activation
  /** Of all weights; default `glorotUniform`. */
  readonly initialiser?: Initialiser
  /** Of all biases; default `zeros`. */
  readonly biasInitialiser?: Initialiser
  /** Of the last layer's weights, if they start differently (say `zeros`). */
  readonly lastInitialiser?: Initialiser
}

/** Applies an MLP: [..., in] -> [..., out]. `params` come first, as in a log density of the weights. */
export const applyMlp =
  (activation: Activation = tanh) =>
  (params: MlpParams, x: tf.Tensor): tf.Tensor =>
    scoped(() =>
      params.reduce((h, layer, i) => {
        const out = applyDense(layer, h)
        return i === params.length - 1 ? out : activation(out)
      }, x)
    )

/**
 * A multilayer perceptron [..., sizes[0]] -> [..., sizes[last]].
 * @error InvalidArgument for fewer than two sizes, or a size that is not a positive integer
 * @example
 * const net = mlp({ sizes: [64, 16, 10], activation: relu, initialiser: heNormal })
 * const params = net.init(key(0)) // [{ w: [64, 16], b: [16] }, { w: [16, 10], b: [10] }]
 * const logits = net.build(params)(images)
 */
export const mlp = (options: MlpOptions): Learnable<MlpParams, (x: tf.Tensor) => tf.Tensor> => {
  const { sizes, activation = tanh, initialiser, biasInitialiser, lastInitialiser = initialiser } = options
  if (sizes.length < 2)
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'mlp',
      argument: 'sizes',
      expected: 'at least an input and an output width',
      got: `[${sizes.join(', ')}]`
    })
  const layers = sizes.slice(1).map((outputs, i) => {
    const weights = i === sizes.length - 2 ? lastInitialiser : initialiser
    return dense({
      inputs: sizes[i]!,
      outputs,
      ...(weights && { initialiser: weights }),
      ...(biasInitialiser && { biasInitialiser })
    })
  })
  const apply = applyMlp(activation)
  return {
    init: (key) => scoped(() => split(key, layers.length).map((child, i) => layers[i]!.init(child))),
    build: (params) => (x) => apply(params, x)
  }
}
