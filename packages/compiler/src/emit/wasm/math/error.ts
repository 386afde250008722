/**
 * The error function, its complement and its inverse. Coefficients: minimax fits (Lawson's algorithm) to SciPy's erf and erfcx in
 * float64, relative errors 1.3e-9 and 3.7e-10.
 */
import { ERFINV, GILES } from '../../../primitives/special-reference.js'
import type { Expr, Lanes } from '../lanes.js'
import { define1, descending, horner, polynomial, quotient, splitUsual, withSign } from './define.js'
import { exp, log, logOfParts } from './exponential.js'

/** erf(x) / x - SLOPE over x² in x² for |x| <= 1. */
const NEAR = [
  -0.37612625839750224, 0.11283585270811011, -0.026853816069815156, 0.005188334501199602, -0.0008010247649002112,
  7.854026289585273e-5
]
/** Of erf at zero. */
const SLOPE = 1.128379165732344
/** erfc(a) e^(a²) / t in t = 1 / (1 + 0.35 a) for 0.48 <= a <= 10.5. */
const FAR = [
  0.1974618404, 0.1975882532, 0.1839292717, 0.1710217975, 0.08430654668, 0.2113680361, -0.1900110557, 0.3140345325,
  -0.2205174072, 0.05081990318
]

/**
 * erfc(a) for 0.48 <= a: e^(-a²) with the square in two parts, since its rounding would be multiplied by a². The terms of the
 * polynomial are of both signs: added up as two sums, they would lose a unit in the last place.
 */
const farTail = (l: Lanes, a: Expr): Expr => {
  const t = l.div(l.f(1), l.fma(a, l.f(0.35), l.f(1)))
  const coarse = l.and(a, l.i(-4096)) // the leading 12 bits, whose square is exact
  const rest = l.mul(l.sub(coarse, a), l.add(coarse, a))
  const decay = l.mul(exp(l, l.neg(l.mul(coarse, coarse))), exp(l, rest))
  return l.mul(l.mul(horner(l, t, FAR), t), decay)
}

const nearPart = (l: Lanes, x: Expr): Expr => {
  const square = l.mul(x, x)
  return l.mul(x, l.fma(polynomial(l, square, NEAR), square, l.f(SLOPE)))
}

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
  return l.select(l.lt(a, l.f(0.5)), l.sub(l.f(1), nearPart(l, x)), far)
})

/** The centre in y², the tails in s = √(-ln((1 - |y|)/2)), as s P(1/s)/Q(1/s): infinite where s is. */
export const erfinv = define1('erfinv', true, (l, y) => {
  const z = l.abs(y)
  const centre = l.mul(y, quotient(l, l.mul(y, y), ERFINV.centre))
  const s = l.sqrt(l.neg(log(l, l.mul(l.sub(l.f(1), z), l.f(0.5)))))
  const [top, bottom] = ERFINV.tail.map((coefficients) => polynomial(l, l.div(l.f(1), s), coefficients))
  const tail = l.mul(s, l.div(top!, bottom!))
  return l.select(l.lt(z, l.f(ERFINV.edge)), centre, withSign(l, l.abs(tail), y))
})

/**
 * Giles' polynomials; 1 - y² is zero at the ends, whose result is infinite, and negative beyond, where its bits are taken for
 * a number with a large logarithm, and the root is NaN.
 * The tail is rare, but branches between the vectors of a long loop would cost more than it does.
 */
export const erfinvXla = define1('erfinvXla', true, (l, y) => {
  const square = l.mul(y, y)
  const u = l.sub(l.f(1), square)
  const lost = l.sub(l.sub(l.f(1), u), square) // by rounding, where u has about the size of 1
  const [m, e] = splitUsual(l, u)
  const log = logOfParts(l, l.add(l.sub(m, l.f(1)), lost), e)
  const centre = descending(l, l.sub(l.f(-2.5), log), GILES.centre)
  const root = l.sqrt(withSign(l, l.neg(log), u))
  const tail = descending(l, l.sub(root, l.f(3)), GILES.tail)
  const atEnds = l.and(l.eq(u, l.f(0)), l.f(Infinity))
  return l.mul(y, l.select(l.ge(l.mul(log, log), l.f(GILES.edge ** 2)), l.quickMax(tail, atEnds), centre))
})
