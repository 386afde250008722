// Tests of equal distribution by permutation, and random directions: what of the two-sample metrics needs a key.
import { expectInteger, normal, permutation, scoped, split, toHostSync } from '@bdl/core'
import type { HostArray, Key } from '@bdl/core'
import {
  blockMeans,
  identityOrder,
  medianPairwiseDistance,
  pairShape,
  pooled,
  rbf,
  squaredDistances
} from './two-sample.js'

/**
 * Directions drawn evenly from the sphere: [count, d], each of length 1. Reads tensor values: not traceable.
 *
 * @error InvalidArgument if a size is not a positive integer
 */
export const randomDirections = (key: Key, count: number, d: number): HostArray => {
  expectInteger('randomDirections', { count, d }, 1)
  const { data } = scoped(() => toHostSync(normal(key, [count, d])))
  const lengths = Array.from({ length: count }, (_, i) => Math.hypot(...data.subarray(i * d, (i + 1) * d)))
  return { shape: [count, d], data: data.map((v, i) => v / (lengths[Math.floor(i / d)] ?? 1)) }
}

export interface MmdTest {
  readonly bandwidth: number
  /** Unbiased estimate of the squared discrepancy. */
  readonly mmdSquared: number
  /** (1 + permutations that reach the estimate) / (1 + permutations): at most alpha with probability alpha under H0. */
  readonly pValue: number
}

export interface MmdTestOptions {
  /** Bandwidths as multiples of the median distance; 1/2, 1, 2 if not given. */
  readonly multiples?: readonly number[]
  /** Number of permutations; 200 if not given. */
  readonly permutations?: number
}

const DEFAULT_MULTIPLES = [0.5, 1, 2]

/**
 * Permutation test of equal distribution by the unbiased MMD^2, one result per bandwidth. Reads tensor values: not
 * traceable.
 *
 * @error InvalidArgument if `permutations` is not a positive integer; ShapeMismatch if the columns differ
 * @source Gretton et al. (2012), JMLR 13, 723-773, section 5; Phipson & Smyth (2010), doi:10.2202/1544-6115.1585 (the + 1)
 */
export const mmdTest = (
  key: Key,
  x: HostArray,
  y: HostArray,
  { multiples = DEFAULT_MULTIPLES, permutations = 200 }: MmdTestOptions = {}
): readonly MmdTest[] => {
  expectInteger('mmdTest', { permutations }, 1)
  const { n, m } = pairShape('mmdTest', x, y)
  const distances = squaredDistances(pooled(x, y)).data
  const median = medianPairwiseDistance(x, y)
  const orders = scoped(() => split(key, permutations).map((one) => toHostSync(permutation(one, n + m)).data))
  return multiples.map((multiple) => {
    const bandwidth = multiple * median
    const kernel = distances.map(rbf(bandwidth))
    const statistic = (order: ArrayLike<number>): number => {
      const { within, between } = blockMeans(kernel, order, n, 'u')
      return within[0] + within[1] - 2 * between
    }
    const observed = statistic(identityOrder(n + m))
    const reached = orders.filter((order) => statistic(order) >= observed).length
    return { bandwidth, mmdSquared: observed, pValue: (1 + reached) / (1 + permutations) }
  })
}
