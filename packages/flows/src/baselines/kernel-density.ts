/** The kernel density estimate: a normal round every row of the data. */
import * as tf from '@tensorflow/tfjs-core'
import { foriLoop } from '@bdl/compiler'
import { BdlError, diagPart, normal, randint, split, uniform, type Key } from '@bdl/core'
import { distribution, real, type Distribution } from '@bdl/distributions'
import { isotropicMixtureLogProb } from '../isotropic-mixture.js'
import { overRealRows } from '../real-rows.js'
import { expectBandwidth, factorOf, type Bandwidth } from './bandwidth.js'
import { momentsOf, rowsAndColumns } from './scatter-matrix.js'
import { scaled, whiten, type Whitening } from './whitening.js'

export interface KernelDensityOptions {
  /** Default `scott`. */
  readonly bandwidth?: Bandwidth
  /** Of the rows, [n], >= 0; normalised here. Default all alike. */
  readonly weights?: tf.Tensor
}

/** What an estimate is made of: coordinates in which every kernel is N(0, factor^2 I), and the rows' weights. */
interface Parts {
  readonly space: Whitening
  readonly factor: tf.Tensor
  readonly weights: tf.Tensor
}

const partsOf = (data: tf.Tensor, d: number, { bandwidth = 'scott', weights }: KernelDensityOptions): Parts => {
  const n = data.shape[0] ?? 0
  const shares = weights === undefined ? tf.fill([n], 1 / n) : tf.div(weights, tf.sum(weights))
  if (typeof bandwidth === 'object' && bandwidth.rank === 1)
    return { space: scaled(data, bandwidth), factor: tf.scalar(1), weights: shares }
  // As many rows of equal weight would make a mean as exact.
  const rows = weights === undefined ? tf.scalar(n) : tf.div(1, tf.sum(tf.square(shares)))
  const factor = typeof bandwidth === 'object' ? bandwidth : factorOf(bandwidth, rows, d)
  return { space: whiten(data, shares), factor, weights: shares }
}

const logProbOf = (data: tf.Tensor, x: tf.Tensor, { space, factor, weights }: Parts): tf.Tensor => {
  const mixture = { centres: space.forward(data), logWeights: tf.log(weights), scale: factor }
  const ofRows = (rows: tf.Tensor): tf.Tensor =>
    tf.add(isotropicMixtureLogProb(space.forward(rows), mixture), space.logDet)
  return overRealRows(data.shape[1] ?? 1, ofRows)(x)
}

/** Row numbers drawn by weight, int32, by bisection in the cumulative weights: memory is that of the draws. */
const drawRows = (key: Key, shape: readonly number[], weights: tf.Tensor): tf.Tensor => {
  const n = weights.shape[0] ?? 0
  const sums = tf.cumsum(weights)
  const u = tf.mul(uniform(key, shape), tf.gather(sums, tf.scalar(n - 1, 'int32')))
  type Bracket = readonly [low: tf.Tensor, high: tf.Tensor]
  // The first row whose cumulative weight exceeds u lies in [low, high]: one without weight adds nothing, and is never it.
  const halve = (_: tf.Tensor, [low, high]: Bracket): Bracket => {
    const middle = tf.floor(tf.mul(tf.add(low, high), 0.5))
    const isAbove = tf.greater(tf.gather(sums, tf.cast(middle, 'int32')), u)
    return [tf.where(isAbove, low, tf.minimum(tf.add(middle, 1), high)), tf.where(isAbove, middle, high)]
  }
  const start: Bracket = [tf.zerosLike(u), tf.fill(u.shape, n - 1)]
  const [row] = foriLoop(0, Math.ceil(Math.log2(n)) + 1, halve, start)
  return tf.cast(row, 'int32')
}

const drawFrom = (
  key: Key,
  shape: readonly number[],
  data: tf.Tensor,
  { space, factor, weights }: Parts,
  isWeighted: boolean
): tf.Tensor => {
  const [which, noise] = split(key)
  const rows = isWeighted ? drawRows(which, shape, weights) : randint(which, [...shape], 0, data.shape[0] ?? 0)
  const row = tf.gather(data, rows)
  return tf.add(row, space.spread(tf.mul(normal(noise, row.shape), factor)))
}

/** Covariance of the estimate: that of the rows and that of a kernel, [d, d]. */
const covarianceOf = (data: tf.Tensor, { space, factor, weights }: Parts): tf.Tensor => {
  // Row i of `spread` of the identity is the i-th column of the kernel's factor.
  const columns = tf.mul(space.spread(tf.eye(data.shape[1] ?? 1)), factor)
  return tf.add(momentsOf(data, weights).covariance, tf.matMul(columns, columns, true))
}

/**
 * sum_i w_i N(x; x_i, H) over the rows of data [n, d]. Differentiable in the data. Memory stays bounded: kernels are summed
 * in blocks.
 *
 * @error ShapeMismatch if `data` is no matrix, or weights or bandwidth do not fit; InvalidArgument for fewer than two rows or a
 *   bandwidth that is not > 0
 * @precision float32; data on a line or plane have a singular covariance, and densities are NaN: give deviations [d]
 * @source Parzen (1962), doi:10.1214/aoms/1177704472; Scott (1992), Silverman (1986): the rules, as SciPy's gaussian_kde has them
 * @example kernelDensity(data, { bandwidth: 'silverman' }).logProb(x) // [m, d] -> [m], nats
 */
export const kernelDensity = (data: tf.Tensor, options: KernelDensityOptions = {}): Distribution => {
  const fn = 'kernelDensity'
  const [n, d] = rowsAndColumns(fn, data)
  const { bandwidth = 'scott', weights } = options
  expectBandwidth(fn, bandwidth, d)
  if (weights !== undefined && weights.shape.join() !== String(n))
    throw new BdlError({
      code: 'ShapeMismatch',
      fn,
      argument: 'weights',
      expected: `shape [${n}], one for each row`,
      got: `[${weights.shape.join(', ')}]`
    })
  const isWeighted = weights !== undefined
  const parts = (): Parts => partsOf(data, d, options)
  return distribution<tf.Tensor>({
    name: fn,
    batchShape: [],
    eventShape: [d],
    isReparameterised: !isWeighted,
    support: real,
    logProb: (x) => logProbOf(data, x, parts()),
    sample: (key, shape) => drawFrom(key, shape, data, parts(), isWeighted),
    sampleAndLogProb: (key, shape) => {
      const own = parts()
      const x = drawFrom(key, shape, data, own, isWeighted)
      return [x, logProbOf(data, x, own)]
    },
    mean: () => momentsOf(data, parts().weights).mean,
    variance: () => diagPart(covarianceOf(data, parts())),
    covariance: () => covarianceOf(data, parts())
  })
}
