// Bijectors with weights, one after another.
import type * as tf from '@tensorflow/tfjs-core'
import { learnable, scoped, type SequencedParams } from '@bdl/core'
import type { Bijector } from '../bijector.js'
import { adapted, type AdaptiveBijector, type AnyLearnableBijector } from '../normalisation/adaptive.js'
import { chain } from './chain.js'

/**
 * A chain to learn, left to right: `learnable.sequence` of its links, mapped to `chain`. Its parameters are the tuple of
 * theirs; a link without any is `learnable.of(reverse)`. `adapt` runs a batch forwards through it, and each link that can
 * takes its parameters from what reaches it.
 *
 * @example learnableChain(learnableLuLinear({ size: 2 }), learnable.of(tanh), learnableAffine({ shape: [2] }))
 */
export const learnableChain = <const Ls extends readonly AnyLearnableBijector[]>(
  ...links: Ls
): AdaptiveBijector<SequencedParams<Ls>> => ({
  ...learnable.map((bs: readonly Bijector[]) => chain(...bs))(learnable.sequence(links)),
  adapt: (params, batch) =>
    scoped(() => {
      const start = { x: batch, done: [] as readonly unknown[] }
      const end = links.reduce(({ x, done }, link, i) => {
        const [next, built] = adapted(link, params[i], x)
        return { x: built.forward(x) as tf.Tensor, done: [...done, next] }
      }, start)
      return end.done as unknown as SequencedParams<Ls>
    })
})
