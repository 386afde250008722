/** Training that forgets the context now and then, so that one network learns the conditional laws and the marginal one. */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, mapTree, permutation, scoped, type Key, type Tree } from '@bdl/core'

/** A loss of each row [m], under a context per row [m, c] or without one. */
export type RowLosses<R extends Tree> = (context: tf.Tensor | undefined, rows: R) => tf.Tensor

/** Half of the rows at most are rounded away, but never all of one kind. */
const countDropped = (probability: number, n: number): number =>
  Math.min(n - 1, Math.max(1, Math.round(probability * n)))

const checkProbability = (probability: number): void => {
  if (probability >= 0 && probability <= 1) return
  throw new BdlError({
    code: 'InvalidArgument',
    fn: 'dropContext',
    argument: 'probability',
    expected: 'a number in [0, 1]',
    got: String(probability)
  })
}

/**
 * The mean loss of rows each of which loses its context with the given probability p: (1 - p) times the mean of rows that
 * keep it, plus p times that of rows that do not. Which rows is random, how many is not (the nearest to p n that leaves both
 * kinds), so the expectation is that of independent drops and the variance less; each row is computed once.
 *
 * context [n, c]; leaves of `rows` have n rows.
 *
 * @error InvalidArgument unless the probability is in [0, 1]
 * @source Ho & Salimans (2022), Classifier-free diffusion guidance, arXiv:2207.12598, algorithm 1
 * @example
 * dropContext({ key, probability: 0.1 }, context, { t, x, y }, (known, rows) => {
 *   const error = tf.sub(field.build(params)(known)(rows.t, rows.x), rows.y)
 *   return tf.mean(tf.square(error), -1)
 * })
 */
export const dropContext = <R extends Tree>(
  { key, probability }: { readonly key: Key; readonly probability: number },
  context: tf.Tensor,
  rows: R,
  losses: RowLosses<R>
): tf.Tensor =>
  scoped(() => {
    checkProbability(probability)
    const n = context.shape[0] ?? 1
    const known = (c: tf.Tensor, r: R): tf.Tensor => tf.mean(losses(c, r))
    const unknown = (r: R): tf.Tensor => tf.mean(losses(undefined, r))
    const both = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.add(tf.mul(a, 1 - probability), tf.mul(b, probability))
    if (probability === 0) return known(context, rows)
    if (probability === 1) return unknown(rows)
    if (n === 1) return both(known(context, rows), unknown(rows))
    const dropped = countDropped(probability, n)
    const order = permutation(key, n)
    const [out, kept] = [tf.slice(order, [0], [dropped]), tf.slice(order, [dropped], [n - dropped])]
    const take = (which: tf.Tensor): R => mapTree((leaf) => tf.gather(leaf, which))(rows)
    return both(known(tf.gather(context, kept), take(kept)), unknown(take(out)))
  })
