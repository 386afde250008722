/** The logarithm of the gamma function and its derivatives of every order. */
import * as tf from '@tensorflow/tfjs-core'
import * as lanes from '../emit/wasm/math/index.js'
import type { NdArray } from '../graph/graph.js'
import { bind, bind1 } from '../trace/context.js'
import { unary } from './elementwise.js'
import { onHost } from './on-host.js'
import { lgammaOnnx, polygammaOnnx } from './gamma-onnx.js'
import type { Primitive } from './primitive.js'
import { lgamma64, polygamma64 } from './special-reference.js'

export type PolygammaAttrs = { readonly order: number }

const apply = (order: number, { shape, data }: NdArray): NdArray => ({
  shape,
  dtype: 'float32',
  data: Float64Array.from(data, polygamma64(order))
})

/** The derivative of order n of the digamma function; its slope is that of order n + 1. */
export const polygammaPrimitive: Primitive<PolygammaAttrs> = {
  name: 'polygamma',
  infer: ([x]) => [{ shape: x!.shape, dtype: 'float32' }],
  eager: ([x], { order }) => [onHost(polygamma64(order))(x!)],
  vjp: ({ inputs: [x], cotangents: [dy], attrs: { order } }) => [tf.mul(dy!, next(x!, order))],
  jvp: ({ inputs: [x], tangents: [dx], attrs: { order } }) => [tf.mul(dx!, next(x!, order))],
  batch: ({ inputs, batched, attrs }) => ({ outputs: bind(polygammaPrimitive, inputs, attrs), batched }),
  onnx: (scope, { inputs: [x], inputAvals: [aval], attrs: { order } }) => [polygammaOnnx(scope, x!, aval!, order)],
  wasm: (scope, { inputs: [x], attrs: { order } }) =>
    scope.map(x!.shape, ['float32'], [x!], (l, v) => [lanes.polygamma(order)(l, v!)]),
  reference: ([x], { order }) => [apply(order, x!)]
}

const next = (x: tf.Tensor, order: number): tf.Tensor => bind1(polygammaPrimitive, [x], { order: order + 1 })

export const lgammaPrimitive = unary('lgamma', {
  eager: onHost(lgamma64),
  vjp: (dy, x) => tf.mul(dy, bind1(polygammaPrimitive, [x], { order: 0 })),
  onnx: lgammaOnnx,
  wasm: lanes.lgamma,
  reference: lgamma64
})
