// What a closed form of a Kullback-Leibler divergence is: a rule that knows one pair of families.
import type * as tf from '@tensorflow/tfjs-core'
import type { AnyDistribution, Distribution } from '../distribution.js'

/** KL(p || q) where the rule knows the pair, else undefined. `recur` is the whole table, for rules about combinators. */
export type KlRule = (p: Distribution, q: Distribution, recur: Kl) => tf.Tensor | undefined

/** [...B], in nats; >= 0, infinite where q excludes what p allows. */
export type Kl = (p: AnyDistribution, q: AnyDistribution) => tf.Tensor
