/** Powers, remainders and integer quotients: in float64, so that float32 results are right to the last digit or nearly. */
import type { Expr, Lanes } from '../lanes.js'
import { define2, scaleByPower, splitExponent, type Lane2 } from './define.js'

/** Coefficients of 2 atanh(t) / (t ln 2) in t². */
const LOG2_TERMS = Array.from({ length: 8 }, (_, k) => 2 / ((2 * k + 1) * Math.LN2))
/** Taylor coefficients of 2^f. */
const EXP2_TERMS = Array.from({ length: 9 }, (_, k) =>
  Array.from({ length: k }, (__, i) => Math.LN2 / (i + 1)).reduce((a, b) => a * b, 1)
)

const polynomialDouble = (l: Lanes, x: Expr, coefficients: readonly number[]): Expr =>
  coefficients.slice(0, -1).reduceRight((sum, c) => l.addDouble(l.mulDouble(sum, x), l.d(c)), l.d(coefficients.at(-1)!))

/** log2 of m 2^e in float64, from a float32 m and an integer e as float32. */
const log2Double = (l: Lanes, m: Expr, e: Expr): Expr => {
  const t = l.divDouble(l.subDouble(m, l.d(1)), l.addDouble(m, l.d(1)))
  return l.addDouble(e, l.mulDouble(t, polynomialDouble(l, l.mulDouble(t, t), LOG2_TERMS)))
}

const clampDouble = (l: Lanes, x: Expr): Expr => {
  const low = l.select(l.ltDouble(x, l.d(-400)), l.d(-400), x)
  return l.select(l.gtDouble(low, l.d(400)), l.d(400), low)
}

/** |a|^b, positive: 2^(b log2 |a|). NaN for 1^±inf, as JavaScript has it. */
const magnitude: Lane2 = (l, a, b) => {
  const [m, e] = splitExponent(l, a)
  const isUsual = l.and(l.gt(a, l.f(0)), l.lt(a, l.f(Infinity)))
  // 0 and inf have the exponents -inf and inf
  const exponent = l.select(isUsual, l.toFloat(e), l.select(l.eq(a, l.f(0)), l.f(-Infinity), a))
  const mantissa = l.select(isUsual, m, l.f(1))
  const power = (ms: Expr, es: Expr, bs: Expr): Expr => clampDouble(l, l.mulDouble(bs, log2Double(l, ms, es)))
  const whole = l.inDouble((ms, es, bs) => l.nearestDouble(power(ms, es, bs)), mantissa, exponent, b)
  const fraction = l.inDouble(
    (ms, es, bs) => {
      const y = power(ms, es, bs)
      return polynomialDouble(l, l.subDouble(y, l.nearestDouble(y)), EXP2_TERMS)
    },
    mantissa,
    exponent,
    b
  )
  const n = l.minInt(l.maxInt(l.toInt(whole), l.i(-252)), l.i(254))
  return scaleByPower(l, fraction, n)
}

export const pow = define2('pow', false, (l, a, b) => {
  const isInteger = l.eq(l.trunc(b), b)
  const isOdd = l.and(l.and(isInteger, l.lt(l.abs(b), l.f(2 ** 24))), l.eqInt(l.and(l.toInt(b), l.i(1)), l.i(1)))
  const size = magnitude(l, l.abs(a), b)
  const isNegative = l.shr(a, 31)
  const signed = l.xor(size, l.and(l.and(isNegative, isOdd), l.i(-(2 ** 31))))
  const isReal = l.or(isInteger, l.or(l.ge(a, l.f(0)), l.or(l.eq(a, l.f(-Infinity)), l.ne(b, b))))
  return l.select(l.eq(b, l.f(0)), l.f(1), l.select(isReal, signed, l.f(NaN)))
})

/** Quotients up to this are exact in float64, and the remainder with them. */
const EXACT = 2 ** 28

/** Remainder with the sign of a: exact, as C's fmod. */
const remainder: Lane2 = (l, a, b) => {
  const quick = l.inDouble((x, y) => l.subDouble(x, l.mulDouble(l.truncDouble(l.divDouble(x, y)), y)), a, b)
  const isRare = l.not(l.lt(l.abs(l.div(a, b)), l.f(EXACT)))
  return l.patch('remainder', isRare, [a, b], quick)
}

/** Remainder with the sign of b. */
export const mod = define2('mod', false, (l, a, b) => {
  const rest = remainder(l, a, b)
  const differs = l.xor(l.lt(rest, l.f(0)), l.lt(b, l.f(0)))
  return l.select(l.and(l.ne(rest, l.f(0)), differs), l.add(rest, b), rest)
})

/** f applied in float64 to the integers of both halves; the result as int32. */
const inDoubleInt = (l: Lanes, f: (a: Expr, b: Expr) => Expr, a: Expr, b: Expr): Expr => {
  const toDouble = 0xfe
  const fromDouble = 0xfc
  const high = (x: Expr): Expr => l.apply(0x0d, [x, x], [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15])
  const half = (x: Expr, isHigh: boolean): Expr => l.apply(toDouble, [isHigh ? high(x) : x])
  const [low, top] = [false, true].map((isHigh) => l.apply(fromDouble, [f(half(a, isHigh), half(b, isHigh))]))
  return l.apply(0x0d, [low!, top!], [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23])
}

/** ⌊a / b⌋; 0 where b is 0, as an int32 holds NaN and infinities. */
export const floorDivInt = define2('floorDivInt', false, (l, a, b) =>
  l.without(
    inDoubleInt(l, (x, y) => l.floorDouble(l.divDouble(x, y)), a, b),
    l.eqInt(b, l.i(0))
  )
)

/** a - ⌊a / b⌋ b; 0 where b is 0. */
export const modInt = define2('modInt', false, (l, a, b) =>
  l.without(l.subInt(a, l.mulInt(floorDivInt(l, a, b), b)), l.eqInt(b, l.i(0)))
)

/** By squaring, modulo 2^32; of negative powers only those of 1 and -1 are not 0. */
export const powInt = define2('powInt', false, (l, a, b) => {
  let power = l.i(1)
  let square = a
  for (let bit = 0; bit < 31; bit++) {
    const isSet = l.neInt(l.and(b, l.i(2 ** bit)), l.i(0))
    power = l.select(isSet, l.mulInt(power, square), power)
    square = l.mulInt(square, square)
  }
  const isUnit = l.eqInt(l.absInt(a), l.i(1))
  const isOdd = l.eqInt(l.and(b, l.i(1)), l.i(1))
  const unit = l.select(isOdd, a, l.i(1))
  return l.select(isUnit, unit, l.without(power, l.ltInt(b, l.i(0))))
})

export const floorDiv: Lane2 = (l, a, b) => l.toInt(l.floor(l.div(a, b)))
