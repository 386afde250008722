/** Whether draws fall where a density says: half the summed difference of shares, against what chance alone would leave. */
export interface Agreement {
  /** Total variation between shares of draws and masses of cells, what lies outside counting as one cell. */
  readonly distance: number
  /** Its mean, were the draws from these masses. */
  readonly expected: number
}

/** Mean of |share - p| of n draws, by the normal law. */
const meanDeviation = (p: number, n: number): number =>
  Math.sqrt((2 * Math.max(0, p) * (1 - Math.min(1, p))) / (Math.PI * n))

/** @param counts of draws in cells; `n` of them in all  @param masses of the same cells */
export const agreement = (counts: Float64Array, masses: Float64Array, n: number): Agreement => {
  const total = (values: Float64Array): number => values.reduce((sum, v) => sum + v, 0)
  const [outside, left] = [n - total(counts), Math.max(0, 1 - total(masses))]
  const pairs = [...Array.from(masses, (p, i) => [p, counts[i] ?? 0] as const), [left, outside] as const]
  return {
    distance: pairs.reduce((sum, [p, c]) => sum + Math.abs(c / n - p), 0) / 2,
    expected: pairs.reduce((sum, [p]) => sum + meanDeviation(p, n), 0) / 2
  }
}
