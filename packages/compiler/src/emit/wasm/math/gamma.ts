/**
 * The logarithm of the gamma function and its derivatives, as for ONNX Runtime: a quotient of polynomials on [1, 3], the
 * recurrence below and an asymptotic series above. Negative arguments are left to the host.
 */
import {
  DIGAMMA_FAR,
  DIGAMMA_NEAR,
  HALF_LOG_TAU,
  LGAMMA_FAR,
  LGAMMA_NEAR,
  ROOT,
  ROOT_REST,
  STEPS,
  expansionTerms
} from '../../../primitives/gamma-fits.js'
import { factorial } from '../../../primitives/special-reference.js'
import type { Expr, Lanes } from '../lanes.js'
import { define1, descending, quotient, type Lane1 } from './define.js'
import { log } from './exponential.js'

const power = (l: Lanes, x: Expr, n: number): Expr => {
  if (n === 1) return x
  const half = power(l, x, Math.floor(n / 2))
  const squared = l.mul(half, half)
  return n % 2 === 0 ? squared : l.mul(squared, x)
}

const isNegative: Lane1 = (l, x) => l.lt(x, l.f(0))

const lgammaPositive: Lane1 = (l, z) => {
  const isSmall = l.lt(z, l.f(1))
  const logZ = log(l, z)
  const a = l.select(isSmall, z, l.sub(z, l.f(1)))
  const b = l.sub(a, l.f(1))
  const middle = l.mul(l.mul(a, b), quotient(l, b, LGAMMA_NEAR))
  const near = l.select(isSmall, l.sub(middle, logZ), middle)
  const t = l.div(l.f(1), z)
  const rest = l.fma(t, descending(l, l.mul(t, t), LGAMMA_FAR), l.f(HALF_LOG_TAU - 0.5))
  const far = l.fma(l.sub(z, l.f(0.5)), l.sub(logZ, l.f(1)), rest)
  return l.select(l.lt(z, l.f(3)), near, far)
}

export const lgamma = define1('lgamma', false, (l, x) => l.patch('lgamma', isNegative(l, x), [x], lgammaPositive(l, x)))

const digammaPositive: Lane1 = (l, w) => {
  const isSmall = l.lt(w, l.f(1))
  const t = l.div(l.f(1), w)
  const shifted = l.select(isSmall, l.add(w, l.f(1)), w)
  const d = l.sub(l.sub(shifted, l.f(ROOT)), l.f(ROOT_REST))
  const middle = l.mul(d, quotient(l, l.sub(shifted, l.f(2)), DIGAMMA_NEAR))
  const near = l.select(isSmall, l.sub(middle, t), middle)
  const series = l.mul(t, l.fma(t, descending(l, l.mul(t, t), DIGAMMA_FAR), l.f(0.5)))
  return l.select(l.lt(w, l.f(3)), near, l.sub(log(l, w), series))
}

const polygammaPositive =
  (order: number): Lane1 =>
  (l, w) => {
    const skipped = Array.from({ length: STEPS }, (_, j) =>
      l.div(l.f(1), power(l, j === 0 ? w : l.add(w, l.f(j)), order + 1))
    ).reduce((a, b) => l.add(a, b))
    const t = l.div(l.f(1), l.add(w, l.f(STEPS)))
    const series = l.mul(t, descending(l, l.mul(t, t), expansionTerms(order)))
    const expansion = l.fma(l.add(series, l.f(0.5)), t, l.f(1 / order))
    const size = l.fma(power(l, t, order), expansion, skipped)
    return l.mul(size, l.f((order % 2 === 0 ? -1 : 1) * factorial(order)))
  }

/** The derivative of that order of digamma. */
export const polygamma = (order: number): Lane1 => {
  const positive = order === 0 ? digammaPositive : polygammaPositive(order)
  return define1(`polygamma${order}`, false, (l, x) =>
    l.patch('polygamma', isNegative(l, x), [l.f(order), x], positive(l, x))
  )
}
