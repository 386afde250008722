/**
 * Weight matching: coordinate ascent on ⟨reference, g·w⟩ over permutations and signs, one assignment problem per group.
 *
 * One hidden layer: the optimum. More: a local optimum of a sum of bilinear assignments, which depends on the start; see
 * `align` for a start that depends on the orbits alone.
 *
 * @source Ainsworth, Hayase & Srinivasa (2023), Git Re-Basin, arXiv:2209.04836
 */
import { bestColumns } from './assignment.js'
import { elementOf, type GroupElement } from './element.js'
import { pack, unpack, type HostTree } from './host-tree.js'
import { dot, gatherUnits, permuteUnits, scaleUnit, startOrbit, type Orbit } from './orbit.js'
import { planOf, type GroupPlan, type Plan } from './plan.js'
import { withKind, type SymmetrySpec } from './spec.js'

const ACCEPT = 1e-9 // of ‖C‖: an assignment is replaced only when it gains more than rounding
const MAX_SWEEPS = 1000

/** A reference, gathered once for all networks that are matched with it. */
export interface Target {
  readonly w: Float64Array
  readonly units: readonly Float64Array[]
}

export const targetOf = (plan: Plan, w: Float64Array): Target => ({
  w,
  units: plan.groups.map((group) => gatherUnits(group, w))
})

/** C[i, k] = ⟨unit i of the reference, unit k of w⟩ over all slots of the group. */
const unitProducts = (group: GroupPlan, reference: Float64Array, w: Float64Array): Float64Array[] => {
  const { size, fan } = group
  const units = gatherUnits(group, w)
  return Array.from({ length: size }, (_, i) => {
    const row = new Float64Array(size)
    for (let k = 0; k < size; k++) {
      let sum = 0
      for (let j = 0; j < fan; j++) sum += reference[i * fan + j]! * units[k * fan + j]!
      row[k] = sum
    }
    return row
  })
}

const frobenius = (rows: readonly Float64Array[]): number =>
  Math.sqrt(rows.reduce((sum, row) => sum + dot(row, row), 0))

const move = (group: GroupPlan, orbit: Orbit, order: Int32Array, signs: readonly number[]): void => {
  permuteUnits(group, orbit, order)
  signs.forEach((s, i) => s < 0 && scaleUnit(group, orbit, i, s))
}

const unmove = (group: GroupPlan, orbit: Orbit, order: Int32Array, signs: readonly number[]): void => {
  signs.forEach((s, i) => s < 0 && scaleUnit(group, orbit, i, s))
  const back = new Int32Array(order.length)
  order.forEach((from, to) => (back[from] = to))
  permuteUnits(group, orbit, back)
}

/** The identity takes the largest entry of every row, so no assignment is better: saves most of the later rounds. */
const isIdentityBest = (products: readonly Float64Array[], isSigned: boolean): boolean =>
  products.every((row, i) => row.every((value) => (isSigned ? Math.abs(value) : value) <= row[i]!))

/** The exact optimum over one group, the others held fixed. True if it moved. */
const improveGroup = (group: GroupPlan, target: Target, reference: Float64Array, orbit: Orbit): boolean => {
  const products = unitProducts(group, reference, orbit.w)
  const isSigned = group.kind === 'sign'
  if (isIdentityBest(products, isSigned)) return false
  const order = bestColumns(isSigned ? products.map((row) => row.map(Math.abs)) : products)
  const signs = Array.from(order, (k, i) => (isSigned && products[i]![k]! < 0 ? -1 : 1))
  const floor = ACCEPT * frobenius(products)
  if (group.overlaps) {
    // A group on two axes of one leaf changes C itself: only the objective can tell the gain.
    const before = dot(target.w, orbit.w)
    move(group, orbit, order, signs)
    if (dot(target.w, orbit.w) - before > floor) return true
    unmove(group, orbit, order, signs)
    return false
  }
  const gain = products.reduce((sum, row, i) => sum + signs[i]! * row[order[i]!]! - row[i]!, 0)
  if (gain <= floor) return false
  move(group, orbit, order, signs)
  return true
}

/** Ascends in place until no group moves. Returns the objective before and after every sweep. */
export const ascend = (plan: Plan, target: Target, orbit: Orbit, order?: readonly number[]): readonly number[] => {
  const groups = order ?? plan.groups.map((_, u) => u)
  const trace = [dot(target.w, orbit.w)]
  for (let sweep = 0; sweep < MAX_SWEEPS; sweep++) {
    let isMoved = false
    for (const u of groups) if (improveGroup(plan.groups[u]!, target, target.units[u]!, orbit)) isMoved = true
    trace.push(dot(target.w, orbit.w))
    // With one group on one axis a single assignment is the optimum; the closing sweep would repeat it.
    if (!isMoved || (plan.groups.length === 1 && !plan.groups[0]!.overlaps)) break
  }
  return trace
}

export interface Matching<T extends HostTree> {
  /** g·w, unit by unit next to the reference's. */
  readonly weights: T
  readonly element: GroupElement
  /** ⟨reference, w⟩ before, and after every sweep; never falls, and the last sweep changes nothing. */
  readonly objectiveTrace: readonly number[]
}

/**
 * Git Re-Basin's weight matching: permutations of w that raise ⟨reference, w⟩, from the identity, layers in order.
 *
 * **When to use** to compare with the literature. **Gotcha** the result depends on how the units of w happen to be
 * ordered, unless there is one hidden layer; `align` does not.
 * @error ShapeMismatch, InvalidArgument if the trees do not fit the spec, or a weight is not finite
 * @source Ainsworth et al. (2023), arXiv:2209.04836, algorithm 1
 */
export const weightMatching =
  (spec: SymmetrySpec, reference: HostTree) =>
  <T extends HostTree>(weights: T): Matching<T> => {
    const plan = planOf(withKind('permutation')(spec))
    const target = targetOf(plan, pack('weightMatching', spec, reference, false).data)
    const packed = pack('weightMatching', spec, weights, false)
    const orbit = startOrbit(plan, packed.data)
    const trace = [...ascend(plan, target, orbit)]
    // `ascend` leaves out the closing sweep where it is known to change nothing.
    if (trace.at(-1) !== trace.at(-2)) trace.push(trace.at(-1)!)
    return { weights: unpack(spec, weights, packed), element: elementOf(plan, orbit), objectiveTrace: trace }
  }
