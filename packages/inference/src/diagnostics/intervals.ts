/** Intervals of posterior draws. Host code. */
import { BdlError } from '@bdl/core'

/**
 * Highest density interval: the shortest interval that holds a share of the draws.
 *
 * @param draws in any order; the density is taken to have one mode
 * @param probability in (0, 1)
 * @returns lower and upper end, both of them draws
 * @error InvalidArgument if `probability` is outside (0, 1) or there are no draws
 * @source Chen & Shao (1999), Journal of Computational and Graphical Statistics 8(1), 69-92
 */
export const highestDensityInterval = (
  draws: Float64Array,
  probability: number
): readonly [low: number, high: number] => {
  if (!(probability > 0 && probability < 1) || draws.length === 0)
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'highestDensityInterval',
      argument: draws.length === 0 ? 'draws' : 'probability',
      expected: draws.length === 0 ? 'at least one draw' : 'a number in (0, 1)',
      got: String(draws.length === 0 ? 0 : probability)
    })
  const sorted = draws.slice().sort()
  const span = Math.floor(probability * sorted.length)
  const widths = sorted.subarray(span).map((high, i) => high - sorted[i]!)
  const best = widths.reduce((shortest, width, i) => (width < widths[shortest]! ? i : shortest), 0)
  return [sorted[best]!, sorted[best + span]!]
}
