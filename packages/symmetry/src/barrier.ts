/** Loss barriers along straight lines between networks, and the spread of a collection. */
import { BdlError } from '@bdl/core'
import { isHostArray, mapHostTree, type HostTree } from './host-tree.js'

/** Losses [K] of a stack of K networks, leaves [K, ...]. */
export type LossAt = (weights: HostTree) => Float64Array | Promise<Float64Array>

export interface Barriers {
  /** One per pair, in the units of the loss. */
  readonly barriers: Float64Array
  /** Loss at each λ: [λ][pair]. */
  readonly curves: readonly Float64Array[]
}

const leavesOf = (tree: HostTree): readonly Float64Array[] => {
  if (isHostArray(tree)) return [tree.data]
  return (Array.isArray(tree) ? tree : Object.values(tree)).flatMap((child: HostTree) => leavesOf(child))
}

/** (1 − λ) from + λ to, leaf by leaf. @error ShapeMismatch if the trees differ in size */
export const interpolate =
  (lambda: number) =>
  <T extends HostTree>(from: T, to: T): T => {
    const ends = leavesOf(to)
    let next = 0
    return mapHostTree((leaf) => {
      const end = ends[next++]
      if (end?.length !== leaf.data.length)
        throw new BdlError({
          code: 'ShapeMismatch',
          fn: 'interpolate',
          argument: 'to',
          expected: `a leaf of ${leaf.data.length} numbers`,
          got: String(end?.length)
        })
      return { shape: leaf.shape, data: leaf.data.map((value, i) => (1 - lambda) * value + lambda * end[i]!) }
    })(from)
  }

/** The networks of a stack [K, ...] with the given indices, in that order. */
export const takeNetworks =
  (indices: readonly number[]) =>
  <T extends HostTree>(stacked: T): T =>
    mapHostTree(({ shape, data }) => {
      const size = shape.slice(1).reduce((a, b) => a * b, 1)
      const taken = new Float64Array(indices.length * size)
      indices.forEach((k, i) => taken.set(data.subarray(k * size, (k + 1) * size), i * size))
      return { shape: [indices.length, ...shape.slice(1)], data: taken }
    })(stacked)

/** `count` evenly spaced points from 0 to 1. */
export const lambdaGrid = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i / (count - 1))

/**
 * max over λ of L((1−λ)w0 + λw1) − (1−λ)L(w0) − λL(w1), for a stack of pairs at once.
 *
 * @param lossAt losses [P] of a stack of P networks; called once for each λ
 * @param lambdas ascending from 0 to 1, both included
 * @error InvalidArgument if `lambdas` does not run from 0 to 1; ShapeMismatch if the ends differ in size
 * @source Frankle et al. (2020), arXiv:1912.05671; Entezari et al. (2022), arXiv:2110.06296
 * @example (await barrier(lossAt, lambdaGrid(11))(from, to)).barriers // one per pair
 */
export const barrier =
  (lossAt: LossAt, lambdas: readonly number[] = lambdaGrid(11)) =>
  async <T extends HostTree>(from: T, to: T): Promise<Barriers> => {
    const isGrid = lambdas[0] === 0 && lambdas.at(-1) === 1 && lambdas.every((l, i) => i === 0 || l > lambdas[i - 1]!)
    if (!isGrid)
      throw new BdlError({
        code: 'InvalidArgument',
        fn: 'barrier',
        argument: 'lambdas',
        expected: 'ascending numbers from 0 to 1',
        got: `[${lambdas.join(', ')}]`
      })
    const curves: Float64Array[] = []
    for (const lambda of lambdas) curves.push(await lossAt(interpolate(lambda)(from, to)))
    const [start, end] = [curves[0]!, curves.at(-1)!]
    const above = (curve: Float64Array, i: number, p: number): number =>
      curve[p]! - (1 - lambdas[i]!) * start[p]! - lambdas[i]! * end[p]!
    const barriers = start.map((_, p) => curves.reduce((most, curve, i) => Math.max(most, above(curve, i, p)), 0))
    return { barriers, curves }
  }

/** Total variance of a stack [K, ...]: Σ over all weights of their variance over K (divisor K). */
export const spread = (stacked: HostTree): number => {
  let total = 0
  mapHostTree((leaf) => {
    const count = leaf.shape[0]!
    const size = leaf.data.length / count
    for (let i = 0; i < size; i++) {
      let mean = 0
      for (let k = 0; k < count; k++) mean += leaf.data[k * size + i]! / count
      for (let k = 0; k < count; k++) total += (leaf.data[k * size + i]! - mean) ** 2 / count
    }
    return leaf
  })(stacked)
  return total
}
