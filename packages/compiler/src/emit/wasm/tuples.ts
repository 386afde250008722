/**
 * One number for a tuple of numbers, the same for the same tuple. Most expressions are ops on one or two others, and texts that
 * tell them apart would take longer to make than the expressions to encode.
 */

/** First numbers, such as opcodes, are less than this; what stands for tuples is not. */
const LEAST_TUPLE = 2 ** 10
/** Everything is less than this. */
const MOST = 2 ** 26

/** Longer tuples are pairs of a shorter one and a number. */
export const tuples = (): ((first: number, second: number) => number) => {
  const known = new Map<number, number>()
  return (first, second) => {
    const pair = first * MOST + second
    const found = known.get(pair)
    if (found !== undefined) return found
    const made = LEAST_TUPLE + known.size
    known.set(pair, made)
    return made
  }
}
