/** Softmax over the last axis. Made by a pass from exp(logSoftmax(x)). */
import * as tf from '@tensorflow/tfjs-core'
import * as rules from '../emit/wasm/rules/reduce.js'
import type { OnnxScope } from '../emit/onnx-scope.js'
import { sizeOf } from '../graph/graph.js'
import type { Shape } from '../graph/graph.js'
import { bind1 } from '../trace/context.js'
import { NO_ATTRS } from './elementwise.js'
import type { NoAttrs } from './elementwise.js'
import type { Primitive } from './primitive.js'
import { logSoftmax } from './reduce.js'

/** ONNX Runtime works row by row: rows this short, if there are many, are quicker as whole-tensor ops (620 to 440 µs). */
const SHORT_ROW = 16
const MANY_ROWS = 4096

/** e = exp(x - max), e / Σe, with maxima and sums repeated along their rows by products with ones. */
const wholeTensor = (scope: OnnxScope, x: string, shape: Shape, columns: number): string => {
  const ones = (rows: number): string =>
    scope.constant({ shape: [rows, columns], dtype: 'float32', data: new Float32Array(rows * columns).fill(1) })
  const rows = scope.reshape(x, [sizeOf(shape) / columns, columns])
  const top = scope.node('ReduceMax', [rows, scope.ints([1])], { keepdims: { int: 1 } })
  const e = scope.node('Exp', [scope.node('Sub', [rows, scope.node('MatMul', [top, ones(1)])])])
  return scope.reshape(scope.node('Div', [e, scope.node('MatMul', [e, ones(columns)])]), shape)
}

export const softmax: Primitive<NoAttrs> = {
  name: 'softmax',
  infer: ([x]) => [x!],
  eager: ([x]) => [tf.softmax(x!)],
  vjp: ({ outputs: [y], cotangents: [dy] }) => [tf.mul(y!, tf.sub(dy!, tf.sum(tf.mul(dy!, y!), -1, true)))],
  // the Jacobian diag(y) - y yᵀ is symmetric
  jvp: ({ outputs: [y], tangents: [dx] }) => [tf.mul(y!, tf.sub(dx!, tf.sum(tf.mul(dx!, y!), -1, true)))],
  batch: ({ inputs: [x] }) => ({ outputs: [bind1(softmax, [x!], NO_ATTRS)], batched: [true] }),
  onnx: (scope, { inputs: [x], inputAvals: [aval] }) => {
    const { shape } = aval!
    const columns = shape[shape.length - 1]!
    return columns <= SHORT_ROW && sizeOf(shape) >= MANY_ROWS * columns
      ? [wholeTensor(scope, x!, shape, columns)]
      : [scope.node('Softmax', [x!], { axis: { int: -1 } })]
  },
  wasm: rules.softmax,
  reference: (inputs) => {
    const [y] = logSoftmax.reference(inputs, NO_ATTRS)
    return [{ ...y!, data: Float64Array.from(y!.data, Math.exp) }]
  }
}
