/** The error function, its complement and its inverse. */
import * as tf from '@tensorflow/tfjs-core'
import * as lanes from '../emit/wasm/math/index.js'
import type { OnnxScope } from '../emit/onnx-scope.js'
import { unary } from './elementwise.js'
import { onHost } from './on-host.js'
import { arithmetic } from './onnx-arithmetic.js'
import { ERFINV, erf64, erfc64, erfinv64 } from './special-reference.js'

const { mul, neg, square } = tf

const SQRT_PI = Math.sqrt(Math.PI)

/** The derivative of the inverse times dy, by its value x. */
export const erfinvVjp = (dy: tf.Tensor, _: tf.Tensor, x: tf.Tensor): tf.Tensor =>
  mul(dy, mul(tf.exp(square(x)), SQRT_PI / 2))

const erfSlope = (x: tf.Tensor): tf.Tensor => mul(tf.exp(neg(square(x))), 2 / SQRT_PI)

/**
 * exp(z²) erfc(z) on [0, 10.1] as a quotient of polynomials of least relative error (5.8e-9), fitted to SciPy's erfcx by
 * reweighted least squares; all coefficients are positive, so nothing cancels.
 */
const ERFCX = [
  [0.0327981173, 0.229226448, 0.73162022, 1.23842582, 1.00000001],
  [0.0581324506, 0.406319701, 1.3253986, 2.40226497, 2.36680557, 1]
] as const

/** Beyond it erfc underflows. */
const FAR = 11

/** Splits a float32 into 12 leading bits and the rest (Dekker 1971). */
const SPLITTER = 4097

/** erfc(z) for z in [0, FAR]: exp(-z²) as exp(-a²) exp((a - z)(a + z)), where a² is exact, times the quotient. */
const erfcPositiveOnnx = (scope: OnnxScope, z: string): string => {
  const { op, polynomial } = arithmetic(scope)
  const wide = op('Mul', z, SPLITTER)
  const a = op('Sub', wide, op('Sub', wide, z))
  const coarse = op('Exp', op('Neg', op('Mul', a, a)))
  const fine = op('Exp', op('Mul', op('Sub', a, z), op('Add', a, z)))
  const quotient = op('Div', polynomial(z, ERFCX[0]), polynomial(z, ERFCX[1]))
  return op('Mul', op('Mul', coarse, fine), quotient)
}

const erfcOnnx = (scope: OnnxScope, x: string): string => {
  const { op } = arithmetic(scope)
  const far = erfcPositiveOnnx(scope, op('Min', op('Abs', x), FAR))
  return op('Where', op('Less', x, 0), op('Sub', 2, far), far)
}

/** The centre in y², the tails in s = sqrt(-log((1 - |y|)/2)); as s P(1/s)/Q(1/s), which is infinite where s is. */
const erfinvOnnx = (scope: OnnxScope, y: string): string => {
  const { op, polynomial } = arithmetic(scope)
  const quotient = (x: string, [top, bottom]: readonly [readonly number[], readonly number[]]): string =>
    op('Div', polynomial(x, top), polynomial(x, bottom))
  const z = op('Abs', y)
  const centre = op('Mul', y, quotient(op('Mul', y, y), ERFINV.centre))
  const s = op('Sqrt', op('Neg', op('Log', op('Mul', op('Sub', 1, z), 0.5))))
  const [top, bottom] = ERFINV.tail
  const size = op('Mul', s, quotient(op('Reciprocal', s), [[...top].reverse(), [...bottom].reverse()]))
  return op('Where', op('Less', z, ERFINV.edge), centre, op('Mul', op('Sign', y), size))
}

export const erf = unary('erf', {
  eager: onHost(erf64),
  vjp: (dy, x) => mul(dy, erfSlope(x)),
  onnx: 'Erf',
  wasm: lanes.erf,
  reference: erf64
})
export const erfcPrimitive = unary('erfc', {
  eager: onHost(erfc64),
  vjp: (dy, x) => neg(mul(dy, erfSlope(x))),
  onnx: erfcOnnx,
  wasm: lanes.erfc,
  reference: erfc64
})
export const erfinvPrimitive = unary('erfinv', {
  eager: onHost(erfinv64),
  vjp: erfinvVjp,
  onnx: erfinvOnnx,
  wasm: lanes.erfinv,
  reference: erfinv64
})
