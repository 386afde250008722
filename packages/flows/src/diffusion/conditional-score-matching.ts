/** Score matching of conditional laws p(x | context), with the marginal law learnt beside them for guidance. */
import type * as tf from '@tensorflow/tfjs-core'
import { expectShape, scoped, split, type Key, type Learnable, type Tree } from '@bdl/core'
import { dropContext } from '../continuous/dropped-context.js'
import type { LabelledBatch } from '../matching/conditional-flow-matching.js'
import { denoisingErrors, noisedRows, type NoiseWeighting } from './score-matching.js'
import type { ConditionalScore } from './score.js'

export interface ConditionalScoreMatchingOptions<P extends Tree> extends NoiseWeighting {
  readonly score: Learnable<P, ConditionalScore>
  /** Share of rows that are trained without their context, which `guided` needs; default 0.1. */
  readonly drop?: number
}

/**
 * The loss of `denoisingScoreMatching` for a score with a context: batch { x: [n, d], context: [n, c] } -> scalar. A share
 * `drop` of the rows lose their context, so that the same network learns the marginal score.
 *
 * @error InvalidArgument in use, unless `drop` is in [0, 1]; ShapeMismatch if x is not [n, d] or the context not [n, c]
 * @source Ho & Salimans (2022), Classifier-free diffusion guidance, arXiv:2207.12598
 * @example
 * const score = conditionalScoreMlp({ noising, dimension: 2, context: 3 })
 * const loss = conditionalDenoisingScoreMatching({ score, noising })
 * loss(score.init(key(0)), { x: tf.zeros([8, 2]), context: tf.zeros([8, 3]) }, key(1))
 */
export const conditionalDenoisingScoreMatching = <P extends Tree>(options: ConditionalScoreMatchingOptions<P>) => {
  const { score, drop = 0.1, noising } = options
  const rowsOf = noisedRows('conditionalDenoisingScoreMatching', options)
  return (params: P, { x, context }: LabelledBatch, key: Key): tf.Tensor =>
    scoped(() => {
      expectShape('conditionalDenoisingScoreMatching', 'context', context.shape, [x.shape[0] ?? 0, -1])
      const [rowsKey, dropKey] = split(key)
      const scoreOf = score.build(params)
      return dropContext({ key: dropKey, probability: drop }, context, rowsOf(x, rowsKey), (known, rows) =>
        denoisingErrors(noising, scoreOf(known), rows)
      )
    })
}
