/** Log densities of mixtures of many equal isotropic normals, with bounded memory: kernel estimates, curves with noise. */
import * as tf from '@tensorflow/tfjs-core'
import { scan } from '@bdl/compiler'
import { logsumexp } from '@bdl/core'

/** Entries of the largest intermediate, which is [rows, centres of a block, d]. */
const MOST_ENTRIES = 2 ** 22

export interface IsotropicMixture {
  /** Means, [m, d]. */
  readonly centres: tf.Tensor
  /** Log weights, [m]; -inf for none. */
  readonly logWeights: tf.Tensor
  /** Standard deviation of every component along every axis. */
  readonly scale: number | tf.Tensor
}

/** Centres of one block of at least one, as many as fit. */
const blockSize = (rows: number, m: number, d: number): number =>
  Math.max(1, Math.min(m, Math.floor(MOST_ENTRIES / Math.max(1, rows * d))))

/** Rows are filled up to whole blocks: [m, ...] -> [blocks, block, ...]. */
const inBlocks = (x: tf.Tensor, blocks: number, block: number, fill: number): tf.Tensor => {
  const missing = blocks * block - (x.shape[0] ?? 0)
  const rest = x.shape.slice(1)
  const whole = missing === 0 ? x : tf.concat([x, tf.fill([missing, ...rest], fill)], 0)
  return tf.reshape(whole, [blocks, block, ...rest])
}

/** Log of the sum over one block, with z in units of the scale: rows [n, d], centres [b, d] -> [n]. */
const blockLogSum = (rows: tf.Tensor, centres: tf.Tensor, logWeights: tf.Tensor): tf.Tensor => {
  // Differences themselves, not |x|^2 - 2 x c + |c|^2, which cancels where the kernel is narrow.
  const squares = tf.sum(tf.square(tf.sub(tf.expandDims(rows, 1), tf.expandDims(centres, 0))), -1)
  return logsumexp(tf.add(tf.mul(squares, -0.5), logWeights), -1)
}

/**
 * log sum_i w_i N(x; c_i, scale^2 I) of rows x [n, d], [n]; blocks of centres one after the other.
 * @precision float32: an absolute error of |z|^2 / 2 ulps, z the distance in units of the scale
 */
export const isotropicMixtureLogProb = (x: tf.Tensor, mixture: IsotropicMixture): tf.Tensor => {
  const [n = 0, d = 1] = x.shape
  const { scale, logWeights } = mixture
  const [rows, centres] = [tf.div(x, scale), tf.div(mixture.centres, scale)]
  const m = centres.shape[0] ?? 0
  const block = blockSize(n, m, d)
  const blocks = Math.ceil(m / block)
  const logNormaliser = tf.mul(tf.add(tf.log(scale), Math.log(2 * Math.PI) / 2), d)
  if (blocks === 1) return tf.sub(blockLogSum(rows, centres, logWeights), logNormaliser)
  const [, sums] = scan(
    (none: tf.Tensor, [c, w]: readonly [tf.Tensor, tf.Tensor]) => [none, blockLogSum(rows, c, w)] as const,
    tf.scalar(0),
    [inBlocks(centres, blocks, block, 0), inBlocks(logWeights, blocks, block, -Infinity)] as const
  )
  return tf.sub(logsumexp(sums, 0), logNormaliser)
}
