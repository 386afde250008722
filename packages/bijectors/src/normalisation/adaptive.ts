/**
 * Bijectors whose parameters can start from data: a first batch runs through a chain, and each link that normalises takes its
 * parameters from what reaches it. Pure: new parameters come out, as from a step of training.
 */
import type * as tf from '@tensorflow/tfjs-core'
import { cloneTree, type Learnable, type Tree } from '@bdl/core'
import type { Bijector } from '../bijector.js'

/** A bijector to learn that can also be adapted to a batch of what goes into it, [..., ...E]. */
export interface AdaptiveBijector<P> extends Learnable<P, Bijector> {
  /** The caller owns the result, none of which is an argument. */
  readonly adapt: (params: P, batch: tf.Tensor) => P
}

/** Any bijector to learn: what it draws is what it is built of. */
export interface AnyLearnableBijector {
  readonly init: Learnable<unknown, Bijector>['init']
  readonly build: (params: never) => Bijector
  readonly adapt?: (params: never, batch: tf.Tensor) => unknown
}

/** Parameters and bijector of a link that a batch has reached: adapted where the link can be. */
export const adapted = (
  link: AnyLearnableBijector,
  params: unknown,
  batch: tf.Tensor
): readonly [params: unknown, built: Bijector] => {
  const next = link.adapt === undefined ? cloneTree(params as Tree) : link.adapt(params as never, batch)
  return [next, link.build(next as never)]
}
