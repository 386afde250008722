/**
 * Alignment of a whole collection to itself: generalised Procrustes over the discrete group.
 *
 * All maps go through one reference, so they are cycle-consistent.
 */
import { BdlError, expectInteger } from '@bdl/core'
import {
  alignOrbit,
  recipeOf,
  sortOrbit,
  type CanonicalBatch,
  type CanonicalOptions,
  type Recipe
} from './canonicalise.js'
import { elementOf } from './element.js'
import { mapHostTree, pack, unpack, type HostTree } from './host-tree.js'
import { targetOf } from './match.js'
import { dot, startOrbit, type Orbit } from './orbit.js'
import type { SymmetrySpec } from './spec.js'

export interface AlignAllOptions extends Pick<CanonicalOptions, 'gauge' | 'output' | 'restarts' | 'key'> {
  /**
   * `mean` (default): align, take the mean, align to it, `rounds` times, starting from the medoid. `medoid`: the network
   * nearest to all, of at most 32 evenly spaced ones. A number: that network.
   */
  readonly reference?: 'mean' | 'medoid' | number
  /** Alignments of every network when the reference is `mean`. Default 5. */
  readonly rounds?: number
}

export interface AlignedCollection<T extends HostTree> extends CanonicalBatch<T> {
  /** What all networks are aligned to, one network, in its sorted frame: the result depends on the orbits alone. */
  readonly reference: T
  /** Σ of the variances of all weights after each round; never rises. */
  readonly spreads: readonly number[]
}

const CANDIDATES = 32

const meanOf = (orbits: readonly Orbit[], size: number): Float64Array => {
  const mean = new Float64Array(size)
  for (const { w } of orbits) for (let i = 0; i < size; i++) mean[i] = mean[i]! + w[i]!
  return mean.map((sum) => sum / orbits.length)
}

const squaredDistance = (a: Float64Array, b: Float64Array): number => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2
  return sum
}

const spreadOf = (orbits: readonly Orbit[], mean: Float64Array): number =>
  orbits.reduce((sum, { w }) => sum + squaredDistance(w, mean), 0) / orbits.length

/** The candidate with the least sum of distances to the other candidates after alignment to it. */
const medoid = (recipe: Recipe, orbits: readonly Orbit[]): Float64Array => {
  const count = Math.min(CANDIDATES, orbits.length)
  const candidates = Array.from({ length: count }, (_, c) => orbits[Math.floor((c * orbits.length) / count)]!)
  const norms = candidates.reduce((sum, { w }) => sum + dot(w, w), 0)
  const costs = candidates.map((candidate) => {
    const target = targetOf(recipe.plan, candidate.w)
    const products = candidates.reduce((sum, other) => {
      const trial = startOrbit(recipe.plan, other.w.slice())
      return sum + alignOrbit(recipe, target, trial).objective
    }, 0)
    return count * dot(candidate.w, candidate.w) + norms - 2 * products
  })
  return candidates[costs.indexOf(Math.min(...costs))]!.w.slice()
}

const firstReference = (
  recipe: Recipe,
  orbits: readonly Orbit[],
  reference: 'mean' | 'medoid' | number
): Float64Array => {
  if (typeof reference !== 'number') return medoid(recipe, orbits)
  const chosen = orbits[reference]
  if (chosen === undefined)
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'alignAll',
      argument: 'reference',
      expected: `an index below ${orbits.length}`,
      got: String(reference)
    })
  return chosen.w.slice()
}

const isSettled = (spreads: readonly number[]): boolean =>
  spreads.length > 1 && spreads.at(-2)! - spreads.at(-1)! <= 1e-12 * spreads.at(-2)!

/**
 * Canonical weights of a collection, aligned to a reference that it provides itself.
 *
 * Every network is brought to the gauge, signed, sorted, then aligned: invariant under an own group element for each.
 * With `mean`, Σ‖wᵢ − mean‖² falls in every round. To align further networks in the same way, give `reference` to
 * `canonicaliseAll` with `isReferenceScaled: false`.
 * @error ShapeMismatch, InvalidArgument as `canonicalise`; InvalidArgument if `reference` is no index of the collection
 * @source Gower (1975), Psychometrika 40, 33-51 (generalised Procrustes); Crisostomi et al. (2024), arXiv:2405.17897
 */
export const alignAll =
  (spec: SymmetrySpec, options: AlignAllOptions = {}) =>
  <T extends HostTree>(weights: T): AlignedCollection<T> => {
    const { reference = 'mean', rounds = 5, ...shared } = options
    expectInteger('alignAll', { rounds }, 1)
    const recipe = recipeOf(spec, shared)
    const packed = pack('alignAll', spec, weights, true)
    expectInteger('alignAll', { 'number of networks': packed.count }, 1)
    const orbits = Array.from({ length: packed.count }, (_, k) =>
      startOrbit(recipe.plan, packed.data.subarray(k * spec.size, (k + 1) * spec.size))
    )
    const sorted = orbits.map((orbit) => sortOrbit(recipe, orbit))
    let target = firstReference(recipe, orbits, reference)
    let aligned = orbits.map(() => ({ objective: NaN, sweeps: 0 }))
    const spreads: number[] = []
    for (let round = 0; round < (reference === 'mean' ? rounds : 1) && !isSettled(spreads); round++) {
      if (round > 0) target = meanOf(orbits, spec.size)
      const gathered = targetOf(recipe.plan, target)
      aligned = orbits.map((orbit) => alignOrbit(recipe, gathered, orbit))
      spreads.push(spreadOf(orbits, meanOf(orbits, spec.size)))
    }
    const one = mapHostTree((leaf) => ({
      shape: leaf.shape.slice(1),
      data: leaf.data.slice(0, sizeOfOne(leaf.shape))
    }))(weights)
    return {
      weights: unpack(spec, weights, packed),
      elements: orbits.map((orbit) => elementOf(recipe.plan, orbit)),
      reports: sorted.map((report, k) => ({ ...report, ...aligned[k]! })),
      reference: unpack(spec, one, { data: target, count: 1, stacked: false }),
      spreads
    }
  }

const sizeOfOne = (shape: readonly number[]): number => shape.slice(1).reduce((a, b) => a * b, 1)
