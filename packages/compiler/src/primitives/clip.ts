/** Clipping: one pass where a minimum of a maximum is two, and a slope that is 1 at the bounds too, as TensorFlow has it. */
import * as tf from '@tensorflow/tfjs-core'
import * as lanes from '../emit/wasm/math/index.js'
import type { OnnxScope } from '../emit/onnx-scope.js'
import type { DType } from '../graph/graph.js'
import { bind } from '../trace/context.js'
import { allocate } from './elementwise.js'
import type { Primitive } from './primitive.js'

export type ClipAttrs = { readonly low: number; readonly high: number }

const LEAST = -(2 ** 31)
const MOST = 2 ** 31 - 1

const bound = (scope: OnnxScope, value: number, dtype: DType): string =>
  dtype === 'float32' ? scope.scalar(value) : scope.integer(Math.trunc(Math.min(Math.max(value, LEAST), MOST)), 'int32')

/** dy where x is within the bounds. */
const inside = (dy: tf.Tensor, x: tf.Tensor, { low, high }: ClipAttrs): tf.Tensor =>
  tf.where(tf.logicalAnd(tf.greaterEqual(x, low), tf.lessEqual(x, high)), dy, tf.zerosLike(dy))

/** min(max(x, low), high) for float32 and int32; NaN stays. */
export const clip: Primitive<ClipAttrs> = {
  name: 'clip',
  infer: ([x]) => [x!],
  eager: ([x], { low, high }) => [tf.clipByValue(x!, low, high)],
  vjp: ({ inputs: [x], cotangents: [dy], attrs }) => [inside(dy!, x!, attrs)],
  jvp: ({ inputs: [x], tangents: [dx], attrs }) => [inside(dx!, x!, attrs)],
  batch: ({ inputs, batched, attrs }) => ({ outputs: bind(clip, inputs, attrs), batched }),
  onnx: (scope, { inputs: [x], inputAvals: [aval], attrs: { low, high } }) => [
    scope.node('Clip', [x!, bound(scope, low, aval!.dtype), bound(scope, high, aval!.dtype)])
  ],
  wasm: (scope, { inputs: [x], attrs }) =>
    scope.map(x!.shape, [x!.dtype], [x!], (l, v) => [lanes.clip(l, v!, x!.dtype, attrs)]),
  reference: ([x], { low, high }) => {
    const out = allocate(x!.dtype, x!.data.length)
    for (let i = 0; i < out.length; i++) out[i] = Math.min(Math.max(x!.data[i]!, low), high)
    return [{ shape: x!.shape, dtype: x!.dtype, data: out }]
  }
}
