/** Sizes of the chunks of a long loop. */

/**
 * `total` as parts of at most `limit`, as equal as can be: at most two different sizes, so that at most two graphs compile.
 *
 * @example chunkSizes(10, 4) // => [4, 4, 2]
 */
export const chunkSizes = (total: number, limit: number): readonly number[] => {
  if (total <= 0) return []
  const parts = Math.ceil(total / Math.max(1, limit))
  const size = Math.ceil(total / parts)
  const whole = Math.floor(total / size)
  const rest = total - whole * size
  return [...Array.from({ length: whole }, () => size), ...(rest > 0 ? [rest] : [])]
}
