/** Elementwise rules that are an instruction or a few, for floats and integers. */
import type { DType } from '../../../graph/graph.js'
import { SIGN, type Expr, type Lanes } from '../lanes.js'
import type { Lane1 } from './define.js'

const INFINITY_BITS = 0x7f800000

/** A rule of one operand, whose dtype it may depend on. */
export type UnaryLanes = (l: Lanes, x: Expr, dtype: DType) => Expr
/** A rule of two operands of one dtype. */
export type BinaryLanes = (l: Lanes, a: Expr, b: Expr, dtype: DType) => Expr

type Name1 = { [K in keyof Lanes]: Lanes[K] extends (x: Expr) => Expr ? K : never }[keyof Lanes]
type Name2 = { [K in keyof Lanes]: Lanes[K] extends (a: Expr, b: Expr) => Expr ? K : never }[keyof Lanes]

/** One instruction, and another for int32 (and masks). */
export const lanes1 =
  (float: Name1, int: Name1 = float): UnaryLanes =>
  (l, x, dtype) =>
    dtype === 'float32' ? l[float](x) : l[int](x)

export const lanes2 =
  (float: Name2, int: Name2 = float): BinaryLanes =>
  (l, a, b, dtype) =>
    dtype === 'float32' ? l[float](a, b) : l[int](a, b)

const isNumberButZero = (x: Expr): boolean =>
  x.kind === 'constant' && x.words.every((bits) => (bits & ~SIGN) !== 0 && (bits & ~SIGN) <= INFINITY_BITS)

/** max or min: an instruction where one side is a constant that is neither NaN nor a zero, whose sign would matter. */
const extremum =
  (exact: Name2, quick: Name2, int: Name2): BinaryLanes =>
  (l, a, b, dtype) => {
    if (dtype !== 'float32') return l[int](a, b)
    if (isNumberButZero(b)) return l[quick](a, b)
    return isNumberButZero(a) ? l[quick](b, a) : l[exact](a, b)
  }

export const max = extremum('max', 'quickMax', 'maxInt')
export const min = extremum('min', 'quickMin', 'minInt')

/** Rounding has nothing to do on integers. */
export const onFloats =
  (rule: Lane1): UnaryLanes =>
  (l, x, dtype) =>
    dtype === 'float32' ? rule(l, x) : x

export const rsqrt: Lane1 = (l, x) => l.div(l.f(1), l.sqrt(x))
export const square: UnaryLanes = (l, x, dtype) => (dtype === 'float32' ? l.mul(x, x) : l.mulInt(x, x))
export const reciprocal: Lane1 = (l, x) => l.div(l.f(1), x)

/** -1, 0 or 1; NaN stays. */
export const sign: UnaryLanes = (l, x, dtype) => {
  if (dtype !== 'float32') return l.subInt(l.and(l.gtInt(x, l.i(0)), l.i(1)), l.and(l.ltInt(x, l.i(0)), l.i(1)))
  const own = l.sub(l.and(l.gt(x, l.f(0)), l.f(1)), l.and(l.lt(x, l.f(0)), l.f(1)))
  return l.select(l.eq(x, x), own, x)
}
export const relu: UnaryLanes = (l, x, dtype) => (dtype === 'float32' ? l.quickMax(x, l.f(0)) : l.maxInt(x, l.i(0)))

export const isNaN: Lane1 = (l, x) => l.ne(x, x)
export const isInf: Lane1 = (l, x) => l.eq(l.abs(x), l.f(Infinity))
export const isFinite: Lane1 = (l, x) => l.lt(l.abs(x), l.f(Infinity))

/** From one dtype to another; booleans are masks. */
export const convert = (l: Lanes, x: Expr, from: DType, to: DType): Expr => {
  if (from === to) return x
  if (from === 'bool') return l.and(x, to === 'float32' ? l.f(1) : l.i(1))
  if (to === 'bool') return from === 'float32' ? l.ne(x, l.f(0)) : l.neInt(x, l.i(0))
  return to === 'float32' ? l.toFloat(x) : l.toInt(x)
}

const asInt = (value: number): number => Math.trunc(Math.min(Math.max(value, -(2 ** 31)), 2 ** 31 - 1))

/** Between two bounds; NaN stays. */
export const clip = (
  l: Lanes,
  x: Expr,
  dtype: DType,
  { low, high }: { readonly low: number; readonly high: number }
): Expr =>
  dtype === 'float32'
    ? l.quickMin(l.quickMax(x, l.f(low)), l.f(high))
    : l.minInt(l.maxInt(x, l.i(asInt(low))), l.i(asInt(high)))
