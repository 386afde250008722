/**
 * Sorting: the exact representative of a permutation orbit.
 *
 * Exact, yet a poor model of weights (its chambers cut through clusters); its use is as the start of an alignment, which
 * then depends on the orbits alone.
 */
import { isDead, signGauge } from './gauge.js'
import { permuteUnits, type Orbit } from './orbit.js'
import type { GroupPlan, Plan } from './plan.js'

const TIE = 1e-9 // relative to the group's largest entry: rounding of a scaling gauge must not decide an order

interface Keys {
  readonly entry: (unit: number, j: number) => number
  readonly tie: number
  readonly fan: number
}

const keysOf = (group: GroupPlan, w: Float64Array): Keys => {
  const entry = (unit: number, j: number): number => w[group.write[unit * group.fanWrite + j]!]!
  let largest = 0
  for (const at of group.write) largest = Math.max(largest, Math.abs(w[at]!))
  return { entry, tie: TIE * largest, fan: group.fanWrite }
}

/** The difference at the first entry that decides; 0 for duplicates. */
const decidingGap = ({ entry, tie, fan }: Keys, a: number, b: number): number => {
  for (let j = 0; j < fan; j++) {
    const difference = entry(a, j) - entry(b, j)
    if (Math.abs(difference) > tie) return difference
  }
  return 0
}

/** Sorts one group by its write vectors, dead units last. Returns the smallest deciding gap between neighbours. */
const sortGroup = (group: GroupPlan, orbit: Orbit): number => {
  const keys = keysOf(group, orbit.w)
  const dead = Array.from({ length: group.size }, (_, i) => isDead(group, orbit.w, i))
  const order = Array.from({ length: group.size }, (_, i) => i).sort(
    (a, b) => Number(dead[a]) - Number(dead[b]) || decidingGap(keys, a, b) || a - b
  )
  let gap = Infinity
  for (let i = 1; i < order.length; i++) {
    const [a, b] = [order[i - 1]!, order[i]!]
    if (!dead[b]) gap = Math.min(gap, Math.abs(decidingGap(keys, a, b)))
  }
  permuteUnits(group, orbit, order)
  return gap
}

/**
 * Signs and sorts all groups from input to output: when a group is treated, what it reads from already is canonical.
 * Returns the smallest gap: 0 means duplicate units, whose order is not determined.
 */
export const signAndSort = (plan: Plan, orbit: Orbit): number =>
  plan.groups.reduce((gap, group) => {
    signGauge(group, orbit)
    return Math.min(gap, sortGroup(group, orbit))
  }, Infinity)
