/**
 * lgamma and its derivatives as ONNX nodes, few and without branches: a quotient of polynomials on [1, 3], one step of the
 * recurrence below, an asymptotic series above. Negative arguments are reflected, under an If where there are any.
 */
import type { OnnxAttribute, OnnxScope } from '../emit/onnx-scope.js'
import { sizeOf, type Aval, type Shape } from '../graph/graph.js'
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
} from './gamma-fits.js'
import { arithmetic } from './onnx-arithmetic.js'
import { cotangentPolynomial, factorial } from './special-reference.js'

const LOG_PI = Math.log(Math.PI)

/** `reflect` if x has a negative entry, else `plain`; either is made in a branch of its own, and only one of them runs. */
const whereNegative = (
  scope: OnnxScope,
  x: string,
  shape: Shape,
  plain: (inner: OnnxScope) => string,
  reflect: (inner: OnnxScope) => string
): string => {
  if (sizeOf(shape) === 0) return plain(scope)
  const isNegative = scope.node('Less', [x, scope.scalar(0)])
  const hasNegative = scope.node('ReduceMax', [isNegative], { keepdims: { int: 0 } })
  const branch = (make: (inner: OnnxScope) => string): OnnxAttribute => ({
    graph: scope.body([], (inner) => [{ name: make(inner), shape, dtype: 'float32' }])
  })
  return scope.node('If', [hasNegative], { then_branch: branch(reflect), else_branch: branch(plain) })
}

/** log Γ(z) for z >= 0. With a = Γ's shift to [1, 3] less 1, exact also where z is small: a = z, or z - 1. */
const lgammaPositive = (scope: OnnxScope, z: string): string => {
  const { op, polynomial } = arithmetic(scope)
  const isSmall = op('Less', z, 1)
  const logZ = op('Log', z)
  const a = op('Where', isSmall, z, op('Sub', z, 1))
  const b = op('Sub', a, 1)
  const quotient = op('Div', polynomial(b, LGAMMA_NEAR[0]), polynomial(b, LGAMMA_NEAR[1]))
  const middle = op('Mul', op('Mul', a, b), quotient)
  const near = op('Where', isSmall, op('Sub', middle, logZ), middle)
  const t = op('Reciprocal', z)
  const rest = op('Add', op('Mul', t, polynomial(op('Mul', t, t), LGAMMA_FAR)), HALF_LOG_TAU - 0.5)
  const far = op('Add', op('Mul', op('Sub', z, 0.5), op('Sub', logZ, 1)), rest)
  return op('Where', op('Less', z, 3), near, far)
}

/** Distance of x to the nearest integer, exact; NaN where x is infinite. */
const toInteger = (scope: OnnxScope, x: string): string => scope.node('Sub', [x, scope.node('Round', [x])])

/** log Γ(x) = log π - log |x sin πx| - log Γ(-x) for x < 0; infinite at the poles, and at -inf as all its neighbours. */
export const lgammaOnnx = (scope: OnnxScope, x: string, { shape }: Aval): string =>
  whereNegative(
    scope,
    x,
    shape,
    (inner) => lgammaPositive(inner, x),
    (inner) => {
      const { op } = arithmetic(inner)
      const own = lgammaPositive(inner, op('Abs', x))
      const r = toInteger(inner, x)
      const sine = op('Abs', op('Mul', x, op('Sin', op('Mul', r, Math.PI))))
      const mirrored = op('Sub', op('Sub', LOG_PI, op('Log', sine)), own)
      const isRegular = op('Greater', op('Abs', r), 0)
      return op('Where', op('Less', x, 0), op('Where', isRegular, mirrored, Infinity), own)
    }
  )

/** ψ(w) for w >= 0. */
const digammaPositive = (scope: OnnxScope, w: string): string => {
  const { op, polynomial } = arithmetic(scope)
  const isSmall = op('Less', w, 1)
  const t = op('Reciprocal', w)
  const shifted = op('Where', isSmall, op('Add', w, 1), w)
  const d = op('Sub', op('Sub', shifted, ROOT), ROOT_REST)
  const b = op('Sub', shifted, 2)
  const quotient = op('Div', polynomial(b, DIGAMMA_NEAR[0]), polynomial(b, DIGAMMA_NEAR[1]))
  const middle = op('Mul', d, quotient)
  const near = op('Where', isSmall, op('Sub', middle, t), middle)
  const series = op('Mul', t, op('Add', 0.5, op('Mul', t, polynomial(op('Mul', t, t), DIGAMMA_FAR))))
  return op('Where', op('Less', w, 3), near, op('Sub', op('Log', w), series))
}

/** ψₙ(w) for w >= 0 and n >= 1, with n! as a factor of all. */
const polygammaPositive = (scope: OnnxScope, w: string, order: number): string => {
  const { op, polynomial, power } = arithmetic(scope)
  const skipped = Array.from({ length: STEPS }, (_, j) =>
    op('Reciprocal', power(j === 0 ? w : op('Add', w, j), order + 1))
  ).reduce((a, b) => op('Add', a, b))
  const t = op('Reciprocal', op('Add', w, STEPS))
  const series = op('Mul', t, polynomial(op('Mul', t, t), expansionTerms(order)))
  const expansion = op('Add', op('Mul', op('Add', series, 0.5), t), 1 / order)
  const size = op('Add', skipped, op('Mul', power(t, order), expansion))
  return op('Mul', size, (order % 2 === 0 ? -1 : 1) * factorial(order))
}

/** dⁿ cot(πx)/dxⁿ π, from c = cot πx: a polynomial in c², times c where n is even. */
const cotangentSlope = (scope: OnnxScope, c: string, order: number): string => {
  const { op, polynomial } = arithmetic(scope)
  const coefficients = cotangentPolynomial(order)
    .filter((_, i) => i % 2 === 0)
    .map((value) => value * Math.PI ** (order + 1))
  const even = polynomial(op('Mul', c, c), coefficients)
  return order % 2 === 0 ? op('Mul', c, even) : even
}

/** ψₙ(x) = (-1)ⁿ ψₙ(1 - x) - π dⁿ cot(πx)/dxⁿ for x < 0 (DLMF 5.15.6); NaN at a pole whose sides have two signs. */
export const polygammaOnnx = (scope: OnnxScope, x: string, { shape }: Aval, order: number): string => {
  const positive = (inner: OnnxScope, w: string): string =>
    order === 0 ? digammaPositive(inner, w) : polygammaPositive(inner, w, order)
  return whereNegative(
    scope,
    x,
    shape,
    (inner) => positive(inner, x),
    (inner) => {
      const { op } = arithmetic(inner)
      const isNegative = op('Less', x, 0)
      const own = positive(inner, op('Where', isNegative, op('Sub', 1, x), x))
      const r = toInteger(inner, x)
      // cos πr as a sine, which is exactly 0 half-way between integers
      const cosine = op('Sin', op('Mul', op('Sub', 0.5, op('Abs', r)), Math.PI))
      const cotangent = op('Div', cosine, op('Sin', op('Mul', r, Math.PI)))
      const slope = cotangentSlope(inner, cotangent, order)
      const mirrored = op('Sub', order % 2 === 0 ? own : op('Neg', own), slope)
      const regular = order % 2 === 0 ? op('Where', op('Equal', r, 0), NaN, mirrored) : mirrored
      return op('Where', isNegative, regular, own)
    }
  )
}
