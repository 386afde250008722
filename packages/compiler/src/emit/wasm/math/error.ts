/**
 * The error function, its complement and its inverse. Coefficients: minimax fits (Lawson's algorithm) to SciPy's erf and erfcx in
 * float64, relative errors 1.3e-9 and 4.2e-10.
 */
import type { Expr, Lanes } from '../lanes.js'
import { define1, withSign } from './define.js'
import { exp, log1p } from './exponential.js'

/** erf(x) / x in x² for |x| <= 1. */
const NEAR = [
  1.128379165732344, -0.37612625839750224, 0.11283585270811011, -0.026853816069815156, 0.005188334501199602,
  -0.0008010247649002112, 7.854026289585273e-5
]
/** erfc(a) e^(a²) / t in t = 1 / (1 + a/2) for 0.9 <= a <= 10.5. */
const FAR = [
  0.2820928389, 0.2821491231, 0.246196553, 0.1803428412, 0.06926088636, 0.021175527, -0.05314477352, -0.1651095701,
  0.2019120773, -0.06502170773
]

/** erfc(a) for 0.9 <= a: e^(-a²) with the square in two parts, since its rounding would be multiplied by a². */
const farTail = (l: Lanes, a: Expr): Expr => {
  const t = l.div(l.f(1), l.fma(a, l.f(0.5), l.f(1)))
  const coarse = l.and(a, l.i(-4096)) // the leading 12 bits, whose square is exact
  const rest = l.mul(l.sub(coarse, a), l.add(coarse, a))
  const decay = l.mul(exp(l, l.neg(l.mul(coarse, coarse))), exp(l, rest))
  return l.mul(l.mul(l.polynomial(t, FAR), t), decay)
}

const nearPart = (l: Lanes, x: Expr): Expr => l.mul(x, l.polynomial(l.mul(x, x), NEAR))

/** Beyond this both are at their limits. */
const END = 10.5

export const erf = define1('erf', false, (l, x) => {
  const a = l.quickMin(l.abs(x), l.f(END))
  const far = withSign(l, l.sub(l.f(1), farTail(l, a)), x)
  return l.select(l.lt(a, l.f(1)), nearPart(l, x), far)
})

export const erfc = define1('erfc', false, (l, x) => {
  const a = l.quickMin(l.abs(x), l.f(END))
  const tail = farTail(l, a)
  const far = l.select(l.lt(x, l.f(0)), l.sub(l.f(2), tail), tail)
  return l.select(l.lt(a, l.f(1)), l.sub(l.f(1), nearPart(l, x)), far)
})

/**
 * erfinv by Giles' polynomials (2010, "Approximating the erfinv function"), in w = -ln(1 - y²): one for the centre, one in
 * √w for the tails.
 */
const CENTRE = [
  1.50140941, 0.246640727, -0.00417768164, -0.00125372503, 0.00021858087, -4.39150654e-6, -3.5233877e-6, 3.43273939e-7,
  2.81022636e-8
]
const TAILS = [
  2.83297682, 1.00167406, 0.00943887047, -0.0076224613, 0.00573950773, -0.00367342844, 0.00134934322, 0.000100950558,
  -0.000200214257
]

export const erfinv = define1('erfinv', true, (l, y) => {
  const w = l.neg(log1p(l, l.neg(l.mul(y, y))))
  const isCentral = l.lt(w, l.f(5))
  const centre = l.polynomial(l.sub(w, l.f(2.5)), CENTRE)
  const tails = l.polynomial(l.sub(l.sqrt(w), l.f(3)), TAILS)
  const inside = l.mul(l.select(isCentral, centre, tails), y)
  return l.select(l.eq(l.abs(y), l.f(1)), l.mul(y, l.f(Infinity)), inside)
})
