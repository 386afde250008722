// Means and standard deviations of features, and what is made of them.
import { BdlError } from '@bdl/core'
import { featureCount, rowCount, withFeatures } from './dataset.js'
import type { Dataset } from './dataset.js'

/** Mean and standard deviation of every feature, each [d], in the units of the feature. */
export interface FeatureStatistics {
  readonly mean: Float64Array
  /** With divisor n: what the rows themselves have. */
  readonly sd: Float64Array
}

/**
 * Mean and standard deviation of every feature, in two passes, so that a large mean costs no digits.
 *
 * Means are taken of differences from the first row: a constant feature then has standard deviation 0 exactly.
 */
export const featureStatistics = (dataset: Dataset): FeatureStatistics => {
  const [n, d] = [rowCount(dataset), featureCount(dataset)]
  const { data } = dataset.features
  const mean = data.slice(0, d)
  const square = new Float64Array(d)
  data.forEach((v, i) => (mean[i % d] = (mean[i % d] ?? 0) + (v - (data[i % d] ?? 0)) / n))
  data.forEach((v, i) => (square[i % d] = (square[i % d] ?? 0) + (v - (mean[i % d] ?? 0)) ** 2 / n))
  return { mean, sd: square.map(Math.sqrt) }
}

/**
 * Shifts and scales features by statistics that may come from another part: z = (x - mean) / sd.
 *
 * A feature that is constant in the statistics is only shifted, so that it stays finite.
 *
 * @error ShapeMismatch if the statistics are those of another number of features
 * @example standardise(featureStatistics(train))(test)
 */
export const standardise =
  ({ mean, sd }: FeatureStatistics) =>
  (dataset: Dataset): Dataset => {
    const d = featureCount(dataset)
    if (mean.length !== d || sd.length !== d)
      throw new BdlError({
        code: 'ShapeMismatch',
        fn: 'standardise',
        argument: 'statistics',
        expected: `${d} features`,
        got: `${mean.length} means and ${sd.length} deviations`
      })
    const z = dataset.features.data.map((v, i) => (v - (mean[i % d] ?? 0)) / (sd[i % d] || 1))
    return withFeatures(z)(dataset)
  }
