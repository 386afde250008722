/**
 * Trigonometric functions and their inverses. Arguments are reduced in float64 with π/2 in two parts (fdlibm), which keeps
 * all digits of a float32 up to 10^5; larger ones are left to the host. Polynomials: Cephes, single precision (1989).
 */
import type { Expr, HostFunction, Lanes } from '../lanes.js'
import { define1, polynomial, withSign, type Lane1 } from './define.js'

const HALF_PI_HIGH = 1.57079632673412561417
const HALF_PI_LOW = 6.07710050650619224932e-11
const LARGE = 1e5

interface Reduced {
  /** The nearest multiple of π/2, as int32. */
  readonly quadrant: Expr
  readonly sin: Expr
  readonly cos: Expr
}

const reduce = (l: Lanes, x: Expr): Reduced => {
  const n = l.nearest(l.mul(x, l.f(2 / Math.PI)))
  const r = l.inDouble(
    (xs, ns) => l.subDouble(l.subDouble(xs, l.mulDouble(ns, l.d(HALF_PI_HIGH))), l.mulDouble(ns, l.d(HALF_PI_LOW))),
    x,
    n
  )
  const z = l.mul(r, r)
  const sin = polynomial(l, z, [-1.6666654611e-1, 8.3321608736e-3, -1.9515295891e-4])
  const cos = polynomial(l, z, [4.166664568298827e-2, -1.388731625493765e-3, 2.443315711809948e-5])
  return {
    quadrant: l.toInt(n),
    sin: l.fma(l.mul(sin, z), r, r),
    cos: l.add(l.fma(l.mul(cos, z), z, l.mul(z, l.f(-0.5))), l.f(1))
  }
}

const isOdd: Lane1 = (l, quadrant) => l.eqInt(l.and(quadrant, l.i(1)), l.i(1))

/** Sine, `turns` quarters of a circle ahead. */
const wave =
  (turns: number): Lane1 =>
  (l, x) => {
    const { quadrant, sin, cos } = reduce(l, x)
    const q = l.addInt(quadrant, l.i(turns))
    const sign = l.shl(l.and(q, l.i(2)), 30)
    return l.xor(l.select(isOdd(l, q), cos, sin), sign)
  }

const withHost = (name: HostFunction, f: Lane1): Lane1 =>
  define1(name, false, (l, x) => l.patch(name, l.gt(l.abs(x), l.f(LARGE)), [x], f(l, x)))

export const sin = withHost('sin', wave(0))
export const cos = withHost('cos', wave(1))
export const tan = withHost('tan', (l, x) => {
  const { quadrant, sin: s, cos: c } = reduce(l, x)
  const odd = isOdd(l, quadrant)
  return l.div(l.select(odd, l.neg(c), s), l.select(odd, s, c))
})

const ASIN_TERMS = [1.6666752422e-1, 7.4953002686e-2, 4.5470025998e-2, 2.4181311049e-2, 4.2163199048e-2]

/** asin for 0 <= a <= 1/2, given z = a². */
const asinReduced = (l: Lanes, a: Expr, z: Expr): Expr => l.fma(l.mul(polynomial(l, z, ASIN_TERMS), z), a, a)

/** Where |x| > 1/2: asin x = π/2 - 2 asin √((1-|x|)/2). */
const asinParts = (l: Lanes, x: Expr): readonly [isFar: Expr, value: Expr] => {
  const a = l.abs(x)
  const isFar = l.gt(a, l.f(0.5))
  const z = l.select(isFar, l.mul(l.sub(l.f(1), a), l.f(0.5)), l.mul(a, a))
  return [isFar, asinReduced(l, l.select(isFar, l.sqrt(z), a), z)]
}

export const asin = define1('asin', false, (l, x) => {
  const [isFar, y] = asinParts(l, x)
  return withSign(l, l.select(isFar, l.sub(l.f(Math.PI / 2), l.add(y, y)), y), x)
})

export const acos = define1('acos', false, (l, x) => {
  const [isFar, y] = asinParts(l, x)
  const twice = l.add(y, y)
  const isNegative = l.lt(x, l.f(0))
  const far = l.select(isNegative, l.sub(l.f(Math.PI), twice), twice)
  const near = l.sub(l.f(Math.PI / 2), withSign(l, y, x))
  return l.select(isFar, far, near)
})

export const atan = define1('atan', false, (l, x) => {
  const a = l.abs(x)
  const [isLarge, isMiddle] = [l.gt(a, l.f(Math.SQRT2 + 1)), l.gt(a, l.f(Math.SQRT2 - 1))]
  const top = l.select(isLarge, l.f(-1), l.select(isMiddle, l.sub(a, l.f(1)), a))
  const bottom = l.select(isLarge, a, l.select(isMiddle, l.add(a, l.f(1)), l.f(1)))
  const base = l.select(isLarge, l.f(Math.PI / 2), l.and(isMiddle, l.f(Math.PI / 4)))
  const r = l.div(top, bottom)
  const z = l.mul(r, r)
  const terms = polynomial(l, z, [-3.33329491539e-1, 1.99777106478e-1, -1.38776856032e-1, 8.05374449538e-2])
  return withSign(l, l.add(base, l.fma(l.mul(terms, z), r, r)), x)
})
