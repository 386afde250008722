/**
 * Canonical weights: one representative of every orbit under scaling, signs and permutations.
 *
 * Laws: the function is kept; canon(canon w) = canon w; canon(g·w) = canon w for every g of the group. The last holds for
 * alignment too, because it starts from sorted networks: plain weight matching does not have it.
 */
import { BdlError, expectInteger, foldIn, permutation, scoped, toHostSync, type Key } from '@bdl/core'
import { actOn, elementOf, inverse, type GroupElement } from './element.js'
import { scaleGauge, shiftOutputs, type Gauge, type GaugeReport } from './gauge.js'
import { pack, unpack, type HostTree } from './host-tree.js'
import { ascend, targetOf, type Target } from './match.js'
import { startOrbit, type Orbit } from './orbit.js'
import { planOf, type Plan } from './plan.js'
import { signAndSort } from './sort.js'
import type { SymmetrySpec } from './spec.js'

export interface CanonicalOptions {
  /** Scaling gauge of positive kinds. Default `balanced`. */
  readonly gauge?: Gauge
  /** Without a reference: sort units (and fix signs), or leave them. Default `sort`. */
  readonly order?: 'sort' | 'none'
  /** Align to this network instead of sorting. */
  readonly reference?: HostTree
  /** Bring the reference to the gauge first. Default true; false for a mean of canonical weights, as `alignAll` gives. */
  readonly isReferenceScaled?: boolean
  /** `softmax-shift` takes the class mean out of the last layer: probabilities are kept, logits shift. Default `none`. */
  readonly output?: 'none' | 'softmax-shift'
  /** Orders of the groups that the alignment tries, the first from input to output. Default 1. */
  readonly restarts?: number
  /** Draws the other orders; needed when `restarts` > 1. */
  readonly key?: Key
}

export interface CanonicalReport extends GaugeReport {
  /** Smallest gap that decided an order in sorting; 0: duplicate units, whose order is arbitrary. Infinity: none needed. */
  readonly tieGap: number
  /** ⟨reference, w⟩ reached by the alignment; NaN without one. */
  readonly objective: number
  /** Sweeps of the alignment; 0 without one. */
  readonly sweeps: number
}

export interface Canonical<T extends HostTree> {
  readonly weights: T
  /** weights = element·w, but for degenerate units (set to zero) and a softmax shift. */
  readonly element: GroupElement
  readonly report: CanonicalReport
}

export interface CanonicalBatch<T extends HostTree> {
  /** Leaves [K, ...]. */
  readonly weights: T
  readonly elements: readonly GroupElement[]
  readonly reports: readonly CanonicalReport[]
}

/** Options, read once for a whole collection. */
export interface Recipe {
  readonly plan: Plan
  readonly gauge: Gauge
  readonly isSorted: boolean
  readonly isShifted: boolean
  readonly isReferenceScaled: boolean
  /** Orders of the groups to ascend in. */
  readonly orders: readonly (readonly number[])[]
}

/** A reference in its sorted frame, and the way back to its own. */
export interface Alignment {
  readonly target: Target
  readonly back: GroupElement
}

const groupOrders = (groups: number, restarts: number, key: Key | undefined): readonly (readonly number[])[] => {
  const first = Array.from({ length: groups }, (_, u) => u)
  if (restarts === 1) return [first]
  if (key === undefined)
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'canonicalise',
      argument: 'key',
      expected: 'a key, since restarts > 1',
      got: 'undefined'
    })
  const draw = (_: unknown, r: number): readonly number[] => {
    const drawn = scoped(() => permutation(foldIn(key, r), groups))
    const { data } = toHostSync(drawn)
    drawn.dispose()
    return Array.from(data)
  }
  return [first, ...Array.from({ length: restarts - 1 }, draw)]
}

export const recipeOf = (spec: SymmetrySpec, options: CanonicalOptions): Recipe => {
  const { gauge = 'balanced', order = 'sort', output = 'none', isReferenceScaled = true, restarts = 1, key } = options
  expectInteger('canonicalise', { restarts }, 1)
  const plan = planOf(spec)
  // On a residual stream a unit's write norm changes with its neighbours' scales: no single pass reaches the gauge.
  if (gauge === 'unit' && plan.groups.some(({ overlaps, kind }) => overlaps && kind === 'positive'))
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'canonicalise',
      argument: 'gauge',
      expected: "'balanced' or 'none' for a group that acts on two axes of one leaf",
      got: "'unit'"
    })
  return {
    plan,
    gauge,
    isSorted: order === 'sort' || options.reference !== undefined,
    isShifted: output === 'softmax-shift',
    isReferenceScaled,
    orders: groupOrders(spec.groups.length, restarts, key)
  }
}

type Sorted = Omit<CanonicalReport, 'objective' | 'sweeps'>

/** Shift, scale, sign and sort, in place. */
export const sortOrbit = (recipe: Recipe, orbit: Orbit): Sorted => {
  const { plan } = recipe
  if (recipe.isShifted) shiftOutputs(plan, orbit.w)
  const gauge = scaleGauge(plan, orbit, recipe.gauge)
  return { ...gauge, tieGap: recipe.isSorted ? signAndSort(plan, orbit) : Infinity }
}

/** The best of the ascents from one start, in place. */
export const alignOrbit = (recipe: Recipe, target: Target, orbit: Orbit): { objective: number; sweeps: number } => {
  if (recipe.orders.length === 1) {
    const trace = ascend(recipe.plan, target, orbit)
    return { objective: trace.at(-1)!, sweeps: trace.length - 1 }
  }
  const runs = recipe.orders.map((order) => {
    const run: Orbit = { w: orbit.w.slice(), permutation: orbit.permutation.slice(), scale: orbit.scale.slice() }
    const trace = ascend(recipe.plan, target, run, order)
    return { run, objective: trace.at(-1)!, sweeps: trace.length - 1 }
  })
  const best = runs.reduce((a, b) => (b.objective > a.objective ? b : a))
  orbit.w.set(best.run.w)
  orbit.permutation.set(best.run.permutation)
  orbit.scale.set(best.run.scale)
  return { objective: best.objective, sweeps: best.sweeps }
}

const alignmentTo = (recipe: Recipe, fn: string, reference: HostTree): Alignment => {
  const { plan } = recipe
  const scaled = startOrbit(plan, pack(fn, plan.spec, reference, false).data)
  if (recipe.isShifted) shiftOutputs(plan, scaled.w)
  if (recipe.isReferenceScaled) scaleGauge(plan, scaled, recipe.gauge)
  const sorted = startOrbit(plan, scaled.w)
  signAndSort(plan, sorted)
  return { target: targetOf(plan, sorted.w), back: inverse(elementOf(plan, sorted)) }
}

const canonicaliseOrbit = (recipe: Recipe, alignment: Alignment | undefined, orbit: Orbit): CanonicalReport => {
  const sorted = sortOrbit(recipe, orbit)
  if (alignment === undefined) return { ...sorted, objective: NaN, sweeps: 0 }
  const aligned = alignOrbit(recipe, alignment.target, orbit)
  actOn(recipe.plan, alignment.back, orbit)
  return { ...sorted, ...aligned }
}

const run = <T extends HostTree>(
  fn: string,
  spec: SymmetrySpec,
  options: CanonicalOptions,
  tree: T,
  stacked: boolean
) => {
  const recipe = recipeOf(spec, options)
  const alignment = options.reference === undefined ? undefined : alignmentTo(recipe, fn, options.reference)
  const packed = pack(fn, spec, tree, stacked)
  const orbits = Array.from({ length: packed.count }, (_, k) =>
    startOrbit(recipe.plan, packed.data.subarray(k * spec.size, (k + 1) * spec.size))
  )
  const reports = orbits.map((orbit) => canonicaliseOrbit(recipe, alignment, orbit))
  const elements = orbits.map((orbit) => elementOf(recipe.plan, orbit))
  return { weights: unpack(spec, tree, packed), elements, reports }
}

/**
 * Canonical weights of one network.
 *
 * Scaling gauge, then either signs and sorting, or (with a reference) signs, sorting and alignment to the reference.
 * @error InvalidArgument if a weight is not finite, or `restarts` > 1 without a key
 * @error ShapeMismatch if a leaf does not have the spec's shape
 * @precision float64 throughout; the function changes by rounding only (1e-14 of the logits)
 * @source Git Re-Basin, arXiv:2209.04836, for the matching; sorting first is what makes it a canonical form
 * @example canonicalise(mlpSpec([64, 16, 10], 'relu'), { reference })(weights).weights
 */
export const canonicalise =
  (spec: SymmetrySpec, options: CanonicalOptions = {}) =>
  <T extends HostTree>(weights: T): Canonical<T> => {
    const { weights: canonical, elements, reports } = run('canonicalise', spec, options, weights, false)
    return { weights: canonical, element: elements[0]!, report: reports[0]! }
  }

/** `canonicalise` for a collection, leaves [K, ...]; the reference is one network. @error as `canonicalise` */
export const canonicaliseAll =
  (spec: SymmetrySpec, options: CanonicalOptions = {}) =>
  <T extends HostTree>(weights: T): CanonicalBatch<T> =>
    run('canonicaliseAll', spec, options, weights, true)

/** `canonicalise` with a reference: g·w nearest to it among what coordinate ascent reaches. */
export const align =
  (spec: SymmetrySpec, reference: HostTree, options: Omit<CanonicalOptions, 'reference' | 'order'> = {}) =>
  <T extends HostTree>(weights: T): Canonical<T> =>
    canonicalise(spec, { ...options, reference })(weights)
