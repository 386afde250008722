/** Functions in a row, and functions beside the identity. */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, learnable, scoped, type Learnable, type SequencedParams } from '@bdl/core'
import type { Activation } from './activations.js'
import type { Initialiser } from './initialisers.js'
import { mlp, type MlpParams } from './mlp.js'

type Layer = (x: tf.Tensor) => tf.Tensor

interface AnyLayer {
  readonly init: (key: tf.Tensor) => unknown
  readonly build: (params: never) => Layer
}

/**
 * Layers one after the other; their parameters are a tuple.
 * @error InvalidArgument without a layer
 * @example sequential(dense({ inputs: 64, outputs: 16 }), residualBlock({ size: 16, hidden: 32 }), dense({ inputs: 16, outputs: 10 }))
 */
export const sequential = <const Ls extends readonly AnyLayer[]>(
  ...layers: Ls
): Learnable<SequencedParams<Ls>, Layer> => {
  if (layers.length === 0)
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'sequential',
      argument: 'layers',
      expected: 'at least one',
      got: 'none'
    })
  return learnable.map(
    (built: readonly Layer[]): Layer =>
      (x) =>
        scoped(() => built.reduce((h, f) => f(h), x))
  )(learnable.sequence(layers))
}

const expectSameShape = (x: tf.Tensor, y: tf.Tensor): void => {
  if (x.shape.join() === y.shape.join()) return
  throw new BdlError({
    code: 'ShapeMismatch',
    fn: 'residual',
    argument: 'inner',
    expected: `a function that keeps the shape [${x.shape.join(', ')}]`,
    got: `[${y.shape.join(', ')}]`
  })
}

/**
 * x + f(x), for a function that keeps the shape.
 * @error ShapeMismatch in use if it does not
 * @source He et al. 2015, arXiv:1512.03385
 */
export const residual = <P>(inner: Learnable<P, Layer>): Learnable<P, Layer> =>
  learnable.map(
    (f: Layer): Layer =>
      (x) =>
        scoped(() => {
          const y = f(x)
          expectSameShape(x, y)
          return tf.add(x, y)
        })
  )(inner)

export interface ResidualBlockOptions {
  readonly size: number
  readonly hidden: number
  /** Default `tanh`. */
  readonly activation?: Activation
  /** Of both weights; default `glorotUniform`. */
  readonly initialiser?: Initialiser
  /** Of the second, if it starts differently: `zeros` makes the block start at the identity. */
  readonly lastInitialiser?: Initialiser
}

/**
 * x + w2 activation(w1 x + b1) + b2, [..., size] -> [..., size].
 * @error InvalidArgument if a size is not a positive integer
 * @source He et al. 2015, arXiv:1512.03385
 */
export const residualBlock = ({ size, hidden, ...rest }: ResidualBlockOptions): Learnable<MlpParams, Layer> =>
  residual(mlp({ sizes: [size, hidden, size], ...rest }))
