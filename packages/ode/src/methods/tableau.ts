/**
 * Explicit Runge-Kutta methods as data: stage times c, stage weights a (strictly lower triangular), solution weights b, and
 * the weights of the error estimate (solution minus embedded solution). Adding a method is one such record.
 */
import { BdlError } from '@bdl/core'
import type { Solver } from '../solver.js'
import { explicitStepper } from './explicit.js'

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
  /** Weights of the stages in theta^1, theta^2, ... for dense output; without them it is the cubic through both ends. */
  readonly dense?: readonly (readonly number[])[]
}

/** An explicit method: its numbers, and the steps that they make. */
export interface ExplicitSolver extends ButcherTableau, Solver {}

/** The last stage is the first of the next step ("first same as last"). */
export const isFsal = ({ a, b, c }: ButcherTableau): boolean => {
  const last = a.length - 1
  return last > 0 && c[last] === 1 && a[last]!.every((w, i) => w === b[i]) && b[last] === 0
}

/** Published coefficients are often rounded to 16 or 17 digits. */
const TOLERANCE = 1e-12

/** Polynomials multiply numbers as large as 200. */
const DENSE_TOLERANCE = 1e-10

const refuse = (name: string, expected: string, got: string): never => {
  throw new BdlError({ code: 'InvalidArgument', fn: 'tableau', argument: name, expected, got })
}

const sum = (row: readonly number[]): number => row.reduce((total, w) => total + w, 0)

/** Weights at theta = 1 are those of the solution. */
const checkDense = ({ name, b, dense }: ButcherTableau): void => {
  if (dense === undefined) return
  if (dense.length !== b.length) refuse(name, `${b.length} rows of dense output`, String(dense.length))
  dense.forEach((row, i) => {
    if (Math.abs(sum(row) - b[i]!) > DENSE_TOLERANCE)
      refuse(name, `row ${i} of dense output to sum to b = ${b[i]}`, String(sum(row)))
  })
}

const check = (t: ButcherTableau): void => {
  const stages = t.b.length
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
  checkDense(t)
}

/**
 * Checks a method and makes a solver of it. Conditions: sizes, consistency (rows of a sum to c, b sums to 1, the error
 * weights to 0, dense output ends at b).
 * @error InvalidArgument naming the broken condition
 * @example tableau({ name: 'euler', order: 1, c: [0], a: [[]], b: [1], bError: null })
 */
export const tableau = (t: ButcherTableau): ExplicitSolver => {
  check(t)
  return Object.freeze({
    ...t,
    hasError: t.bError !== null,
    isSymplectic: false,
    isImplicit: false,
    stepper: explicitStepper(t, isFsal(t))
  })
}
