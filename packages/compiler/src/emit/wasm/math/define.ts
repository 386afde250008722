/** Functions of vectors by name, and what several of them need. */
import type { Expr, LaneFunction, Lanes } from '../lanes.js'

export type Lane1 = (l: Lanes, x: Expr) => Expr
export type Lane2 = (l: Lanes, a: Expr, b: Expr) => Expr

/** @param isShort put in place in loops over memory, rather than called */
export const define1 = (name: string, isShort: boolean, body: Lane1): Lane1 => {
  const fn: LaneFunction = { name, isShort, body: (l, x) => body(l, x!) }
  return (l, x) => l.call(fn, x)
}

export const define2 = (name: string, body: Lane2): Lane2 => {
  const fn: LaneFunction = { name, isShort: false, body: (l, a, b) => body(l, a!, b!) }
  return (l, a, b) => l.call(fn, a, b)
}

const SIGN = -(2 ** 31)

/** Magnitude of `a`, which must not be negative, with the sign of `b`. */
export const withSign: Lane2 = (l, a, b) => l.or(a, l.and(b, l.i(SIGN)))

/** 2^n for integers n of -252 to 254, as two factors: neither overflows nor loses the digits of subnormal results. */
export const scaleByPower = (l: Lanes, x: Expr, n: Expr): Expr => {
  const half = l.shr(n, 1)
  const power = (k: Expr): Expr => l.shl(l.addInt(k, l.i(127)), 23)
  return l.mul(l.mul(x, power(half)), power(l.subInt(n, half)))
}

/** Splits positive floats, subnormal ones too, into m 2^e with m from √½ to √2: [m, e], e an integer as int32. */
export const splitExponent = (l: Lanes, x: Expr): readonly [m: Expr, e: Expr] => {
  const isSmall = l.lt(x, l.f(2 ** -126))
  const bits = l.select(isSmall, l.mul(x, l.f(2 ** 24)), x)
  const e = l.shr(l.subInt(bits, l.i(0x3f3504f3)), 23)
  return [l.subInt(bits, l.shl(e, 23)), l.subInt(e, l.and(isSmall, l.i(24)))]
}
