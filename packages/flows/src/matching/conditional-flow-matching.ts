/** Flow matching of conditional laws p(x | context), with the marginal law learnt beside them for guidance. */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, scoped, split, type Key, type Learnable, type Tree } from '@bdl/core'
import type { ConditionalVelocity } from '../continuous/conditional-velocity.js'
import { dropContext } from '../continuous/dropped-context.js'
import { matchingErrors, matchingPoints, type MatchingOptions } from './flow-matching.js'
import type { Pairing } from './pairing.js'

/** Data and their contexts, row by row. */
export type LabelledBatch = { readonly x: tf.Tensor; readonly context: tf.Tensor }

export interface ConditionalFlowMatchingOptions<P extends Tree> extends MatchingOptions {
  readonly field: Learnable<P, ConditionalVelocity>
  /** Share of rows that are trained without their context, which `guided` needs; default 0.1. */
  readonly drop?: number
  /**
   * What a `pair` counts a squared distance between contexts as, in squared distances of the data; default 100. A source then
   * gets a context at random, and is paired with data of like context: pairing across contexts would teach each conditional
   * flow a source of its own.
   */
  readonly contextWeight?: number
}

const checkBatch = ({ x, context }: LabelledBatch): void => {
  if (context.rank === 2 && context.shape[0] === x.shape[0]) return
  throw new BdlError({
    code: 'ShapeMismatch',
    fn: 'conditionalFlowMatching',
    argument: 'context',
    expected: `shape [${x.shape[0]}, c]`,
    got: `[${context.shape.join(', ')}]`
  })
}

/** A pairing of ends that carry their contexts along: each source, having none, that of the data in its row. */
const within = (pair: Pairing, context: tf.Tensor, weight: number) => (x0: tf.Tensor, x1: tf.Tensor, key: Key) => {
  const scaled = tf.mul(context, Math.sqrt(weight))
  const rows = pair(tf.concat([x0, scaled], 1), tf.concat([x1, scaled], 1), key)
  return [tf.gather(x0, rows), x1] as const
}

/**
 * The loss of `flowMatching` for a field with a context: batch { x: [n, d], context: [n, c] } -> scalar. A share `drop` of the
 * rows lose their context, so that the same network learns the marginal field.
 *
 * @error InvalidArgument unless `drop` is in [0, 1] and `contextWeight` >= 0; ShapeMismatch if x is not [n, d] with the
 *   source's d, or the context not [n, c]
 * @source Lipman et al. 2022, arXiv:2210.02747; Ho & Salimans 2022, arXiv:2207.12598; Zheng et al. 2023, arXiv:2311.13443;
 *   Cheng & Schwing 2025 (pairing within contexts), arXiv:2503.10636
 * @example
 * const field = conditionalVelocityMlp({ dimension: 2, context: 3 })
 * const loss = conditionalFlowMatching({ field, drop: 0.2 })
 * loss(field.init(key(0)), { x: tf.zeros([8, 2]), context: tf.zeros([8, 3]) }, key(1))
 */
export const conditionalFlowMatching = <P extends Tree>(options: ConditionalFlowMatchingOptions<P>) => {
  const { field, drop = 0.1, contextWeight = 100, pair, weight } = options
  if (!(contextWeight >= 0))
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'conditionalFlowMatching',
      argument: 'contextWeight',
      expected: 'a number >= 0',
      got: String(contextWeight)
    })
  return (params: P, batch: LabelledBatch, key: Key): tf.Tensor =>
    scoped(() => {
      checkBatch(batch)
      const { x, context } = batch
      const [pointsKey, dropKey] = split(key)
      const couple = pair && within(pair, context, contextWeight)
      const points = matchingPoints('conditionalFlowMatching', options, x, pointsKey, couple)
      const velocityOf = field.build(params)
      return dropContext({ key: dropKey, probability: drop }, context, points, (known, rows) =>
        matchingErrors(velocityOf(known), rows, weight)
      )
    })
}
