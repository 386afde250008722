/** Elementwise functions of one tensor. */
import * as tf from '@tensorflow/tfjs-core'
import type { OnnxScope } from '../emit/onnx-scope.js'
import { unary } from './elementwise.js'
import { erf } from './error-functions.js'

const { mul, sub, add, div, neg, square } = tf

/** log1p has no ONNX op: with u = 1 + x, log(u) x / (u - 1) cancels the rounding of u (Higham 2002, 1.14.1). */
const log1pOnnx = (scope: OnnxScope, x: string): string => {
  const one = scope.scalar(1)
  const u = scope.node('Add', [x, one])
  const scaled = scope.node('Div', [scope.node('Mul', [scope.node('Log', [u]), x]), scope.node('Sub', [u, one])])
  // u = 1: x is its own logarithm. x = inf: inf/inf would be NaN.
  const plain = scope.node('Or', [scope.node('Equal', [u, one]), scope.node('Equal', [u, scope.scalar(Infinity)])])
  return scope.node('Where', [plain, x, scaled])
}

/** expm1 has no ONNX op: tanh(x/2) (exp(x) + 1), exact in the limit of small x; exp(x) - 1 where that is exact. */
const expm1Onnx = (scope: OnnxScope, x: string): string => {
  const one = scope.scalar(1)
  const e = scope.node('Exp', [x])
  const small = scope.node('Mul', [
    scope.node('Tanh', [scope.node('Mul', [x, scope.scalar(0.5)])]),
    scope.node('Add', [e, one])
  ])
  const isLarge = scope.node('Greater', [scope.node('Abs', [x]), scope.scalar(1)])
  return scope.node('Where', [isLarge, scope.node('Sub', [e, one]), small])
}

/** max(x, 0) + log1p(exp(-|x|)): ONNX Runtime's own Softplus is scalar code. */
const softplusOnnx = (scope: OnnxScope, x: string): string => {
  const decay = scope.node('Exp', [scope.node('Neg', [scope.node('Abs', [x])])])
  return scope.node('Add', [scope.node('Relu', [x]), log1pOnnx(scope, decay)])
}

const isFiniteOnnx = (scope: OnnxScope, x: string): string =>
  scope.node('Not', [scope.node('Or', [scope.node('IsNaN', [x]), scope.node('IsInf', [x])])])

const roundHalfEven = (x: number): number => {
  const r = Math.round(x)
  return Math.abs(x % 1) === 0.5 && r % 2 !== 0 ? r - 1 : r
}

export const abs = unary('abs', {
  eager: tf.abs,
  vjp: (dy, x) => mul(dy, tf.sign(x)),
  onnx: 'Abs',
  reference: Math.abs
})
export const negate = unary('neg', { eager: neg, vjp: (dy) => neg(dy), onnx: 'Neg', reference: (x) => -x })
export const sign = unary('sign', { eager: tf.sign, onnx: 'Sign', reference: Math.sign })
export const floor = unary('floor', { eager: tf.floor, onnx: 'Floor', reference: Math.floor })
export const ceil = unary('ceil', { eager: tf.ceil, onnx: 'Ceil', reference: Math.ceil })
export const round = unary('round', { eager: tf.round, onnx: 'Round', reference: roundHalfEven })
export const exp = unary('exp', { eager: tf.exp, vjp: (dy, _, y) => mul(dy, y), onnx: 'Exp', reference: Math.exp })
export const expm1 = unary('expm1', {
  eager: tf.expm1,
  vjp: (dy, x) => mul(dy, tf.exp(x)),
  onnx: expm1Onnx,
  reference: Math.expm1
})
export const log = unary('log', { eager: tf.log, vjp: (dy, x) => div(dy, x), onnx: 'Log', reference: Math.log })
export const log1p = unary('log1p', {
  eager: tf.log1p,
  vjp: (dy, x) => div(dy, add(x, 1)),
  onnx: log1pOnnx,
  reference: Math.log1p
})
export const sqrt = unary('sqrt', {
  eager: tf.sqrt,
  vjp: (dy, _, y) => div(mul(dy, 0.5), y),
  onnx: 'Sqrt',
  reference: Math.sqrt
})
export const rsqrt = unary('rsqrt', {
  eager: tf.rsqrt,
  vjp: (dy, x, y) => mul(dy, div(mul(y, -0.5), x)),
  onnx: (scope, x) => scope.node('Reciprocal', [scope.node('Sqrt', [x])]),
  reference: (x) => 1 / Math.sqrt(x)
})
export const squared = unary('square', {
  eager: square,
  vjp: (dy, x) => mul(dy, mul(x, 2)),
  onnx: (scope, x) => scope.node('Mul', [x, x]),
  reference: (x) => x * x
})
export const reciprocal = unary('reciprocal', {
  eager: tf.reciprocal,
  vjp: (dy, _, y) => neg(mul(dy, square(y))),
  onnx: 'Reciprocal',
  reference: (x) => 1 / x
})
export const sin = unary('sin', { eager: tf.sin, vjp: (dy, x) => mul(dy, tf.cos(x)), onnx: 'Sin', reference: Math.sin })
export const cos = unary('cos', {
  eager: tf.cos,
  vjp: (dy, x) => neg(mul(dy, tf.sin(x))),
  onnx: 'Cos',
  reference: Math.cos
})
export const tan = unary('tan', {
  eager: tf.tan,
  vjp: (dy, _, y) => mul(dy, add(square(y), 1)),
  onnx: 'Tan',
  reference: Math.tan
})
export const asin = unary('asin', {
  eager: tf.asin,
  vjp: (dy, x) => mul(dy, tf.rsqrt(sub(1, square(x)))),
  onnx: 'Asin',
  reference: Math.asin
})
export const acos = unary('acos', {
  eager: tf.acos,
  vjp: (dy, x) => neg(mul(dy, tf.rsqrt(sub(1, square(x))))),
  onnx: 'Acos',
  reference: Math.acos
})
export const atan = unary('atan', {
  eager: tf.atan,
  vjp: (dy, x) => div(dy, add(square(x), 1)),
  onnx: 'Atan',
  reference: Math.atan
})
export const sinh = unary('sinh', {
  eager: tf.sinh,
  vjp: (dy, x) => mul(dy, tf.cosh(x)),
  onnx: 'Sinh',
  reference: Math.sinh
})
export const cosh = unary('cosh', {
  eager: tf.cosh,
  vjp: (dy, x) => mul(dy, tf.sinh(x)),
  onnx: 'Cosh',
  reference: Math.cosh
})
export const asinh = unary('asinh', {
  eager: tf.asinh,
  vjp: (dy, x) => mul(dy, tf.rsqrt(add(square(x), 1))),
  onnx: 'Asinh',
  reference: Math.asinh
})
export const acosh = unary('acosh', {
  eager: tf.acosh,
  vjp: (dy, x) => mul(dy, tf.rsqrt(sub(square(x), 1))),
  onnx: 'Acosh',
  reference: Math.acosh
})
export const atanh = unary('atanh', {
  eager: tf.atanh,
  vjp: (dy, x) => div(dy, sub(1, square(x))),
  onnx: 'Atanh',
  reference: Math.atanh
})
export const tanh = unary('tanh', {
  eager: tf.tanh,
  vjp: (dy, _, y) => mul(dy, sub(1, square(y))),
  onnx: 'Tanh',
  reference: Math.tanh
})
export const sigmoid = unary('sigmoid', {
  eager: tf.sigmoid,
  vjp: (dy, _, y) => mul(dy, mul(y, sub(1, y))),
  onnx: 'Sigmoid',
  reference: (x) => 1 / (1 + Math.exp(-x))
})
export const softplus = unary('softplus', {
  eager: (x) => tf.tidy(() => add(tf.relu(x), tf.log1p(tf.exp(neg(tf.abs(x)))))),
  vjp: (dy, x) => mul(dy, tf.sigmoid(x)),
  onnx: softplusOnnx,
  reference: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))
})
export const relu = unary('relu', {
  eager: tf.relu,
  vjp: (dy, x) => tf.where(tf.greater(x, 0), dy, 0),
  onnx: 'Relu',
  reference: (x) => (x > 0 || Number.isNaN(x) ? x : 0)
})
export const isNaN = unary('isNaN', {
  eager: tf.isNaN,
  onnx: 'IsNaN',
  reference: (x) => Number(Number.isNaN(x)),
  dtype: 'bool'
})
export const isInf = unary('isInf', {
  eager: tf.isInf,
  onnx: 'IsInf',
  reference: (x) => Number(Math.abs(x) === Infinity),
  dtype: 'bool'
})
export const isFinite = unary('isFinite', {
  eager: tf.isFinite,
  onnx: isFiniteOnnx,
  reference: (x) => Number(Number.isFinite(x)),
  dtype: 'bool'
})
export const logicalNot = unary('logicalNot', {
  eager: tf.logicalNot,
  onnx: 'Not',
  reference: (x) => 1 - x,
  dtype: 'bool'
})
/** Identity that no derivative passes. */
export const stopGradientPrimitive = unary('stopGradient', {
  eager: tf.clone,
  onnx: (scope, x) => scope.node('Identity', [x]),
  reference: (x) => x
})

export const unaries = {
  Abs: abs,
  Neg: negate,
  Sign: sign,
  Floor: floor,
  Ceil: ceil,
  Round: round,
  Exp: exp,
  Expm1: expm1,
  Log: log,
  Log1p: log1p,
  Sqrt: sqrt,
  Rsqrt: rsqrt,
  Square: squared,
  Reciprocal: reciprocal,
  Sin: sin,
  Cos: cos,
  Tan: tan,
  Asin: asin,
  Acos: acos,
  Atan: atan,
  Sinh: sinh,
  Cosh: cosh,
  Asinh: asinh,
  Acosh: acosh,
  Atanh: atanh,
  Tanh: tanh,
  Sigmoid: sigmoid,
  Softplus: softplus,
  Relu: relu,
  Erf: erf,
  IsNan: isNaN,
  IsInf: isInf,
  IsFinite: isFinite,
  LogicalNot: logicalNot
} as const
