/** Velocity fields that are functions of a context: a label, an observation, or nothing, which is a context of its own. */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, expectInteger, learnable, scoped, type Learnable } from '@bdl/core'
import { mlp, silu, zeros, type MlpParams } from '@bdl/nn'
import { appendTime, timeFeatures, type Velocity, type VelocityMlpOptions } from './velocity.js'

/**
 * A field for each context, [c] for all rows or [..., c] for each; without one, the field of the marginal law over contexts,
 * which classifier-free guidance starts from. Scores and predictions of the same shape are conditioned likewise.
 */
export type ConditionalVelocity = (context?: tf.Tensor) => Velocity

export interface ConditionalVelocityMlpOptions extends VelocityMlpOptions {
  /** Numbers of the context. */
  readonly context: number
}

/** The context and a one, or as many zeros, along the last axis of [...lead, context + 1]. */
const presence = (given: tf.Tensor | undefined, size: number, lead: readonly number[]): tf.Tensor => {
  if (given === undefined) return tf.zeros([...lead, size + 1])
  if (given.shape[given.rank - 1] !== size)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'conditionalVelocityMlp',
      argument: 'context',
      expected: `shape [..., ${size}]`,
      got: `[${given.shape.join(', ')}]`
    })
  return tf.concat([tf.broadcastTo(given, [...lead, size]), tf.ones([...lead, 1])], lead.length)
}

/**
 * An MLP of [x, features of t, context, 1], or of [x, features of t, 0, 0] without a context, so that the two cannot be
 * confused whatever numbers contexts hold. Its last layer starts at zero, so before training nothing moves.
 *
 * x [..., d]; the context [c] or [..., c] broadcasts to its rows. Give classes as one-hot vectors.
 *
 * @error InvalidArgument if `context` is not a positive integer; in use ShapeMismatch if a context has another size
 * @source Ho & Salimans (2022), Classifier-free diffusion guidance, arXiv:2207.12598
 * @example
 * const field = conditionalVelocityMlp({ dimension: 2, context: 3 })
 * const velocityOf = field.build(field.init(key(0)))
 * velocityOf(tf.tensor1d([0, 1, 0]))(tf.scalar(0.5), tf.zeros([10, 2])).shape // [10, 2]
 */
export const conditionalVelocityMlp = (
  options: ConditionalVelocityMlpOptions
): Learnable<MlpParams, ConditionalVelocity> => {
  const { dimension, context, hidden = [64, 64], activation = silu, frequencies = 4 } = options
  expectInteger('conditionalVelocityMlp', { context }, 1)
  const time = timeFeatures(frequencies)
  const inputs = dimension + time.size + context + 1
  const net = mlp({ sizes: [inputs, ...hidden, dimension], activation, lastInitialiser: zeros })
  return learnable.map(
    (apply: (x: tf.Tensor) => tf.Tensor): ConditionalVelocity =>
      (given) =>
      (t, x) =>
        scoped(() => {
          const known = presence(given, context, x.shape.slice(0, -1))
          return apply(tf.concat([appendTime(time.features, t, x), known], x.rank - 1))
        })
  )(net)
}
