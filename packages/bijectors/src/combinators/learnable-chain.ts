// Bijectors with weights, one after another.
import { learnable, type Learnable, type SequencedParams } from '@bdl/core'
import type { Bijector } from '../bijector.js'
import { chain } from './chain.js'

/** Any bijector to learn: what it draws is what it is built of. */
interface AnyLearnableBijector {
  readonly init: Learnable<unknown, Bijector>['init']
  readonly build: (params: never) => Bijector
}

/**
 * A chain to learn, left to right: `learnable.sequence` of its links, mapped to `chain`. Its parameters are the tuple of
 * theirs; a link without any is `learnable.of(reverse)`.
 *
 * @example learnableChain(learnableLuLinear({ size: 2 }), learnable.of(tanh), learnableAffine({ shape: [2] }))
 */
export const learnableChain = <const Ls extends readonly AnyLearnableBijector[]>(
  ...links: Ls
): Learnable<SequencedParams<Ls>, Bijector> =>
  learnable.map((bs: readonly Bijector[]) => chain(...bs))(learnable.sequence(links))
