/**
 * The one shape of everything that moves a position: samplers, optimisers, warm-up. A kernel is written for ONE position;
 * `runChains` batches it with `vmap` and repeats it with `scan`. State feeds the next step, info feeds the reader.
 */
import type * as tf from '@tensorflow/tfjs-core'
import type { Key, Tree } from '@bdl/core'

/**
 * log p up to a constant, in nats, of one position: a scalar tensor.
 *
 * It must be traceable and differentiable by `@bdl/compiler`.
 */
export type LogDensity<P extends Tree> = (position: P) => tf.Tensor

/**
 * An unbiased estimate of log p drawn with a key, such as a minibatch gives. A plain `LogDensity` is one without noise.
 */
export type StochasticLogDensity<P extends Tree> = (position: P, key: Key) => tf.Tensor

/**
 * A Markov transition (or one optimiser step).
 *
 * - `init`: position -> state, without randomness.
 * - `step`: key and state -> next state and what happened. Both are owned by the caller; arguments are borrowed.
 *
 * A state carries its position under the name `position`; infos should be small, since all of them are kept.
 */
export interface Kernel<P extends Tree, S extends Tree & { readonly position: P }, I extends Tree> {
  readonly init: (position: P) => S
  readonly step: (key: Key, state: S) => readonly [next: S, info: I]
}
