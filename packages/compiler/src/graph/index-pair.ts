/** What the indices of two factors are to their product, in Einstein's sense: whatever an index is told apart by. */
export interface IndexPair<T> {
  /** In both, and needed later. */
  readonly batch: readonly T[]
  /** In both, and needed no more. */
  readonly contracted: readonly T[]
  readonly free: readonly [left: readonly T[], right: readonly T[]]
}

/** @param needed by what comes after */
export const indexPair = <T>(left: readonly T[], right: readonly T[], needed: ReadonlySet<T>): IndexPair<T> => {
  const shared = left.filter((index) => right.includes(index))
  return {
    batch: shared.filter((index) => needed.has(index)),
    contracted: shared.filter((index) => !needed.has(index)),
    free: [left.filter((index) => !shared.includes(index)), right.filter((index) => !shared.includes(index))]
  }
}
