/**
 * A family of elementwise bijectors that a network can choose from: each entry's map is given by `size` real numbers. What
 * couplings and autoregressive maps apply to the entries that they change.
 *
 * Laws: every vector of numbers gives a bijector, and zeros give the identity, so that a network whose last layer starts at 0
 * makes a flow that starts there too.
 */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, normal, scoped, type Learnable } from '@bdl/core'
import type { Bijector } from '../bijector.js'
import { deferred } from '../combinators/deferred.js'
import { lastSize } from '../numerics/last-axis.js'

export interface Transformer {
  readonly name: string
  /** How many numbers the map of one entry takes. */
  readonly size: number
  /** [..., size] -> an elementwise bijector of [...] */
  readonly build: (parameters: tf.Tensor) => Bijector
}

/** A transformer whose maps are made when they are used, of parameters [..., size]. */
export const elementwiseOf = (name: string, size: number, make: (parameters: tf.Tensor) => Bijector): Transformer => ({
  name,
  size,
  build: (parameters) => {
    if (lastSize(parameters) !== size)
      throw new BdlError({
        code: 'ShapeMismatch',
        fn: name,
        argument: 'parameters',
        expected: `shape [..., ${size}]`,
        got: `[${parameters.shape.join(', ')}]`
      })
    return deferred({ name, eventNdims: 0 }, () => make(parameters))
  }
})

/**
 * The conditioner of a coupling or an autoregressive map: a network's values [..., n size], those of one entry side by side,
 * choose the maps of n entries.
 *
 * @param network any function, of a part of a vector, say; it may close over a context
 * @returns x -> an elementwise bijector of [..., n]
 * @error ShapeMismatch if the number of values is no multiple of `size`
 * @example coupling({ numMasked: 2, conditioner: choosing(splineTransformer({ bins: 8, low: -3, high: 3 }), network) })
 */
export const choosing =
  ({ name, size, build }: Transformer, network: (x: tf.Tensor) => tf.Tensor) =>
  (x: tf.Tensor): Bijector => {
    const values = network(x)
    const count = lastSize(values) / size
    if (!Number.isInteger(count))
      throw new BdlError({
        code: 'ShapeMismatch',
        fn: 'choosing',
        argument: 'network',
        expected: `a last axis that is a multiple of ${size}, what ${name} takes for each entry`,
        got: `[${values.shape.join(', ')}]`
      })
    return build(tf.reshape(values, [...values.shape.slice(0, -1), count, size]))
  }

export interface LearnableTransformerOptions {
  readonly transformer: Transformer
  /** What broadcasts against x, [n] for vectors: as many maps as it has entries. */
  readonly shape: readonly number[]
  /** Standard deviation of the numbers at first, around those of the identity; default 0.1. */
  readonly spread?: number
}

/**
 * Elementwise maps to learn, one for each entry of `shape`, whose numbers are the parameters: marginals of a copula, say.
 *
 * @example learnableTransformer({ transformer: splineTransformer({ bins: 8, low: -3, high: 3 }), shape: [2] })
 */
export const learnableTransformer = ({
  transformer: { size, build },
  shape,
  spread = 0.1
}: LearnableTransformerOptions): Learnable<tf.Tensor, Bijector> => ({
  init: (key) => scoped(() => tf.mul(normal(key, [...shape, size]), spread)),
  build
})
