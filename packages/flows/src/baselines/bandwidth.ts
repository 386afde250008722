/** How wide the kernels of a density estimate are: by rule, by the user, or by the likelihood of what was left out. */
import * as tf from '@tensorflow/tfjs-core'
import { scan, vmap } from '@bdl/compiler'
import { BdlError, expectPositive, logsumexp, scoped } from '@bdl/core'
import { rowsAndColumns } from './scatter-matrix.js'
import { whiten, type Whitening } from './whitening.js'

/**
 * A rule or a number (also a scalar tensor) is a factor on the spread of the data: the kernel has the covariance factor^2 C, C
 * that of the data, as in SciPy. A tensor [d] has the kernel's standard deviations along the axes themselves.
 */
export type Bandwidth = 'scott' | 'silverman' | number | tf.Tensor

/** n^(-1/(d+4)), or with Silverman's (d + 2) / 4 times as many rows. */
export const factorOf = (bandwidth: Exclude<Bandwidth, tf.Tensor>, rows: tf.Tensor, d: number): tf.Tensor => {
  if (typeof bandwidth === 'number') return tf.scalar(bandwidth)
  const effective = bandwidth === 'scott' ? rows : tf.mul(rows, (d + 2) / 4)
  return tf.pow(effective, -1 / (d + 4))
}

/** @error InvalidArgument if a number is not finite and > 0; ShapeMismatch if a tensor is neither a scalar nor [d] */
export const expectBandwidth = (fn: string, bandwidth: Bandwidth, d: number): void => {
  if (typeof bandwidth === 'number') expectPositive(fn, { bandwidth })
  if (typeof bandwidth !== 'object' || bandwidth.rank === 0 || bandwidth.shape.join() === String(d)) return
  throw new BdlError({
    code: 'ShapeMismatch',
    fn,
    argument: 'bandwidth',
    expected: `shape [] or [${d}]`,
    got: `[${bandwidth.shape.join(', ')}]`
  })
}

export interface LikelihoodBandwidthOptions {
  /** Factors to choose from; default 24 of them, from a twentieth of Scott's to twice it, in equal ratios. */
  readonly factors?: readonly number[]
  /** Rows [k, d] to score; default the data themselves, each left out of its own estimate. */
  readonly heldOut?: tf.Tensor
}

const DEFAULT_FACTORS = 24

const defaultFactors = (n: number, d: number): readonly number[] => {
  const scott = n ** (-1 / (d + 4))
  return Array.from({ length: DEFAULT_FACTORS }, (_, i) => scott * 0.05 * 40 ** (i / (DEFAULT_FACTORS - 1)))
}

/** Rows of data that are scored at a time, against all of them. */
const ROWS_AT_A_TIME = 64

/** Summed log sum_j exp(-|x_i - y_j|^2 / (2 f^2)) over rows that count, for every factor f: [rows, d] -> [factors]. */
const scores = (x: tf.Tensor, counts: tf.Tensor, own: tf.Tensor, centres: tf.Tensor, factors: tf.Tensor): tf.Tensor => {
  const squares = tf.sum(tf.square(tf.sub(tf.expandDims(x, 1), tf.expandDims(centres, 0))), -1)
  const others = tf.notEqual(tf.expandDims(own, -1), tf.range(0, centres.shape[0] ?? 0, 1, 'int32'))
  const exponents = tf.where(others, tf.mul(squares, -0.5), -Infinity)
  const one = (factor: tf.Tensor): tf.Tensor =>
    tf.sum(tf.where(counts, logsumexp(tf.div(exponents, tf.square(factor)), -1), 0))
  return vmap(one)(factors)
}

/** Scores of all rows, in blocks; `isLeftOut` when the rows are the centres themselves. */
const totals = (rows: tf.Tensor, centres: tf.Tensor, factors: tf.Tensor, isLeftOut: boolean): tf.Tensor => {
  const [n = 0, d = 1] = rows.shape
  const blocks = Math.ceil(n / ROWS_AT_A_TIME)
  const size = blocks * ROWS_AT_A_TIME
  const filled = tf.reshape(tf.pad(rows, [[0, size - n], [0, 0]]), [blocks, ROWS_AT_A_TIME, d]) // prettier-ignore
  const numbers = tf.reshape(tf.range(0, size, 1, 'int32'), [blocks, ROWS_AT_A_TIME])
  const step = (sum: tf.Tensor, [x, i]: readonly [tf.Tensor, tf.Tensor]) => {
    const own = isLeftOut ? i : tf.fill(i.shape, -1, 'int32')
    return [tf.add(sum, scores(x, tf.less(i, n), own, centres, factors)), [] as const] as const
  }
  return scan(step, tf.zeros(factors.shape), [filled, numbers] as const)[0]
}

/**
 * The factor on the spread of data [n, d] that gives the most likelihood to rows left out, a scalar: each row in turn, or
 * `heldOut`. What `kernelDensity` takes as its bandwidth.
 *
 * @error ShapeMismatch if `data` is no matrix or `heldOut` has other columns; InvalidArgument if a factor is not > 0
 * @precision compares log-likelihoods in float32. Rows that occur twice favour the least factor
 * @source Habbema, Hermans & van den Broek (1974); Duin (1976), doi:10.1109/TC.1976.1674577
 * @example kernelDensity(data, { bandwidth: likelihoodBandwidth(data) })
 */
export const likelihoodBandwidth = (data: tf.Tensor, options: LikelihoodBandwidthOptions = {}): tf.Tensor => {
  const fn = 'likelihoodBandwidth'
  const [n, d] = rowsAndColumns(fn, data)
  const { factors = defaultFactors(n, d), heldOut } = options
  factors.forEach((factor) => expectPositive(fn, { factors: factor }))
  if (factors.length === 0) expectPositive(fn, { 'number of factors': 0 })
  if (heldOut !== undefined && heldOut.shape[1] !== d)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn,
      argument: 'heldOut',
      expected: `shape [k, ${d}]`,
      got: `[${heldOut.shape.join(', ')}]`
    })
  return scoped(() => {
    const space: Whitening = whiten(data, tf.fill([n], 1 / n))
    const centres = space.forward(data)
    const all = tf.tensor1d([...factors])
    const rows = heldOut === undefined ? centres : space.forward(heldOut)
    const logs = totals(rows, centres, all, heldOut === undefined)
    const perRow = tf.sub(tf.div(logs, rows.shape[0] ?? 1), tf.mul(tf.log(all), d))
    return tf.gather(all, tf.argMax(perRow))
  })
}
