/**
 * What the data say about a network on its way: the gradient of the log likelihood at the predicted end point
 * x̂₁ = x + (1−t) v_base(t, x), with its size squashed. A field that sees it needs to learn only how far to trust it.
 */
import * as tf from '@tensorflow/tfjs-core'
import { grad } from '@bdl/compiler'
import { scoped } from '@bdl/core'
import type { BaseField } from './field.js'

/** Log likelihood of a raveled network, nats. */
export type FlatLogLikelihood = (x: tf.Tensor) => tf.Tensor

/** g / r · log(1 + r) with r the root mean square of g: keeps the direction, tames sizes from 1 to 10⁴. */
const squashed = (g: tf.Tensor): tf.Tensor => {
  const r = tf.sqrt(tf.add(tf.mean(tf.square(g)), 1e-12))
  return tf.mul(g, tf.div(tf.log1p(r), r))
}

/** x̂₁ and the squashed gradient there, both [d]. */
export const dataGradient =
  (base: BaseField, logLikelihood: FlatLogLikelihood) =>
  (t: tf.Tensor, x: tf.Tensor): readonly [end: tf.Tensor, gradient: tf.Tensor] =>
    scoped(() => {
      const end = tf.add(x, tf.mul(tf.sub(1, t), base.velocity(t, x)))
      return [end, squashed(grad(logLikelihood)(end))] as const
    })
