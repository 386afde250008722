/**
 * Exponentials and logarithms, to an ulp or two over the whole range. Polynomials and reductions are those of Moshier's
 * Cephes library, single precision (1989).
 */
import { SIGN, type Expr, type Lanes } from '../lanes.js'
import {
  define1,
  define2,
  exceptWhere,
  isUnusual,
  polynomial,
  scaleByPower,
  splitExponent,
  splitUsual,
  withSign,
  type Lane1
} from './define.js'

const LN2_HIGH = 0.693359375
const LN2_LOW = -2.1219444e-4

/** Added to a small float32, it leaves the nearest integer in the low bits: cheaper than rounding and converting. */
const SHIFTER = 1.5 * 2 ** 23

/** x = n ln 2 + r with |r| <= ln 2 / 2 (or hardly more): [n in the low nine bits of an int32, r]. */
const reduce = (l: Lanes, x: Expr): readonly [bits: Expr, r: Expr] => {
  const shifted = l.fma(x, l.f(Math.LOG2E), l.f(SHIFTER))
  const n = l.sub(shifted, l.f(SHIFTER))
  const r = l.sub(l.sub(x, l.mul(n, l.f(LN2_HIGH))), l.mul(n, l.f(LN2_LOW)))
  return [shifted, r]
}

/** e^r - 1 for |r| <= ln 2 / 2. */
const expm1Reduced = (l: Lanes, r: Expr): Expr =>
  l.fma(
    polynomial(
      l,
      r,
      [5.0000001201e-1, 1.6666665459e-1, 4.1665795894e-2, 8.3334519073e-3, 1.3981999507e-3, 1.98756915e-4]
    ),
    l.mul(r, r),
    r
  )

/** Within bounds; NaN stays. */
const clamp = (l: Lanes, x: Expr, low: number, high: number): Expr => l.quickMax(l.quickMin(x, l.f(high)), l.f(low))

/** Beyond these, e^x is infinite or zero in float32. */
const [EXP_LOW, EXP_HIGH] = [-104, 89]

export const exp = define1('exp', true, (l, x) => {
  const [bits, r] = reduce(l, clamp(l, x, EXP_LOW, EXP_HIGH))
  return scaleByPower(l, l.add(expm1Reduced(l, r), l.f(1)), l.subInt(bits, l.f(SHIFTER)))
})

/** Above the exponents that are cut off for being too small; times its inverse in the end, results may be subnormal. */
const LIFT = 64

/** e^-|x|: a factor less to take apart than `exp` has. */
const decay: Lane1 = (l, x) => {
  const [bits, r] = reduce(l, l.quickMax(l.or(x, l.i(SIGN)), l.f(EXP_LOW)))
  const power = l.shl(l.addInt(bits, l.i(LIFT + 127)), 23)
  return l.mul(l.mul(l.add(expm1Reduced(l, r), l.f(1)), power), l.f(2 ** -LIFT))
}

/** 2 (2^(n-1) p + (2^(n-1) - 1/2)), p = e^r - 1: exact for n = 0, and finite where the result is. */
export const expm1 = define1('expm1', true, (l, x) => {
  const [bits, r] = reduce(l, clamp(l, x, -20, EXP_HIGH))
  const half = l.shl(l.addInt(bits, l.i(126)), 23)
  const y = l.fma(half, expm1Reduced(l, r), l.sub(half, l.f(0.5)))
  return l.add(y, y)
})

const LOG_TERMS = [
  3.3333331174e-1, -2.4999993993e-1, 2.0000714765e-1, -1.6668057665e-1, 1.4249322787e-1, -1.2420140846e-1,
  1.167699874e-1, -1.151461031e-1, 7.0376836292e-2
]

/** ln(2^n (1 + f)) - f - n LN2_HIGH with 1 + f from √½ to √2. */
const logTail = (l: Lanes, f: Expr, n: Expr): Expr => {
  const square = l.mul(f, f)
  const cubic = l.mul(l.mul(polynomial(l, f, LOG_TERMS), f), square)
  return l.sub(l.fma(n, l.f(LN2_LOW), cubic), l.mul(square, l.f(0.5)))
}

/** ln(2^e (1 + f)) with 1 + f from √½ to √2. */
export const logOfParts = (l: Lanes, f: Expr, e: Expr): Expr => {
  const n = l.toFloat(e)
  return l.fma(n, l.f(LN2_HIGH), l.add(f, logTail(l, f, n)))
}

const logAnywhere: Lane1 = (l, x) => {
  const [m, e] = splitExponent(l, x)
  const isUsual = l.and(l.gt(x, l.f(0)), l.lt(x, l.f(Infinity)))
  const atZero = l.select(l.eq(x, l.f(0)), l.f(-Infinity), l.f(NaN))
  const others = l.select(l.gt(x, l.f(0)), x, atZero)
  return l.select(isUsual, logOfParts(l, l.sub(m, l.f(1)), e), others)
}

const exceptUnusualLog = exceptWhere('logAnywhere', logAnywhere)

export const log = define1('log', true, (l, x) => {
  const [m, e] = splitUsual(l, x)
  return exceptUnusualLog(l, isUnusual(l, x), x, logOfParts(l, l.sub(m, l.f(1)), e))
})

const exceptUnusualLog1p = exceptWhere('log1pAnywhere', (l, x) => logAnywhere(l, l.add(x, l.f(1))))

/** ln u with u = 1 + x = 2^e m: where e is zero, x stands for m - 1, from which rounding took digits. */
export const log1p = define1('log1p', true, (l, x) => {
  const u = l.add(x, l.f(1))
  const [m, e] = splitUsual(l, u)
  const f = l.select(l.eqInt(e, l.i(0)), x, l.sub(m, l.f(1)))
  return exceptUnusualLog1p(l, isUnusual(l, u), x, logOfParts(l, f, e))
})

/** Infinity cannot be taken away from itself. */
const remainderAnywhere: Lane1 = (l, r) =>
  l.select(l.eq(r, l.f(Infinity)), l.f(-Infinity), l.sub(logAnywhere(l, r), l.sub(r, l.f(1))))

const exceptUnusualRemainder = exceptWhere('logRemainderAnywhere', remainderAnywhere)

/**
 * ln r - x, x = r - 1: with r = 2^n (1 + f) it is the logarithm's tail and n LN2_HIGH + f - x. Where n is zero, f is x, whose
 * digits r may not have; elsewhere f - x is 1 + f - r, which loses none, and x may have lost some.
 */
export const logRemainder = define2('logRemainder', true, (l, r, x) => {
  const [m, e] = splitUsual(l, r)
  const n = l.toFloat(e)
  const f = l.select(l.eqInt(e, l.i(0)), x, l.sub(m, l.f(1)))
  const usual = l.add(l.fma(n, l.f(LN2_HIGH), l.sub(m, r)), logTail(l, f, n))
  return exceptUnusualRemainder(l, isUnusual(l, r), r, usual)
})

/** e / (1 + e) or 1 / (1 + e) with e = exp(-|x|), which does not overflow. */
export const sigmoid = define1('sigmoid', true, (l, x) => {
  const e = decay(l, x)
  return l.div(l.select(l.lt(x, l.f(0)), e, l.f(1)), l.add(e, l.f(1)))
})

/** (2 atanh(d / 2) / d - 1) / d² in d² <= 4/9: a minimax fit (Lawson's algorithm), relative error of the whole 4e-9. */
const ATANH_TERMS = [0.0833328933075371, 0.012507784705869404, 0.002184421731792107, 0.0005503580936014494]

/** ln(1 + u) = 2 atanh(d / 2), d = 2 u / (2 + u), for 0 <= u <= 1: a third of the work of `log1p`. */
const log1pUnit: Lane1 = (l, u) => {
  const d = l.div(l.add(u, u), l.add(u, l.f(2)))
  const square = l.mul(d, d)
  return l.fma(polynomial(l, square, ATANH_TERMS), l.mul(square, d), d)
}

export const softplus = define1('softplus', true, (l, x) => l.add(l.quickMax(x, l.f(0)), log1pUnit(l, decay(l, x))))

/** t / (t + 2) with t = e^(2|x|) - 1; 1 from |x| = 10 on. */
export const tanh = define1('tanh', true, (l, x) => {
  const a = l.quickMin(l.abs(x), l.f(10))
  const t = expm1(l, l.add(a, a))
  return withSign(l, l.div(t, l.add(t, l.f(2))), x)
})

/** (h / 2) h with h = e^(|x|/2): finite as far as sinh and cosh are. */
const halfExp: Lane1 = (l, a) => {
  const h = exp(l, l.mul(a, l.f(0.5)))
  return l.mul(l.mul(h, l.f(0.5)), h)
}

export const sinh = define1('sinh', false, (l, x) => {
  const a = l.abs(x)
  const t = expm1(l, a)
  const small = l.mul(l.add(t, l.div(t, l.add(t, l.f(1)))), l.f(0.5))
  return withSign(l, l.select(l.gt(a, l.f(20)), halfExp(l, a), small), x)
})

export const cosh = define1('cosh', false, (l, x) => {
  const a = l.abs(x)
  const e = exp(l, a)
  const small = l.mul(l.add(e, l.div(l.f(1), e)), l.f(0.5))
  return l.select(l.gt(a, l.f(20)), halfExp(l, a), small)
})

/** ln |x| + ln 2: where x² would overflow or swallow 1. */
const logTwice: Lane1 = (l, a) => l.add(log(l, a), l.f(Math.LN2))

export const asinh = define1('asinh', false, (l, x) => {
  const a = l.abs(x)
  const square = l.mul(a, a)
  const root = l.sqrt(l.add(square, l.f(1)))
  const usual = log1p(l, l.add(a, l.div(square, l.add(root, l.f(1)))))
  return withSign(l, l.select(l.gt(a, l.f(1e9)), logTwice(l, a), usual), x)
})

export const acosh = define1('acosh', false, (l, x) => {
  const t = l.sub(x, l.f(1))
  const usual = log1p(l, l.add(t, l.sqrt(l.mul(t, l.add(x, l.f(1))))))
  const inside = l.select(l.lt(x, l.f(1)), l.f(NaN), usual)
  return l.select(l.gt(x, l.f(1e9)), logTwice(l, x), inside)
})

export const atanh = define1('atanh', false, (l, x) => {
  const a = l.abs(x)
  const y = log1p(l, l.div(l.add(a, a), l.sub(l.f(1), a)))
  return withSign(l, l.mul(y, l.f(0.5)), x)
})
