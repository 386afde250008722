/** Functions of vectors by name, and what several of them need. */
import { SIGN, type Expr, type LaneFunction, type Lanes } from '../lanes.js'

export type Lane1 = (l: Lanes, x: Expr) => Expr
export type Lane2 = (l: Lanes, a: Expr, b: Expr) => Expr

/** @param isShort put in place in loops over memory, rather than called */
export const define1 = (name: string, isShort: boolean, body: Lane1): Lane1 => {
  const fn: LaneFunction = { name, isShort, body: (l, x) => body(l, x!) }
  return (l, x) => l.call(fn, x)
}

export const define2 = (name: string, isShort: boolean, body: Lane2): Lane2 => {
  const fn: LaneFunction = { name, isShort, body: (l, a, b) => body(l, a!, b!) }
  return (l, a, b) => l.call(fn, a, b)
}

/** `value`, but `rare` of x in the lanes where a condition holds: what only few arguments need costs the others a test. */
export const exceptWhere = (name: string, rare: Lane1): ((l: Lanes, where: Expr, x: Expr, value: Expr) => Expr) => {
  const fn: LaneFunction = { name, isShort: false, body: (l, x) => rare(l, x!) }
  return (l, where, x, value) => l.patch(fn, where, [x], value)
}

/** Magnitude of `a`, which must not be negative, with the sign of `b`. */
export const withSign: Lane2 = (l, a, b) => l.or(a, l.and(b, l.i(SIGN)))

/** 2^n for integers n of -252 to 254, as two factors: neither overflows nor loses the digits of subnormal results. */
export const scaleByPower = (l: Lanes, x: Expr, n: Expr): Expr => {
  const half = l.shr(n, 1)
  const power = (k: Expr): Expr => l.shl(l.addInt(k, l.i(127)), 23)
  return l.mul(l.mul(x, power(half)), power(l.subInt(n, half)))
}

/** c[0] + c[1] x + c[2] x² + ..., one step after the other. */
export const horner = (l: Lanes, x: Expr, coefficients: readonly number[]): Expr =>
  coefficients.slice(0, -1).reduceRight((sum, c) => l.fma(sum, x, l.f(c)), l.f(coefficients[coefficients.length - 1]!))

/** From so many coefficients on a polynomial is the sum of two. */
const LEAST_SPLIT = 5

/**
 * c[0] + c[1] x + c[2] x² + ...: Horner's rule waits for each of its steps, so that of a long one the even and the odd powers are
 * summed up apart, for one product more (478,410 normal deviates with the softplus of their scales: 1.78 instead of 1.98 ms).
 * Where c[0] is nearly all of the result, it is added by the caller, since it would be rounded twice.
 */
export const polynomial = (l: Lanes, x: Expr, coefficients: readonly number[]): Expr => {
  if (coefficients.length < LEAST_SPLIT) return horner(l, x, coefficients)
  const half = (parity: number): Expr =>
    horner(
      l,
      l.mul(x, x),
      coefficients.filter((_, k) => k % 2 === parity)
    )
  return l.fma(half(1), x, half(0))
}

/** A polynomial whose coefficients have the highest power first. */
export const descending = (l: Lanes, x: Expr, coefficients: readonly number[]): Expr =>
  polynomial(l, x, [...coefficients].reverse())

/** Of two polynomials, highest powers first. */
export const quotient = (l: Lanes, x: Expr, [top, bottom]: readonly [readonly number[], readonly number[]]): Expr =>
  l.div(descending(l, x, top), descending(l, x, bottom))

/** Bits of √½, of the least normal float, and how many floats there are from there to infinity. */
const [ROOT_HALF, LEAST_NORMAL, NORMALS] = [0x3f3504f3, 0x00800000, 0x7f000000]

/** Where floats are not positive, or subnormal, or not finite. */
export const isUnusual: Lane1 = (l, x) => l.geUnsigned(l.subInt(x, l.i(LEAST_NORMAL)), l.i(NORMALS))

/** Splits positive floats that are not subnormal into m 2^e with m from √½ to √2: [m, e], e an integer as int32. */
export const splitUsual = (l: Lanes, x: Expr): readonly [m: Expr, e: Expr] => {
  const e = l.shr(l.subInt(x, l.i(ROOT_HALF)), 23)
  return [l.subInt(x, l.shl(e, 23)), e]
}

/** The same for subnormal ones too. */
export const splitExponent = (l: Lanes, x: Expr): readonly [m: Expr, e: Expr] => {
  const isSmall = l.lt(x, l.f(2 ** -126))
  const bits = l.select(isSmall, l.mul(x, l.f(2 ** 24)), x)
  const [m, e] = splitUsual(l, bits)
  return [m, l.subInt(e, l.and(isSmall, l.i(24)))]
}
