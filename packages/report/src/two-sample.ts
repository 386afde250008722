// Whether two samples, [n, d] and [m, d], come from one distribution.
import { BdlError, expectPositive } from '@bdl/core'
import type { HostArray } from '@bdl/core'
import { matrixShape, sum } from './rows.js'

interface Pair {
  readonly n: number
  readonly m: number
  readonly d: number
}

/** Sizes of two samples; throws unless they have the same number of columns. */
export const pairShape = (fn: string, x: HostArray, y: HostArray): Pair => {
  const [n, d] = matrixShape(fn, 'x', x)
  const [m, other] = matrixShape(fn, 'y', y)
  if (d !== other)
    throw new BdlError({ code: 'ShapeMismatch', fn, argument: 'y', expected: `${d} columns`, got: String(other) })
  return { n, m, d }
}

/** The rows of x, then those of y. */
export const pooled = (x: HostArray, y: HostArray): HostArray => {
  const { n, m, d } = pairShape('pooled', x, y)
  const data = new Float64Array((n + m) * d)
  data.set(x.data)
  data.set(y.data, n * d)
  return { shape: [n + m, d], data }
}

/** Squared Euclidean distances of all pairs of rows: [n, d] -> [n, n]. */
export const squaredDistances = (rows: HostArray): HostArray => {
  const [n, d] = matrixShape('squaredDistances', 'rows', rows)
  const data = new Float64Array(n * n)
  for (let i = 0; i < n; i++)
    for (let j = 0; j < i; j++) {
      let total = 0
      // Differences first: |x|^2 + |y|^2 - 2xy loses the digits of close pairs.
      for (let k = 0; k < d; k++) total += ((rows.data[i * d + k] ?? 0) - (rows.data[j * d + k] ?? 0)) ** 2
      data[i * n + j] = data[j * n + i] = total
    }
  return { shape: [n, n], data }
}

/** Median of the distances between different rows of both samples: the usual first guess of a kernel's bandwidth. */
export const medianPairwiseDistance = (x: HostArray, y: HostArray): number => {
  const all = squaredDistances(pooled(x, y))
  const n = all.shape[0] ?? 0
  const upper = all.data
    .filter((_, i) => i % n > Math.floor(i / n))
    .map(Math.sqrt)
    .sort()
  const half = (upper.length - 1) / 2
  return ((upper[Math.floor(half)] ?? NaN) + (upper[Math.ceil(half)] ?? NaN)) / 2
}

export interface BlockMeans {
  readonly within: readonly [number, number]
  readonly between: number
}

/** Whether a mean over pairs takes the diagonal in: `v` does (biased), `u` does not (unbiased). */
export type PairMean = 'u' | 'v'

/**
 * Means of f(squared distance) within both samples and between them, the samples being those rows of the pooled matrix
 * whose entry in `order` comes before n, and the others.
 */
export const blockMeans = (
  kernel: Float64Array,
  order: ArrayLike<number>,
  n: number,
  statistic: PairMean
): BlockMeans => {
  const size = order.length
  const m = size - n
  let [xx, yy, xy] = [0, 0, 0]
  for (let a = 0; a < size; a++) {
    const row = (order[a] ?? 0) * size
    for (let b = 0; b < a; b++) {
      const value = kernel[row + (order[b] ?? 0)] ?? 0
      if (a < n) xx += value
      else if (b < n) xy += value
      else yy += value
    }
  }
  let [diagonalX, diagonalY] = [0, 0]
  for (let a = 0; a < size; a++) {
    const value = kernel[(order[a] ?? 0) * (size + 1)] ?? 0
    if (a < n) diagonalX += value
    else diagonalY += value
  }
  const average = (pairs: number, diagonal: number, k: number): number =>
    statistic === 'v' ? (2 * pairs + diagonal) / (k * k) : (2 * pairs) / (k * (k - 1))
  return { within: [average(xx, diagonalX, n), average(yy, diagonalY, m)], between: xy / (n * m) }
}

/** 0, 1, ..., size - 1. */
export const identityOrder = (size: number): Int32Array => Int32Array.from({ length: size }, (_, i) => i)

const blocks = (
  fn: string,
  x: HostArray,
  y: HostArray,
  statistic: PairMean,
  f: (squaredDistance: number) => number
): BlockMeans => {
  const { n, m } = pairShape(fn, x, y)
  if (statistic === 'u' && Math.min(n, m) < 2)
    throw new BdlError({ code: 'ShapeMismatch', fn, argument: n < 2 ? 'x' : 'y', expected: '2 rows', got: '1' })
  return blockMeans(squaredDistances(pooled(x, y)).data.map(f), identityOrder(n + m), n, statistic)
}

/** k(x, y) = exp(-|x - y|^2 / (2 bandwidth^2)) as a function of the squared distance. */
export const rbf =
  (bandwidth: number) =>
  (squaredDistance: number): number =>
    Math.exp(-squaredDistance / (2 * bandwidth * bandwidth))

/**
 * Squared maximum mean discrepancy with an RBF kernel: E k(X, X') + E k(Y, Y') - 2 E k(X, Y).
 *
 * `u` (default) is unbiased and may be negative; `v` takes the diagonal in and is never negative.
 *
 * @error InvalidArgument if `bandwidth` is not positive; ShapeMismatch if the columns differ or `u` has one row
 * @source Gretton, Borgwardt, Rasch, Schoelkopf & Smola (2012), JMLR 13, 723-773
 */
export const mmdSquared = (x: HostArray, y: HostArray, bandwidth: number, statistic: PairMean = 'u'): number => {
  expectPositive('mmdSquared', { bandwidth })
  const { within, between } = blocks('mmdSquared', x, y, statistic, rbf(bandwidth))
  return within[0] + within[1] - 2 * between
}

/**
 * Energy distance 2 E|X - Y| - E|X - X'| - E|Y - Y'|, in the units of the data.
 *
 * `v` (default) takes the diagonal in and is never negative; `u` is unbiased. SciPy's is the square root of `v`.
 *
 * @error ShapeMismatch if the columns differ or `u` has one row
 * @source Szekely & Rizzo (2013), J. Statist. Planning Inference 143(8), 1249-1272, doi:10.1016/j.jspi.2013.03.018
 */
export const energyDistance = (x: HostArray, y: HostArray, statistic: PairMean = 'v'): number => {
  const { within, between } = blocks('energyDistance', x, y, statistic, Math.sqrt)
  return 2 * between - within[0] - within[1]
}

/**
 * Wasserstein distance of two samples of numbers, raised to its order: integral over u of |F^-1(u) - G^-1(u)|^order.
 *
 * Samples may differ in size: the quantile functions are compared on all their steps.
 *
 * @source Villani (2009), Optimal Transport, Springer, section 2.1
 */
export const wassersteinPower = (x: ArrayLike<number>, y: ArrayLike<number>, order: 1 | 2): number => {
  const [a, b] = [Float64Array.from(x).sort(), Float64Array.from(y).sort()]
  let [i, j, done, total] = [0, 0, 0, 0]
  while (i < a.length && j < b.length) {
    // Steps end at (i + 1) / n and (j + 1) / m: compared as integers, so that equal ends are seen as equal.
    const [endA, endB] = [(i + 1) * b.length, (j + 1) * a.length]
    const end = Math.min(endA, endB) / (a.length * b.length)
    total += (end - done) * Math.abs((a[i] ?? 0) - (b[j] ?? 0)) ** order
    done = end
    if (endA <= endB) i++
    if (endB <= endA) j++
  }
  return total
}

/** Rows projected on one direction: [n, d], [d] -> [n]. */
export const project = (rows: HostArray, direction: ArrayLike<number>): Float64Array => {
  const [n, d] = matrixShape('project', 'rows', rows)
  return Float64Array.from({ length: n }, (_, i) =>
    sum(Float64Array.from({ length: d }, (_, k) => (rows.data[i * d + k] ?? 0) * (direction[k] ?? 0)))
  )
}

/**
 * Sliced Wasserstein distance, in the units of the data: (mean over directions of W^order)^(1/order).
 *
 * @param directions unit vectors, [directions, d]; `randomDirections` draws them
 * @error ShapeMismatch if the columns differ
 * @source Bonneel, Rabin, Peyre & Pfister (2015), J. Math. Imaging Vis. 51, 22-45, doi:10.1007/s10851-014-0506-3
 */
export const slicedWasserstein = (x: HostArray, y: HostArray, directions: HostArray, order: 1 | 2 = 2): number => {
  const { d } = pairShape('slicedWasserstein', x, y)
  pairShape('slicedWasserstein', x, directions)
  const [k] = matrixShape('slicedWasserstein', 'directions', directions)
  const powers = Float64Array.from({ length: k }, (_, i) => {
    const direction = directions.data.subarray(i * d, (i + 1) * d)
    return wassersteinPower(project(x, direction), project(y, direction), order)
  })
  return (sum(powers) / k) ** (1 / order)
}
