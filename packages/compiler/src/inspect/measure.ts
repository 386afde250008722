/** How far numbers of an engine are from those of float64. */
import { sizeOf, type NdArray } from '../graph/graph.js'

/** Half a unit in the last place of float32, relative: what one rounding may cost. */
export const UNIT_ROUNDOFF = 2 ** -24

/** Decimal digits of float32: a result with this many is as good as float32 can be. */
export const FLOAT32_DIGITS = -Math.log10(UNIT_ROUNDOFF)

/** Smallest positive normal and largest float32: beyond them digits are lost to underflow and overflow. */
export const SMALLEST_NORMAL = 2 ** -126
export const LARGEST_FLOAT32 = (2 - 2 ** -23) * 2 ** 127

export interface WorstElement {
  /** Position in row-major order. */
  readonly index: number
  readonly exact: number
  readonly got: number
}

export interface Discrepancy {
  /**
   * Mean over the elements of |got - exact| / |exact|, each at most 1, which is all digits. For int32 and bool the
   * fraction of elements that differ.
   */
  readonly relative: number
  readonly maxRelative: number
  readonly maxAbsolute: number
  /** Of the some 7.2 digits of float32, those that `relative` has cost: 0 to 7.2. */
  readonly digitsLost: number
  /** Elements that are NaN or infinite here and finite in float64. */
  readonly nonFinite: number
  /** The element of the largest relative error; none if all are exact. */
  readonly worst?: WorstElement
}

export const NO_DISCREPANCY: Discrepancy = Object.freeze({
  relative: 0,
  maxRelative: 0,
  maxAbsolute: 0,
  digitsLost: 0,
  nonFinite: 0
})

export const digitsLostAt = (relative: number): number =>
  relative <= UNIT_ROUNDOFF ? 0 : Math.min(FLOAT32_DIGITS, Math.log10(relative / UNIT_ROUNDOFF))

/** Relative error of one number, capped at 1: no digit is right. */
const relativeError = (got: number, exact: number): number => {
  if (Object.is(got, exact) || got === exact || (Number.isNaN(got) && Number.isNaN(exact))) return 0
  const error = Math.abs(got - exact) / Math.abs(exact)
  return error < 1 ? error : 1 // NaN too
}

/** Compares an engine's numbers with the truth. */
export const compare = (got: NdArray, exact: NdArray): Discrepancy => {
  const size = sizeOf(exact.shape)
  if (size === 0) return NO_DISCREPANCY
  const isFloat = exact.dtype === 'float32'
  let [sum, maxRelative, maxAbsolute, nonFinite, at] = [0, 0, 0, 0, -1]
  for (let i = 0; i < size; i++) {
    const [a, b] = [got.data[i]!, exact.data[i]!]
    const relative = isFloat ? relativeError(a, b) : Number(a !== b)
    if (relative === 0) continue
    sum += relative
    if (relative > maxRelative) [maxRelative, at] = [relative, i]
    if (Number.isFinite(b) && !Number.isFinite(a)) nonFinite++
    else maxAbsolute = Math.max(maxAbsolute, Math.abs(a - b) || 0)
  }
  const relative = sum / size
  const worst = at < 0 ? {} : { worst: { index: at, exact: exact.data[at]!, got: got.data[at]! } }
  return { relative, maxRelative, maxAbsolute, digitsLost: digitsLostAt(relative), nonFinite, ...worst }
}

/** The worst of several outputs. */
export const worstOf = (all: readonly Discrepancy[]): Discrepancy =>
  all.reduce((worst, next) => (next.relative > worst.relative ? next : worst), NO_DISCREPANCY)

/** Whether float32 can hold the number to its usual precision. */
const isRepresentable = (x: number): boolean => {
  const size = Math.abs(x)
  return size === 0 || (size >= SMALLEST_NORMAL && size <= LARGEST_FLOAT32) || !Number.isFinite(x)
}

export interface Rounded {
  /** Rounded to float32, as an engine would hold it. */
  readonly float32: NdArray
  /** The same in float64, except that what float32 cannot hold stays as it is. */
  readonly exact: NdArray
  readonly isRepresentable: boolean
}

/** float64 data of the reference engine as float32 would hold them. Integers and bools are what they are. */
export const rounded = (value: NdArray): Rounded => {
  if (value.dtype !== 'float32') return { float32: value, exact: value, isRepresentable: true }
  const float32 = new Float32Array(value.data)
  const exact = new Float64Array(float32)
  let fits = true
  for (let i = 0; i < exact.length; i++) {
    if (isRepresentable(value.data[i]!)) continue
    exact[i] = value.data[i]!
    fits = false
  }
  return { float32: { ...value, data: float32 }, exact: { ...value, data: exact }, isRepresentable: fits }
}

export const countNonFinite = ({ data, dtype }: NdArray): number => {
  if (dtype !== 'float32') return 0
  let count = 0
  for (const x of data) if (!Number.isFinite(x)) count++
  return count
}
