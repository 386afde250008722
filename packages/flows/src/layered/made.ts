/**
 * The autoregressive network: a multilayer perceptron whose weights are masked, so that the values of entry i are functions
 * of entries 1, ..., i - 1. What autoregressive bijectors are conditioned by; the masks are `madeMasks` of `@bdl/bijectors`.
 */
import * as tf from '@tensorflow/tfjs-core'
import { madeMasks, type MadeMasksOptions } from '@bdl/bijectors'
import { BdlError, fromHost, scoped, type Learnable } from '@bdl/core'
import { applyDense, mlp, tanh, type Activation, type Initialiser, type MlpParams } from '@bdl/nn'

export interface MadeOptions extends MadeMasksOptions {
  /** Between layers; default `tanh`. */
  readonly activation?: Activation
  /** Of all weights, before masks; default `glorotUniform`. */
  readonly initialiser?: Initialiser
  /** Of the last weights, if they start differently: `zeros` makes flows that start at the identity. */
  readonly lastInitialiser?: Initialiser
}

/** [..., n] -> [..., n size], the values of one entry side by side; the context [..., context], if there is one, broadcasts. */
export type AutoregressiveNetwork = (x: tf.Tensor, context?: tf.Tensor) => tf.Tensor

const withContext = (x: tf.Tensor, context: tf.Tensor | undefined, size: number): tf.Tensor => {
  if ((context?.shape[context.rank - 1] ?? 0) !== size)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'made',
      argument: 'context',
      expected: size === 0 ? 'none' : `shape [..., ${size}]`,
      got: context === undefined ? 'none' : `[${context.shape.join(', ')}]`
    })
  if (context === undefined) return x
  return tf.concat([x, tf.broadcastTo(context, [...x.shape.slice(0, -1), size])], x.rank - 1)
}

/**
 * A masked network to learn. Its parameters are those of an `mlp` of the same widths; the masks are not among them.
 *
 * @error InvalidArgument as of `madeMasks`; in use ShapeMismatch if x or the context does not fit
 * @source Germain, Gregor, Murray & Larochelle (2015), MADE, arXiv:1502.03509
 * @example
 * const net = made({ dimension: 3, hidden: [32, 32], size: 2 })
 * const conditioner = choosing(affineTransformer(), net.build(net.init(key(0))))
 * const b = maskedAutoregressive({ conditioner })
 */
export const made = (options: MadeOptions): Learnable<MlpParams, AutoregressiveNetwork> => {
  const { dimension, hidden, size, context = 0, activation = tanh, initialiser, lastInitialiser } = options
  const masks = madeMasks({ dimension, hidden, size, context })
  const { init } = mlp({
    sizes: [dimension + context, ...hidden, dimension * size],
    ...(initialiser && { initialiser }),
    ...(lastInitialiser && { lastInitialiser })
  })
  const build = (params: MlpParams): AutoregressiveNetwork => {
    if (params.length !== masks.length)
      throw new BdlError({
        code: 'InvalidArgument',
        fn: 'made',
        argument: 'params',
        expected: `${masks.length} layers`,
        got: `${params.length}`
      })
    return (x, given) =>
      scoped(() =>
        masks.reduce(
          (h, mask, i) => {
            const { w, b } = params[i]!
            const out = applyDense({ w: tf.mul(w, fromHost(mask)), b }, h)
            return i === masks.length - 1 ? out : activation(out)
          },
          withContext(x, given, context)
        )
      )
  }
  return { init, build }
}
