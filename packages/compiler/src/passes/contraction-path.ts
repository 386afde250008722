/** In which order a sum of products is best computed: of two factors at a time, always the pair that takes the least. */
import { sizeOf } from '../graph/graph.js'
import { indexPair, type IndexPair } from '../graph/index-pair.js'
import { costOf, sizesOf, type Index } from './sum-of-products.js'

/** Takes two factors out, and puts their product at the end. */
export interface Step {
  readonly places: readonly [left: number, right: number]
  /** What is kept of their product. */
  readonly needed: ReadonlySet<Index>
}

export interface Path {
  readonly steps: readonly Step[]
  readonly cost: number
}

/** A product of matrices has something to sum over, and rows or columns; everything else goes number by number. */
export const isMatrixProduct = ({ contracted, free: [left, right] }: IndexPair<Index>): boolean =>
  contracted.length > 0 && left.length + right.length > 0

/** What is kept, or in a factor that is at none of the places. */
export const neededBeside = (
  factors: readonly (readonly Index[])[],
  places: readonly number[],
  kept: readonly Index[]
): ReadonlySet<Index> => new Set([...kept, ...factors.flatMap((indices, i) => (places.includes(i) ? [] : indices))])

export const withProduct = <T>(factors: readonly T[], { places }: Step, product: T): readonly T[] => [
  ...factors.filter((_, i) => !places.includes(i)),
  product
]

const pairsOf = (count: number): readonly Step['places'][] =>
  Array.from({ length: count }, (_, right) =>
    Array.from({ length: right }, (__, left) => [left, right] as const)
  ).flat()

/** @returns undefined where two factors with nothing in common would have to be multiplied */
export const pathOf = (factors: readonly (readonly Index[])[], kept: readonly Index[]): Path | undefined => {
  const steps: Step[] = []
  let [rest, cost] = [factors, 0]
  while (rest.length > 1) {
    const candidates = pairsOf(rest.length).flatMap((places) => {
      const [left, right] = places.map((place) => rest[place]!) as [readonly Index[], readonly Index[]]
      const needed = neededBeside(rest, places, kept)
      const pair = indexPair(left, right, needed)
      const { batch, contracted, free } = pair
      if (batch.length + contracted.length === 0 && Math.min(left.length, right.length) > 0) return []
      const product = [...batch, ...free.flat()]
      const size = sizeOf(sizesOf([...product, ...contracted]))
      return [{ step: { places, needed }, product, cost: costOf(size, isMatrixProduct(pair)) }]
    })
    if (candidates.length === 0) return undefined
    const best = candidates.reduce((a, b) => (b.cost < a.cost ? b : a))
    steps.push(best.step)
    rest = withProduct(rest, best.step, best.product)
    cost += best.cost
  }
  return { steps, cost }
}
