/**
 * Log densities of models with data: the whole data set, or an unbiased minibatch estimate of it.
 */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, expectInteger, leaves, mapTree, scoped, uniform } from '@bdl/core'
import type { Tree } from '@bdl/core'
import type { LogDensity, StochasticLogDensity } from './kernel.js'

export type LogJointOptions<P extends Tree, D extends Tree> = {
  /** log p(w), a scalar in nats. */
  readonly logPrior: LogDensity<P>
  /** log p(D | w), summed over the rows of `data`: a scalar in nats. */
  readonly logLikelihood: (position: P, data: D) => tf.Tensor
  /** Every leaf is [rows, ...]. */
  readonly data: D
}

/**
 * The unnormalised log posterior log p(w) + log p(D | w).
 *
 * @returns a scalar in nats, of one position
 * @precision float32: one ulp at |log p| = 1e4 is 1e-3 nat, about what an accept test tolerates
 * @example logJoint({ logPrior, logLikelihood, data: { x, y } })(weights).shape // => []
 */
export const logJoint =
  <P extends Tree, D extends Tree>({ logPrior, logLikelihood, data }: LogJointOptions<P, D>): LogDensity<P> =>
  (position) =>
    scoped(() => tf.add(logPrior(position), logLikelihood(position, data)))

/** Number of rows that all leaves of `data` share. */
const countRows = (data: Tree): number => {
  const counts = leaves(data).map((leaf) => leaf.shape[0] ?? 0)
  const rows = counts[0] ?? 0
  if (rows === 0 || counts.some((n) => n !== rows))
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'minibatchLogJoint',
      argument: 'data',
      expected: 'leaves [rows, ...] with the same number of rows > 0',
      got: `${counts.join(', ') || 'no'} rows`
    })
  return rows
}

/**
 * Minibatch estimate of the log posterior, log p(w) + (N / n) Σ over n rows drawn uniformly with replacement.
 *
 * Value and gradient are unbiased. Rows are drawn inside the graph, so each chain of a batch has its own.
 *
 * @param options `batchSize` is n
 * @returns a scalar estimate in nats, of one position and a key
 * @error InvalidArgument if `batchSize` is no integer > 0; ShapeMismatch if the leaves of `data` disagree on N
 * @source Welling & Teh (2011), Bayesian learning via stochastic gradient Langevin dynamics, ICML
 * @example minibatchLogJoint({ logPrior, logLikelihood, data: { x, y }, batchSize: 100 })(weights, key(0)).shape // => []
 */
export const minibatchLogJoint = <P extends Tree, D extends Tree>(
  options: LogJointOptions<P, D> & { readonly batchSize: number }
): StochasticLogDensity<P> => {
  const { logPrior, logLikelihood, data, batchSize } = options
  expectInteger('minibatchLogJoint', { batchSize }, 1)
  const rows = countRows(data)
  return (position, key) =>
    scoped(() => {
      // one word per row: a row's probability is right to 2⁻²³ · rows, at less than half of the cost of randint
      const chosen = tf.cast(tf.floor(tf.mul(uniform(key, [batchSize]), rows)), 'int32')
      const batch = mapTree((leaf) => tf.gather(leaf, chosen))(data)
      return tf.add(logPrior(position), tf.mul(logLikelihood(position, batch), rows / batchSize))
    })
}
