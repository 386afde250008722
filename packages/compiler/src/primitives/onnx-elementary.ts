/** Elementary functions that ONNX has not, or ONNX Runtime not fast, composed of others. */
import type { OnnxScope } from '../emit/onnx-scope.js'

/** log1p has no ONNX op: with u = 1 + x, log(u) x / (u - 1) cancels the rounding of u (Higham 2002, 1.14.1). */
export const log1pOnnx = (scope: OnnxScope, x: string): string => {
  const one = scope.scalar(1)
  const u = scope.node('Add', [x, one])
  const scaled = scope.node('Div', [scope.node('Mul', [scope.node('Log', [u]), x]), scope.node('Sub', [u, one])])
  // u = 1: x is its own logarithm. x = inf: inf/inf would be NaN.
  const plain = scope.node('Or', [scope.node('Equal', [u, one]), scope.node('Equal', [u, scope.scalar(Infinity)])])
  return scope.node('Where', [plain, x, scaled])
}

/** expm1 has no ONNX op: tanh(x/2) (exp(x) + 1), which cancels nowhere: within 3.4e-7 of the truth for every x. */
export const expm1Onnx = (scope: OnnxScope, x: string): string => {
  const half = scope.node('Tanh', [scope.node('Mul', [x, scope.scalar(0.5)])])
  return scope.node('Mul', [half, scope.node('Add', [scope.node('Exp', [x]), scope.scalar(1)])])
}

/**
 * max(x, 0) + log1p(e) with e = exp(-|x|): ONNX Runtime's own Softplus is scalar code. As 0 <= e <= 1, what log(1 + e) loses by
 * rounding u = 1 + e is e - (u - 1), to first order: fewer passes than log1p of any number needs, and as accurate.
 */
export const softplusOnnx = (scope: OnnxScope, x: string): string => {
  const one = scope.scalar(1)
  const e = scope.node('Exp', [scope.node('Neg', [scope.node('Abs', [x])])])
  const u = scope.node('Add', [e, one])
  const lost = scope.node('Sub', [e, scope.node('Sub', [u, one])])
  return scope.node('Add', [scope.node('Relu', [x]), scope.node('Add', [scope.node('Log', [u]), lost])])
}

export const isFiniteOnnx = (scope: OnnxScope, x: string): string =>
  scope.node('Not', [scope.node('Or', [scope.node('IsNaN', [x]), scope.node('IsInf', [x])])])
