/**
 * Gauges of the continuous part of the group: one representative of every scaling orbit, and the sign that goes with it.
 * In place, on packed weights; `tensor-gauge.ts` has the same maps as tensor code.
 *
 * @source `balanced` is the least-norm point of the orbit: Laurent et al. (2024), arXiv:2310.08287
 */
import { scaleUnit, sumSquares, type Orbit } from './orbit.js'
import type { GroupPlan, Plan } from './plan.js'

/** A unit of the network as it came in. */
export interface UnitName {
  readonly group: string
  readonly unit: number
}

/** The scaling gauge: the least norm of the orbit, incoming norm 1, or none. */
export type Gauge = 'balanced' | 'unit' | 'none'

export interface GaugeReport {
  /** Units that contribute nothing, now zero. */
  readonly degenerate: readonly UnitName[]
  /** Units that contribute next to nothing; unchanged. */
  readonly nearlyDead: readonly UnitName[]
  /** Passes that the balancing took; 0 where there was none. */
  readonly balanceSweeps: number
}

const BALANCE_TOLERANCE = 1e-13 // of |log λ|, a few ulps: balancing converges linearly, and idempotence needs the limit
const MAX_BALANCE_SWEEPS = 10_000
const NEARLY_DEAD = 1e-6 // of the group's median contribution
const SIGN_TOLERANCE = 1e-7 // of the unit's norm: smaller keys do not decide a sign

export const writeSquares = (group: GroupPlan, w: Float64Array, i: number): number =>
  sumSquares(w, group.write, i * group.fanWrite, group.fanWrite)

export const readSquares = (group: GroupPlan, w: Float64Array, i: number): number =>
  sumSquares(w, group.read, i * group.fanRead, group.fanRead)

export const isDead = (group: GroupPlan, w: Float64Array, i: number): boolean =>
  group.kind === 'positive' && (writeSquares(group, w, i) === 0 || readSquares(group, w, i) === 0)

/**
 * Dead rule: a unit whose write or read norm is 0 contributes nothing, and both are set to 0, the limit of its orbit. That
 * may leave a neighbour without reader or input, so it is repeated until nothing changes.
 */
const zeroDead = (plan: Plan, orbit: Orbit): readonly UnitName[] => {
  const dead = new Map<string, UnitName>()
  for (let found = -1; found !== dead.size;) {
    found = dead.size
    for (const group of plan.groups)
      for (let unit = 0; unit < group.size; unit++) {
        if (!isDead(group, orbit.w, unit)) continue
        for (let j = 0; j < group.fanWrite; j++) orbit.w[group.write[unit * group.fanWrite + j]!] = 0
        for (let j = 0; j < group.fanRead; j++) orbit.w[group.read[unit * group.fanRead + j]!] = 0
        dead.set(`${group.id} ${unit}`, { group: group.id, unit })
      }
  }
  return [...dead.values()]
}

/** Incoming norm 1, biases included; the norm flows forward and ends in the last layer. */
const unit = (plan: Plan, orbit: Orbit): void => {
  for (const group of plan.groups) {
    if (group.kind !== 'positive') continue
    for (let i = 0; i < group.size; i++) {
      const norm = Math.sqrt(writeSquares(group, orbit.w, i))
      if (norm > 0) scaleUnit(group, orbit, i, 1 / norm)
    }
  }
}

/** Write and read norms equal: coordinate descent on the convex log-scales, the exact minimiser one unit at a time. */
const balanced = (plan: Plan, orbit: Orbit): number => {
  const groups = plan.groups.filter(({ kind }) => kind === 'positive')
  for (let sweep = 1; sweep <= MAX_BALANCE_SWEEPS; sweep++) {
    let largest = 0
    for (const group of groups)
      for (let i = 0; i < group.size; i++) {
        const write = writeSquares(group, orbit.w, i)
        const read = readSquares(group, orbit.w, i)
        if (write === 0 || read === 0) continue
        const logFactor = (Math.log(read) - Math.log(write)) / 4
        largest = Math.max(largest, Math.abs(logFactor))
        if (Math.abs(logFactor) > BALANCE_TOLERANCE) scaleUnit(group, orbit, i, Math.exp(logFactor))
      }
    // The units of one hidden layer share no weight: the first pass is exact.
    if (largest <= BALANCE_TOLERANCE || (groups.length === 1 && !groups[0]!.overlaps)) return sweep
  }
  return MAX_BALANCE_SWEEPS
}

/** √(A·B), which no scaling of the unit itself changes, far below the median of its group. */
const nearlyDead = (plan: Plan, orbit: Orbit): readonly UnitName[] =>
  plan.groups.flatMap((group) => {
    if (group.kind !== 'positive') return []
    const sizes = Float64Array.from({ length: group.size }, (_, i) =>
      Math.sqrt(writeSquares(group, orbit.w, i) * readSquares(group, orbit.w, i))
    )
    const alive = sizes.filter((size) => size > 0).sort()
    const median = alive[Math.floor(alive.length / 2)] ?? 0
    return Array.from(sizes.keys())
      .filter((i) => sizes[i]! > 0 && sizes[i]! <= NEARLY_DEAD * median)
      .map((i) => ({ group: group.id, unit: i }))
  })

/** Moves the orbit to its scaling gauge. To be called first: the report names units as they came in. */
export const scaleGauge = (plan: Plan, orbit: Orbit, gauge: Gauge): GaugeReport => {
  if (gauge === 'none') return { degenerate: [], nearlyDead: [], balanceSweeps: 0 }
  const degenerate = zeroDead(plan, orbit)
  if (gauge === 'unit') unit(plan, orbit)
  const balanceSweeps = gauge === 'balanced' ? balanced(plan, orbit) : 0
  return { degenerate, nearlyDead: nearlyDead(plan, orbit), balanceSweeps }
}

/** The sign of the first key that decides: the bias, the sum of cubes of the write vector, its entries in order. */
const keySign = (group: GroupPlan, w: Float64Array, i: number): number => {
  const entry = (j: number): number => w[group.write[i * group.fanWrite + j]!]!
  const floor = SIGN_TOLERANCE * Math.sqrt(writeSquares(group, w, i))
  let cubes = 0
  for (let j = 0; j < group.fanWrite; j++) cubes += entry(j) ** 3
  if (Math.abs(entry(0)) > floor) return Math.sign(entry(0))
  if (Math.cbrt(Math.abs(cubes)) > floor) return Math.sign(cubes)
  for (let j = 1; j < group.fanWrite; j++) if (Math.abs(entry(j)) > floor) return Math.sign(entry(j))
  return 1
}

/** Makes the deciding key of every unit of one group positive. The groups before it must be done. */
export const signGauge = (group: GroupPlan, orbit: Orbit): void => {
  if (group.kind !== 'sign') return
  for (let i = 0; i < group.size; i++) if (keySign(group, orbit.w, i) < 0) scaleUnit(group, orbit, i, -1)
}

/** Subtracts the mean over the outputs from each column of the last layer: softmax probabilities stay, logits shift. */
export const shiftOutputs = (plan: Plan, w: Float64Array): void => {
  for (const column of plan.outputs) {
    const mean = column.reduce((sum, at) => sum + w[at]!, 0) / column.length
    for (const at of column) w[at] = w[at]! - mean
  }
}
