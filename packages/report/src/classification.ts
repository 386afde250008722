// How good predicted class probabilities are: accuracy, and two proper scores.
import { expectInteger } from '@bdl/core'
import type { HostArray } from '@bdl/core'
import { argMax, expectLabels, mapRows, matrixShape, mean } from './rows.js'

/**
 * Probabilities of logits: p_c = exp(z_c) / sum_k exp(z_k) along the last axis, the largest logit taken out first.
 *
 * @error ShapeMismatch if `logits` has no axis or an empty last one
 */
export const softmax = (logits: HostArray): HostArray => {
  const classes = logits.shape.at(-1) ?? 0
  const rows = { shape: [logits.data.length / classes, classes], data: logits.data }
  matrixShape('softmax', 'logits', rows)
  const data = new Float64Array(logits.data.length)
  mapRows('softmax', 'logits', rows, (row, i) => {
    const largest = row[argMax(row)] ?? 0
    const weights = row.map((z) => Math.exp(z - largest))
    const total = weights.reduce((a, b) => a + b, 0)
    data.set(
      weights.map((w) => w / total),
      i * classes
    )
    return total
  })
  return { shape: logits.shape, data }
}

/** Most probable class of every row, the first of equals: [n, c] -> [n]. */
export const predictedLabels = (probabilities: HostArray): Int32Array =>
  Int32Array.from(mapRows('predictedLabels', 'probabilities', probabilities, argMax))

/** Largest probability of every row: [n, c] -> [n]. */
export const confidence = (probabilities: HostArray): Float64Array =>
  mapRows('confidence', 'probabilities', probabilities, (row) => row[argMax(row)] ?? NaN)

/** 1 where the most probable class is the label, else 0: [n, c], [n] -> [n]. */
export const correctness = (probabilities: HostArray, labels: ArrayLike<number>): Float64Array => {
  expectLabels('correctness', labels, ...matrixShape('correctness', 'probabilities', probabilities))
  return mapRows('correctness', 'probabilities', probabilities, (row, i) => (argMax(row) === labels[i] ? 1 : 0))
}

/** Share of rows whose most probable class is the label, in [0, 1]. */
export const accuracy = (probabilities: HostArray, labels: ArrayLike<number>): number =>
  mean(correctness(probabilities, labels))

/**
 * Share of rows whose label is among the k most probable classes; of equals, earlier classes come first.
 *
 * @error InvalidArgument if k is not a positive integer
 */
export const topKAccuracy = (k: number, probabilities: HostArray, labels: ArrayLike<number>): number => {
  expectInteger('topKAccuracy', { k }, 1)
  expectLabels('topKAccuracy', labels, ...matrixShape('topKAccuracy', 'probabilities', probabilities))
  const hits = mapRows('topKAccuracy', 'probabilities', probabilities, (row, i) => {
    const label = labels[i] ?? 0
    const p = row[label] ?? 0
    const ahead = row.reduce((count, q, j) => count + (q > p || (q === p && j < label) ? 1 : 0), 0)
    return ahead < k ? 1 : 0
  })
  return mean(hits)
}

/**
 * Mean of -log p(label), in nats: [n, c], [n] -> number.
 *
 * Infinite if a label has probability 0, as it should be: that prediction ruled out what happened.
 */
export const negativeLogLikelihood = (probabilities: HostArray, labels: ArrayLike<number>): number => {
  const fn = 'negativeLogLikelihood'
  expectLabels(fn, labels, ...matrixShape(fn, 'probabilities', probabilities))
  return mean(mapRows(fn, 'probabilities', probabilities, (row, i) => -Math.log(row[labels[i] ?? 0] ?? 0)))
}

/**
 * Brier score: mean over rows of sum_c (p_c - [c = label])^2, in [0, 2].
 *
 * @source Brier (1950), Monthly Weather Review 78(1), 1-3
 */
export const brierScore = (probabilities: HostArray, labels: ArrayLike<number>): number => {
  expectLabels('brierScore', labels, ...matrixShape('brierScore', 'probabilities', probabilities))
  const scores = mapRows('brierScore', 'probabilities', probabilities, (row, i) =>
    row.reduce((total, p, j) => total + (p - (labels[i] === j ? 1 : 0)) ** 2, 0)
  )
  return mean(scores)
}

/** Brier score of class 1 alone, for two classes: mean (p_1 - label)^2, half of `brierScore`. */
export const binaryBrierScore = (probabilities: HostArray, labels: ArrayLike<number>): number =>
  brierScore(probabilities, labels) / 2
