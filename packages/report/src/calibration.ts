// Whether confidence can be believed: bins of confidence, the gap in each, and their summaries.
import { expectInteger } from '@bdl/core'
import type { HostArray } from '@bdl/core'
import { confidence, correctness } from './classification.js'
import { expectSameLength, sortOrder } from './rows.js'

/** One bin of a reliability diagram. */
export interface CalibrationBin {
  /** Ends of the bin, in confidence. */
  readonly low: number
  readonly high: number
  readonly count: number
  /** Mean confidence and share correct of those in the bin; null if it is empty. */
  readonly confidence: number | null
  readonly accuracy: number | null
}

export interface BinOptions {
  /** Number of bins; 15 if not given. */
  readonly bins?: number
  /** Which end of a bin of equal width belongs to it: `right`, (low, high], if not given. 0 and 1 always belong. */
  readonly closed?: 'left' | 'right'
}

const DEFAULT_BINS = 15

// Edges are compared, not computed back from the confidence: confidence * bins rounds onto the wrong side of an edge.
const binIndex = (p: number, bins: number, closed: 'left' | 'right'): number => {
  const guess = Math.min(bins - 1, Math.max(0, Math.floor(p * bins)))
  const isBelow = (i: number): boolean => (closed === 'right' ? p <= i / bins : p < i / bins)
  if (guess > 0 && isBelow(guess)) return guess - 1
  return guess < bins - 1 && !isBelow(guess + 1) ? guess + 1 : guess
}

const summarise = (
  members: readonly number[],
  low: number,
  high: number,
  p: ArrayLike<number>,
  correct: ArrayLike<number>
): CalibrationBin => {
  const count = members.length
  const average = (values: ArrayLike<number>): number | null =>
    count === 0 ? null : members.reduce((total, i) => total + (values[i] ?? 0), 0) / count
  return { low, high, count, confidence: average(p), accuracy: average(correct) }
}

/**
 * Bins of equal width over [0, 1]: [n] confidences, [n] of 0 or 1 -> bins.
 *
 * @error ShapeMismatch if the lengths differ or are 0; InvalidArgument if `bins` is not a positive integer
 */
export const equalWidthBins = (
  p: ArrayLike<number>,
  correct: ArrayLike<number>,
  { bins = DEFAULT_BINS, closed = 'right' }: BinOptions = {}
): readonly CalibrationBin[] => {
  const n = expectSameLength('equalWidthBins', { confidence: p, correct })
  expectInteger('equalWidthBins', { bins }, 1)
  const members: number[][] = Array.from({ length: bins }, () => [])
  for (let i = 0; i < n; i++) members[binIndex(p[i] ?? 0, bins, closed)]?.push(i)
  return members.map((member, i) => summarise(member, i / bins, (i + 1) / bins, p, correct))
}

/**
 * Bins of equal mass: the confidences in order, cut into `bins` runs whose sizes differ by at most one.
 *
 * @error ShapeMismatch if the lengths differ or are 0; InvalidArgument if `bins` is not a positive integer
 * @source Nguyen & O'Connor (2015), EMNLP, doi:10.18653/v1/D15-1182
 */
export const equalMassBins = (
  p: ArrayLike<number>,
  correct: ArrayLike<number>,
  { bins = DEFAULT_BINS }: Pick<BinOptions, 'bins'> = {}
): readonly CalibrationBin[] => {
  const n = expectSameLength('equalMassBins', { confidence: p, correct })
  expectInteger('equalMassBins', { bins }, 1)
  const order = Array.from(sortOrder(p))
  const cut = (i: number): number => Math.round((i * n) / bins)
  return Array.from({ length: bins }, (_, i) => {
    const members = order.slice(cut(i), cut(i + 1))
    const low = p[members[0] ?? -1] ?? NaN
    return summarise(members, low, p[members.at(-1) ?? -1] ?? NaN, p, correct)
  })
}

/** Bins of equal width of the top class: [n, c], [n] -> bins. What a reliability diagram shows. */
export const calibrationBins = (
  probabilities: HostArray,
  labels: ArrayLike<number>,
  options: BinOptions = {}
): readonly CalibrationBin[] => equalWidthBins(confidence(probabilities), correctness(probabilities, labels), options)

const gap = (bin: CalibrationBin): number => Math.abs((bin.accuracy ?? 0) - (bin.confidence ?? 0))

/** Sum over bins of count / n |accuracy - confidence|, in [0, 1]. */
export const calibrationError = (bins: readonly CalibrationBin[]): number => {
  const n = bins.reduce((total, bin) => total + bin.count, 0)
  return bins.reduce((total, bin) => total + (bin.count / n) * gap(bin), 0)
}

/** Largest |accuracy - confidence| of a bin, in [0, 1]. */
export const maximumCalibrationError = (bins: readonly CalibrationBin[]): number =>
  bins.reduce((worst, bin) => Math.max(worst, gap(bin)), 0)

/**
 * Expected calibration error of the top class, 15 right-closed bins of equal width: [n, c], [n] -> [0, 1].
 *
 * A biased estimate: with few rows it is above 0 even for a calibrated model.
 *
 * @source Guo, Pleiss, Sun & Weinberger (2017), ICML, arXiv:1706.04599
 */
export const expectedCalibrationError = (
  probabilities: HostArray,
  labels: ArrayLike<number>,
  options: BinOptions = {}
): number => calibrationError(calibrationBins(probabilities, labels, options))

/** As `expectedCalibrationError`, over bins of equal mass. */
export const adaptiveCalibrationError = (
  probabilities: HostArray,
  labels: ArrayLike<number>,
  options: Pick<BinOptions, 'bins'> = {}
): number => calibrationError(equalMassBins(confidence(probabilities), correctness(probabilities, labels), options))
