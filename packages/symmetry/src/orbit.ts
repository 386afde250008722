/**
 * A point on a network's orbit: the packed weights, and the group element that leads there from where it started.
 * Everything here works in place, so that thousands of networks cost no allocation.
 */
import type { GroupPlan, Plan } from './plan.js'

export interface Orbit {
  /** [d] */
  readonly w: Float64Array
  /** [units]: new unit i is old unit permutation[i] of the same group. */
  readonly permutation: Int32Array
  /** [units]: the factor on new unit i. */
  readonly scale: Float64Array
}

/** The identity at `w`, which is taken over, not copied. */
export const startOrbit = (plan: Plan, w: Float64Array): Orbit => {
  const permutation = new Int32Array(plan.units)
  for (const { offset, size } of plan.groups) for (let i = 0; i < size; i++) permutation[offset + i] = i
  return { w, permutation, scale: new Float64Array(plan.units).fill(1) }
}

/** New unit i becomes old unit `order[i]`, in every slot of the group. */
export const permuteUnits = (group: GroupPlan, orbit: Orbit, order: ArrayLike<number>): void => {
  for (const { fan, index } of group.slots) {
    const old = new Float64Array(index.length)
    for (let at = 0; at < index.length; at++) old[at] = orbit.w[index[at]!]!
    for (let i = 0; i < group.size; i++)
      for (let j = 0; j < fan; j++) orbit.w[index[i * fan + j]!] = old[order[i]! * fan + j]!
  }
  const end = group.offset + group.size
  const permutation = orbit.permutation.slice(group.offset, end)
  const scale = orbit.scale.slice(group.offset, end)
  for (let i = 0; i < group.size; i++) {
    orbit.permutation[group.offset + i] = permutation[order[i]!]!
    orbit.scale[group.offset + i] = scale[order[i]!]!
  }
}

/** Multiplies what unit i writes by `factor` and divides what its consumers read by it. */
export const scaleUnit = (group: GroupPlan, orbit: Orbit, i: number, factor: number): void => {
  for (const { fan, index, role } of group.slots)
    for (let j = 0; j < fan; j++) {
      const at = index[i * fan + j]!
      orbit.w[at] = role === 'write' ? orbit.w[at]! * factor : orbit.w[at]! / factor
    }
  const unit = group.offset + i
  orbit.scale[unit] = orbit.scale[unit]! * factor
}

/** Σ of the squares of w at the positions `index[from], ..., index[from + count - 1]`. */
export const sumSquares = (w: Float64Array, index: Int32Array, from: number, count: number): number => {
  let sum = 0
  for (let j = from; j < from + count; j++) {
    const value = w[index[j]!]!
    sum += value * value
  }
  return sum
}

/** All entries of the units, [size, fan], gathered from w. */
export const gatherUnits = (group: GroupPlan, w: Float64Array): Float64Array => {
  const { size, fan } = group
  const out = new Float64Array(size * fan)
  let start = 0
  for (const slot of group.slots) {
    for (let i = 0; i < size; i++)
      for (let j = 0; j < slot.fan; j++) out[i * fan + start + j] = w[slot.index[i * slot.fan + j]!]!
    start += slot.fan
  }
  return out
}

export const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}
