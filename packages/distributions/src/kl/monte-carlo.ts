// The divergence by draws, where there is no closed form.
import * as tf from '@tensorflow/tfjs-core'
import { expectInteger, scoped, type Key, type Tree } from '@bdl/core'
import type { Distribution } from '../distribution.js'

export interface KlEstimate {
  /** [...B], the mean of log p(x) - log q(x) over draws x of p, in nats. */
  readonly value: tf.Tensor
  /** [...B], its standard error. */
  readonly standardError: tf.Tensor
}

/**
 * KL(p || q) by `draws` draws of p, with its standard error. An estimate may be negative, and is differentiable: in the
 * parameters of q always, in those of p where draws are reparameterised (else a part of the derivative is missing).
 *
 * @param key used up @param draws at least 2
 * @error InvalidArgument if `draws` is not an integer of at least 2
 * @precision the error falls as 1 / sqrt(draws); where q excludes a draw, the estimate is infinite
 * @example klMonteCarlo(key(0), 1000)(mixture(weights, normal(loc, 1)), normal(0, 2)) // => { value, standardError }
 */
export const klMonteCarlo = (key: Key, draws: number) => {
  expectInteger('klMonteCarlo', { draws }, 2)
  return <T extends Tree>(p: Distribution<T>, q: Distribution<T>): KlEstimate =>
    scoped(() => {
      const [x, logP] = p.sampleAndLogProb(key, [draws])
      const gaps = tf.sub(logP, q.logProb(x))
      const value = tf.mean(gaps, 0)
      const variance = tf.div(tf.sum(tf.square(tf.sub(gaps, value)), 0), draws - 1)
      return { value, standardError: tf.sqrt(tf.div(variance, draws)) }
    })
}
