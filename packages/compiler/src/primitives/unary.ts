/** Elementwise functions of one tensor. */
import * as tf from '@tensorflow/tfjs-core'
import * as lanes from '../emit/wasm/math/index.js'
import { bind1 } from '../trace/context.js'
import { NO_ATTRS, unary } from './elementwise.js'
import { erf } from './error-functions.js'
import { expm1Onnx, isFiniteOnnx, log1pOnnx, softplusOnnx } from './onnx-elementary.js'

const { mul, sub, add, div, neg, square } = tf

const roundHalfEven = (x: number): number => {
  const r = Math.round(x)
  return Math.abs(x % 1) === 0.5 && r % 2 !== 0 ? r - 1 : r
}

export const abs = unary('abs', {
  eager: tf.abs,
  vjp: (dy, x) => mul(dy, bind1(sign, [x], NO_ATTRS)), // tf.sign would be 0 for NaN, eagerly
  onnx: 'Abs',
  wasm: lanes.lanes1('abs', 'absInt'),
  reference: Math.abs
})
export const negate = unary('neg', {
  eager: neg,
  vjp: (dy) => neg(dy),
  onnx: 'Neg',
  wasm: lanes.lanes1('neg', 'negInt'),
  reference: (x) => -x
})
export const sign = unary('sign', {
  // tf.sign(NaN) is 0
  eager: (x) => tf.tidy(() => (x.dtype === 'float32' ? tf.where(tf.isNaN(x), x, tf.sign(x)) : tf.sign(x))),
  onnx: 'Sign',
  wasm: lanes.sign,
  reference: Math.sign
})
export const floor = unary('floor', {
  eager: tf.floor,
  onnx: 'Floor',
  wasm: lanes.onFloats((l, x) => l.floor(x)),
  reference: Math.floor
})
export const ceil = unary('ceil', {
  eager: tf.ceil,
  onnx: 'Ceil',
  wasm: lanes.onFloats((l, x) => l.ceil(x)),
  reference: Math.ceil
})
export const round = unary('round', {
  eager: tf.round,
  onnx: 'Round',
  wasm: lanes.onFloats((l, x) => l.nearest(x)),
  reference: roundHalfEven
})
export const exp = unary('exp', {
  eager: tf.exp,
  vjp: (dy, _, y) => mul(dy, y),
  onnx: 'Exp',
  wasm: lanes.exp,
  reference: Math.exp
})
export const expm1 = unary('expm1', {
  eager: tf.expm1,
  vjp: (dy, x) => mul(dy, tf.exp(x)),
  onnx: expm1Onnx,
  wasm: lanes.expm1,
  reference: Math.expm1
})
export const log = unary('log', {
  eager: tf.log,
  vjp: (dy, x) => div(dy, x),
  onnx: 'Log',
  wasm: lanes.log,
  reference: Math.log
})
export const log1p = unary('log1p', {
  eager: tf.log1p,
  vjp: (dy, x) => div(dy, add(x, 1)),
  onnx: log1pOnnx,
  wasm: lanes.log1p,
  reference: Math.log1p
})
export const sqrt = unary('sqrt', {
  eager: tf.sqrt,
  vjp: (dy, _, y) => div(mul(dy, 0.5), y),
  onnx: 'Sqrt',
  wasm: lanes.lanes1('sqrt'),
  reference: Math.sqrt
})
export const rsqrt = unary('rsqrt', {
  eager: tf.rsqrt,
  vjp: (dy, x, y) => mul(dy, div(mul(y, -0.5), x)),
  onnx: (scope, x) => scope.node('Reciprocal', [scope.node('Sqrt', [x])]),
  wasm: lanes.rsqrt,
  reference: (x) => 1 / Math.sqrt(x)
})
export const squared = unary('square', {
  eager: square,
  vjp: (dy, x) => mul(dy, mul(x, 2)),
  onnx: (scope, x) => scope.node('Mul', [x, x]),
  wasm: lanes.square,
  reference: (x) => x * x
})
export const reciprocal = unary('reciprocal', {
  eager: tf.reciprocal,
  vjp: (dy, _, y) => neg(mul(dy, square(y))),
  onnx: 'Reciprocal',
  wasm: lanes.reciprocal,
  reference: (x) => 1 / x
})
export const sin = unary('sin', {
  eager: tf.sin,
  vjp: (dy, x) => mul(dy, tf.cos(x)),
  onnx: 'Sin',
  wasm: lanes.sin,
  reference: Math.sin
})
export const cos = unary('cos', {
  eager: tf.cos,
  vjp: (dy, x) => neg(mul(dy, tf.sin(x))),
  onnx: 'Cos',
  wasm: lanes.cos,
  reference: Math.cos
})
export const tan = unary('tan', {
  eager: tf.tan,
  vjp: (dy, _, y) => mul(dy, add(square(y), 1)),
  onnx: 'Tan',
  wasm: lanes.tan,
  reference: Math.tan
})
export const asin = unary('asin', {
  eager: tf.asin,
  vjp: (dy, x) => mul(dy, tf.rsqrt(sub(1, square(x)))),
  onnx: 'Asin',
  wasm: lanes.asin,
  reference: Math.asin
})
export const acos = unary('acos', {
  eager: tf.acos,
  vjp: (dy, x) => neg(mul(dy, tf.rsqrt(sub(1, square(x))))),
  onnx: 'Acos',
  wasm: lanes.acos,
  reference: Math.acos
})
export const atan = unary('atan', {
  eager: tf.atan,
  vjp: (dy, x) => div(dy, add(square(x), 1)),
  onnx: 'Atan',
  wasm: lanes.atan,
  reference: Math.atan
})
export const sinh = unary('sinh', {
  eager: tf.sinh,
  vjp: (dy, x) => mul(dy, tf.cosh(x)),
  onnx: 'Sinh',
  wasm: lanes.sinh,
  reference: Math.sinh
})
export const cosh = unary('cosh', {
  eager: tf.cosh,
  vjp: (dy, x) => mul(dy, tf.sinh(x)),
  onnx: 'Cosh',
  wasm: lanes.cosh,
  reference: Math.cosh
})
export const asinh = unary('asinh', {
  eager: tf.asinh,
  vjp: (dy, x) => mul(dy, tf.rsqrt(add(square(x), 1))),
  onnx: 'Asinh',
  wasm: lanes.asinh,
  reference: Math.asinh
})
export const acosh = unary('acosh', {
  eager: tf.acosh,
  vjp: (dy, x) => mul(dy, tf.rsqrt(sub(square(x), 1))),
  onnx: 'Acosh',
  wasm: lanes.acosh,
  reference: Math.acosh
})
export const atanh = unary('atanh', {
  eager: tf.atanh,
  vjp: (dy, x) => div(dy, sub(1, square(x))),
  onnx: 'Atanh',
  wasm: lanes.atanh,
  reference: Math.atanh
})
export const tanh = unary('tanh', {
  eager: tf.tanh,
  vjp: (dy, _, y) => mul(dy, sub(1, square(y))),
  onnx: 'Tanh',
  wasm: lanes.tanh,
  reference: Math.tanh
})
export const sigmoid = unary('sigmoid', {
  eager: tf.sigmoid,
  vjp: (dy, _, y) => mul(dy, mul(y, sub(1, y))),
  onnx: 'Sigmoid',
  wasm: lanes.sigmoid,
  reference: (x) => 1 / (1 + Math.exp(-x))
})
export const softplus = unary('softplus', {
  eager: (x) => tf.tidy(() => add(tf.relu(x), tf.log1p(tf.exp(neg(tf.abs(x)))))),
  vjp: (dy, x) => mul(dy, tf.sigmoid(x)),
  onnx: softplusOnnx,
  wasm: lanes.softplus,
  reference: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))
})
export const relu = unary('relu', {
  eager: tf.relu,
  // from the result: its argument then has no other use, and a product before it may take the ReLU in
  vjp: (dy, _, y) => tf.where(tf.greater(y, 0), dy, 0),
  onnx: 'Relu',
  wasm: lanes.relu,
  reference: (x) => (x > 0 || Number.isNaN(x) ? x : 0)
})
export const isNaN = unary('isNaN', {
  eager: tf.isNaN,
  onnx: 'IsNaN',
  wasm: lanes.isNaN,
  reference: (x) => Number(Number.isNaN(x)),
  dtype: 'bool'
})
export const isInf = unary('isInf', {
  eager: tf.isInf,
  onnx: 'IsInf',
  wasm: lanes.isInf,
  reference: (x) => Number(Math.abs(x) === Infinity),
  dtype: 'bool'
})
export const isFinite = unary('isFinite', {
  eager: tf.isFinite,
  onnx: isFiniteOnnx,
  wasm: lanes.isFinite,
  reference: (x) => Number(Number.isFinite(x)),
  dtype: 'bool'
})
export const logicalNot = unary('logicalNot', {
  eager: tf.logicalNot,
  onnx: 'Not',
  wasm: lanes.lanes1('not'),
  reference: (x) => 1 - x,
  dtype: 'bool'
})
/** Identity that no derivative passes. */
export const stopGradientPrimitive = unary('stopGradient', {
  eager: tf.clone,
  onnx: (scope, x) => scope.node('Identity', [x]),
  wasm: (_, x) => x,
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
