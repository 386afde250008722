/**
 * Explicit Runge-Kutta methods as data: stage times c, stage weights a (strictly lower triangular), solution weights b, and
 * the weights of the error estimate (solution minus embedded solution). Adding a method is one such record.
 */
import { BdlError } from '@bdl/core'

export interface ButcherTableau {
  readonly name: string
  /** Order of the solution: the error of one step is O(h^(order + 1)). */
  readonly order: number
  readonly c: readonly number[]
  /** Row i has i entries. */
  readonly a: readonly (readonly number[])[]
  readonly b: readonly number[]
  /** `null` for a method without an error estimate: fixed steps only. */
  readonly bError: readonly number[] | null
  /** Weights of the state at half the step, for dense output of order 4; without them it is of order 3. */
  readonly middle?: readonly number[]
}

/** The last stage is the first of the next step ("first same as last"). */
export const isFsal = ({ a, b, c }: ButcherTableau): boolean => {
  const last = a.length - 1
  return last > 0 && c[last] === 1 && a[last]!.every((w, i) => w === b[i]) && b[last] === 0
}

const TOLERANCE = 1e-12

const refuse = (name: string, expected: string, got: string): never => {
  throw new BdlError({ code: 'InvalidArgument', fn: 'tableau', argument: name, expected, got })
}

/**
 * Checks and freezes a method: sizes, consistency (rows of a sum to c, b sums to 1, the error weights to 0).
 * @error InvalidArgument naming the broken condition
 * @example tableau({ name: 'euler', order: 1, c: [0], a: [[]], b: [1], bError: null })
 */
export const tableau = (t: ButcherTableau): ButcherTableau => {
  const stages = t.b.length
  const sum = (row: readonly number[]): number => row.reduce((total, w) => total + w, 0)
  if (t.c.length !== stages || t.a.length !== stages)
    refuse(t.name, `${stages} rows in a and c`, `${t.a.length}, ${t.c.length}`)
  t.a.forEach((row, i) => {
    if (row.length !== i) refuse(t.name, `${i} entries in row ${i} of a (explicit methods only)`, String(row.length))
    if (Math.abs(sum(row) - t.c[i]!) > TOLERANCE)
      refuse(t.name, `row ${i} of a to sum to c = ${t.c[i]}`, String(sum(row)))
  })
  if (Math.abs(sum(t.b) - 1) > TOLERANCE) refuse(t.name, 'b to sum to 1', String(sum(t.b)))
  if (t.bError !== null && (t.bError.length !== stages || Math.abs(sum(t.bError)) > TOLERANCE))
    refuse(t.name, `${stages} error weights that sum to 0`, `[${t.bError.join(', ')}]`)
  if (t.middle !== undefined && (t.middle.length !== stages || Math.abs(sum(t.middle) - 1 / 2) > TOLERANCE))
    refuse(t.name, `${stages} weights of the middle that sum to 1/2`, `[${t.middle.join(', ')}]`)
  return Object.freeze(t)
}
