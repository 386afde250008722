// What an average of many predictions knows of its own doubt: entropies in nats, and their split in two.
import type { HostArray } from '@bdl/core'
import { argMax, expectLabels, mapRows, memberShape, sum } from './rows.js'

// p log p -> 0 as p -> 0.
const plogp = (p: number): number => (p > 0 ? p * Math.log(p) : 0)

const rowEntropy = (row: Float64Array): number => row.reduce((total, p) => total - plogp(p), 0)

/** -sum_c p_c log p_c of every row, in nats: [n, c] -> [n], each in [0, log c]. */
export const entropy = (probabilities: HostArray): Float64Array =>
  mapRows('entropy', 'probabilities', probabilities, rowEntropy)

/** Mean over members: [s, n, c] -> [n, c]. The predictive of a Bayesian model average. */
export const modelAverage = (members: HostArray): HostArray => {
  const [s, n, c] = memberShape('modelAverage', 'members', members)
  const data = new Float64Array(n * c)
  for (let k = 0; k < s; k++)
    for (let i = 0; i < n * c; i++) data[i] = (data[i] ?? 0) + (members.data[k * n * c + i] ?? 0)
  return { shape: [n, c], data: data.map((total) => total / s) }
}

/** Member k of [s, n, c], as a view [n, c]. */
export const member = (members: HostArray, k: number): HostArray => {
  const [, n, c] = memberShape('member', 'members', members)
  return { shape: [n, c], data: members.data.subarray(k * n * c, (k + 1) * n * c) }
}

/** Mean of the members' entropies, in nats: [s, n, c] -> [n]. What doubt the data leave however many members there are. */
export const expectedEntropy = (members: HostArray): Float64Array => {
  const [s, n, c] = memberShape('expectedEntropy', 'members', members)
  const all = entropy({ shape: [s * n, c], data: members.data })
  return Float64Array.from(
    { length: n },
    (_, i) => sum(Float64Array.from({ length: s }, (_, k) => all[k * n + i] ?? 0)) / s
  )
}

/**
 * Mutual information of the label and the member, in nats: H[mean p] - mean H[p], [s, n, c] -> [n].
 *
 * What the members disagree about: 0 where all say the same. Clamped at 0, below which only rounding brings it.
 *
 * @source Houlsby, Huszar, Ghahramani & Lengyel (2011), arXiv:1112.5745
 */
export const mutualInformation = (members: HostArray): Float64Array => {
  const expected = expectedEntropy(members)
  return entropy(modelAverage(members)).map((h, i) => Math.max(0, h - (expected[i] ?? 0)))
}

/**
 * Log pointwise predictive density, in nats: sum over rows of log mean_s p_s(label), [s, n, c], [n] -> number.
 *
 * @source Gelman, Hwang & Vehtari (2014), Statistics and Computing 24, 997-1016, doi:10.1007/s11222-013-9416-2
 */
export const logPredictiveDensity = (members: HostArray, labels: ArrayLike<number>): number => {
  const average = modelAverage(members)
  expectLabels('logPredictiveDensity', labels, average.shape[0] ?? 0, average.shape[1] ?? 0)
  return sum(mapRows('logPredictiveDensity', 'members', average, (row, i) => Math.log(row[labels[i] ?? 0] ?? 0)))
}

// Mean over the ordered pairs k != l of f at every row.
const meanOverPairs = (members: HostArray, f: (p: Float64Array, q: Float64Array) => number): number => {
  const [s, n, c] = memberShape('diversity', 'members', members)
  const row = (k: number, i: number): Float64Array => members.data.subarray((k * n + i) * c, (k * n + i + 1) * c)
  let total = 0
  for (let k = 0; k < s; k++)
    for (let l = 0; l < s; l++) if (k !== l) for (let i = 0; i < n; i++) total += f(row(k, i), row(l, i))
  return s < 2 ? 0 : total / (s * (s - 1) * n)
}

/** Share of rows on which two different members name different classes, averaged over pairs: [s, n, c] -> [0, 1]. */
export const disagreement = (members: HostArray): number =>
  meanOverPairs(members, (p, q) => (argMax(p) === argMax(q) ? 0 : 1))

/** Mean over pairs and rows of KL(p_k || p_l), in nats: [s, n, c] -> number. Infinite if a member rules out a class. */
export const pairwiseKl = (members: HostArray): number =>
  meanOverPairs(members, (p, q) => p.reduce((total, a, j) => total + (a > 0 ? a * Math.log(a / (q[j] ?? 0)) : 0), 0))

/** Mean over pairs and rows of the Jensen-Shannon divergence, in nats: [s, n, c] -> [0, log 2]. */
export const pairwiseJsd = (members: HostArray): number =>
  meanOverPairs(members, (p, q) => {
    const middle = p.map((a, j) => (a + (q[j] ?? 0)) / 2)
    return rowEntropy(middle) - (rowEntropy(p) + rowEntropy(q)) / 2
  })
