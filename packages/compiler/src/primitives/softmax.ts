/** Softmax over the last axis. Made by a pass from exp(logSoftmax(x)). */
import * as tf from '@tensorflow/tfjs-core'
import * as rules from '../emit/wasm/rules/reduce.js'
import { bind1 } from '../trace/context.js'
import { NO_ATTRS } from './elementwise.js'
import type { NoAttrs } from './elementwise.js'
import type { Primitive } from './primitive.js'
import { logSoftmax } from './reduce.js'
import { areManyShort, softmaxOfRows } from './short-rows.js'

export const softmax: Primitive<NoAttrs> = {
  name: 'softmax',
  infer: ([x]) => [x!],
  eager: ([x]) => [tf.softmax(x!)],
  vjp: ({ outputs: [y], cotangents: [dy] }) => [tf.mul(y!, tf.sub(dy!, tf.sum(tf.mul(dy!, y!), -1, true)))],
  // the Jacobian diag(y) - y yᵀ is symmetric
  jvp: ({ outputs: [y], tangents: [dx] }) => [tf.mul(y!, tf.sub(dx!, tf.sum(tf.mul(dx!, y!), -1, true)))],
  batch: ({ inputs: [x] }) => ({ outputs: [bind1(softmax, [x!], NO_ATTRS)], batched: [true] }),
  onnx: (scope, { inputs: [x], inputAvals: [aval] }) => [
    areManyShort(aval!.shape, 'softmax')
      ? softmaxOfRows(scope, x!, aval!.shape)
      : scope.node('Softmax', [x!], { axis: { int: -1 } })
  ],
  wasm: rules.softmax,
  reference: (inputs) => {
    const [y] = logSoftmax.reference(inputs, NO_ATTRS)
    return [{ ...y!, data: Float64Array.from(y!.data, Math.exp) }]
  }
}
