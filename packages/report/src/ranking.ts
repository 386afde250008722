// How well a score tells two groups apart, whatever its scale.
import { BdlError } from '@bdl/core'
import type { HostArray } from '@bdl/core'
import { confidence, correctness } from './classification.js'
import { expectLabels, expectSameLength, sortOrder, sum } from './rows.js'

// Ranks from 1, equals sharing the mean of theirs.
const midRanks = (scores: ArrayLike<number>): Float64Array => {
  const order = sortOrder(scores)
  const ranks = new Float64Array(scores.length)
  for (let start = 0; start < order.length;) {
    let end = start
    while (end < order.length && scores[order[end] ?? 0] === scores[order[start] ?? 0]) end++
    order.subarray(start, end).forEach((i) => (ranks[i] = (start + 1 + end) / 2))
    start = end
  }
  return ranks
}

const checkGroups = (fn: string, scores: ArrayLike<number>, labels: ArrayLike<number>): readonly [number, number] => {
  const n = expectSameLength(fn, { scores, labels })
  expectLabels(fn, labels, n, 2)
  for (let i = 0; i < n; i++)
    if (Number.isNaN(scores[i]))
      throw new BdlError({ code: 'InvalidArgument', fn, argument: `scores[${i}]`, expected: 'a number', got: 'NaN' })
  const positives = sum(labels)
  return [positives, n - positives]
}

/**
 * Area under the ROC curve: the probability that a positive has the higher score, equals counting half.
 *
 * [n] scores, [n] of 0 or 1 -> [0, 1]; NaN if one group is empty, as then there is nothing to tell apart.
 *
 * @error InvalidArgument if a label is not 0 or 1, or a score is NaN
 * @source Hanley & McNeil (1982), Radiology 143(1), 29-36 (the Mann-Whitney form)
 * @example auroc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]) // => 0.75
 */
export const auroc = (scores: ArrayLike<number>, labels: ArrayLike<number>): number => {
  const [positives, negatives] = checkGroups('auroc', scores, labels)
  const ranks = midRanks(scores)
  const rankSum = ranks.reduce((total, rank, i) => total + (labels[i] === 1 ? rank : 0), 0)
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives)
}

/**
 * Average precision: sum over thresholds of (recall_k - recall_(k-1)) precision_k, equals sharing one threshold.
 *
 * [n] scores, [n] of 0 or 1 -> [0, 1]; NaN without positives. The area under the precision-recall curve (AUPR) without
 * the optimistic straight lines between its points.
 *
 * @error InvalidArgument if a label is not 0 or 1, or a score is NaN
 * @source Davis & Goadrich (2006), ICML, doi:10.1145/1143844.1143874 (why not to interpolate)
 */
export const averagePrecision = (scores: ArrayLike<number>, labels: ArrayLike<number>): number => {
  const [positives] = checkGroups('averagePrecision', scores, labels)
  const order = sortOrder(scores).reverse()
  let [found, area] = [0, 0]
  for (let start = 0; start < order.length;) {
    let [end, hits] = [start, 0]
    while (end < order.length && scores[order[end] ?? 0] === scores[order[start] ?? 0])
      hits += labels[order[end++] ?? 0] ?? 0
    found += hits
    area += (hits / positives) * (found / end)
    start = end
  }
  return positives === 0 ? NaN : area
}

/**
 * AUROC of telling data from elsewhere (positives) from data of the kind trained on, by a score such as entropy.
 *
 * [n] scores inside, [m] outside -> [0, 1]: 0.5 is chance, below it the score is lower outside.
 */
export const outOfDistributionAuroc = (inside: ArrayLike<number>, outside: ArrayLike<number>): number =>
  auroc(
    [...Array.from(inside), ...Array.from(outside)],
    [...Array.from(inside, () => 0), ...Array.from(outside, () => 1)]
  )

/** AUROC of confidence as the score of being right: [n, c], [n] -> [0, 1]; NaN if all or none are right. */
export const confidenceAuroc = (probabilities: HostArray, labels: ArrayLike<number>): number =>
  auroc(confidence(probabilities), correctness(probabilities, labels))
