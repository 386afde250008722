/** op(a) op(b) + c for matrices, with c broadcast to the product. Made by a pass. */
import * as tf from '@tensorflow/tfjs-core'
import { transposeFlags } from '../emit/onnx-products.js'
import * as rules from '../emit/wasm/rules/products.js'
import { add } from './binary.js'
import { spreadTo, sumTo } from './broadcasting.js'
import { matMul, type MatMulAttrs } from './linalg.js'
import type { Primitive } from './primitive.js'

export type GemmAttrs = MatMulAttrs

export const gemm: Primitive<GemmAttrs> = {
  name: 'gemm',
  infer: ([a, b], attrs) => matMul.infer([a!, b!], attrs),
  eager: ([a, b, c], { transposeA, transposeB }) => [
    tf.tidy(() => tf.add(tf.matMul(a!, b!, transposeA, transposeB), c!))
  ],
  vjp: (context) => {
    const { inputs, cotangents, needs } = context
    return [...matMul.vjp!(context), needs[2] ? sumTo(cotangents[0]!, inputs[2]!.shape) : null]
  },
  jvp: (context) => {
    const { inputs, outputs, tangents } = context
    const dc = tangents[2] && spreadTo(tangents[2], outputs[0]!.shape)
    if (!tangents[0] && !tangents[1]) return [dc!]
    const product = matMul.jvp!({ ...context, inputs: inputs.slice(0, 2), tangents: tangents.slice(0, 2) })[0]!
    return [dc ? tf.add(product, dc) : product]
  },
  batch: ({ inputs: [a, b, c], batched, size, attrs }) => {
    const product = matMul.batch({ inputs: [a!, b!], batched: batched.slice(0, 2), size, attrs })
    return add.batch({ inputs: [...product.outputs, c!], batched: [...product.batched, batched[2]!], size, attrs: {} })
  },
  onnx: (scope, { inputs, attrs }) => [scope.node('Gemm', inputs, transposeFlags(attrs))],
  wasm: rules.gemm,
  reference: ([a, b, c], attrs) => add.reference([...matMul.reference([a!, b!], attrs), c!], {})
}
