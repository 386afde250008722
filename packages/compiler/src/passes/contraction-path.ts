/** In which order a sum of products is best computed: of two factors at a time, always the pair that takes the least. */
import { costOf, type Index } from './sum-of-products.js'

/** What a pair of factors shares, and what each has of its own. */
export interface Pair {
  /** In both, and needed later. */
  readonly batch: readonly Index[]
  /** In both, and needed no more. */
  readonly contracted: readonly Index[]
  readonly free: readonly [left: readonly Index[], right: readonly Index[]]
}

/** Factors by their places: each step takes two out and puts their product at the end. */
export interface Path {
  readonly steps: readonly (readonly [left: number, right: number])[]
  readonly cost: number
}

/** @param needed by what comes after */
export const pairOf = (left: readonly Index[], right: readonly Index[], needed: ReadonlySet<Index>): Pair => {
  const shared = left.filter((index) => right.includes(index))
  return {
    batch: shared.filter((index) => needed.has(index)),
    contracted: shared.filter((index) => !needed.has(index)),
    free: [left.filter((index) => !shared.includes(index)), right.filter((index) => !shared.includes(index))]
  }
}

/** A product of matrices has something to sum over, and rows or columns; everything else goes number by number. */
export const isMatrixProduct = ({ contracted, free: [left, right] }: Pair): boolean =>
  contracted.length > 0 && left.length + right.length > 0

export const numbersIn = (indices: readonly Index[]): number => indices.reduce((n, { size }) => n * size, 1)

/** What is kept, or in a factor that is not one of the pair. */
export const neededAfter = (
  factors: readonly (readonly Index[])[],
  [left, right]: readonly [number, number],
  kept: readonly Index[]
): ReadonlySet<Index> =>
  new Set([...kept, ...factors.flatMap((indices, i) => (i === left || i === right ? [] : indices))])

/** What a pair leaves. */
const resultOf = ({ batch, free }: Pair): readonly Index[] => [...batch, ...free.flat()]

const pairsOf = (count: number): readonly (readonly [number, number])[] =>
  Array.from({ length: count }, (_, right) =>
    Array.from({ length: right }, (__, left) => [left, right] as const)
  ).flat()

/** @returns undefined where two factors with nothing in common would have to be multiplied */
export const pathOf = (factors: readonly (readonly Index[])[], kept: readonly Index[]): Path | undefined => {
  const steps: (readonly [number, number])[] = []
  let [rest, cost] = [factors, 0]
  while (rest.length > 1) {
    const candidates = pairsOf(rest.length).flatMap((places) => {
      const [left, right] = places.map((place) => rest[place]!) as [readonly Index[], readonly Index[]]
      const pair = pairOf(left, right, neededAfter(rest, places, kept))
      const { batch, contracted, free } = pair
      if (batch.length + contracted.length === 0 && Math.min(left.length, right.length) > 0) return []
      const size = numbersIn([...batch, ...contracted, ...free.flat()])
      return [{ places, result: resultOf(pair), cost: costOf(size, isMatrixProduct(pair)) }]
    })
    if (candidates.length === 0) return undefined
    const best = candidates.reduce((a, b) => (b.cost < a.cost ? b : a))
    steps.push(best.places)
    rest = [...rest.filter((_, i) => !best.places.includes(i)), best.result]
    cost += best.cost
  }
  return { steps, cost }
}
