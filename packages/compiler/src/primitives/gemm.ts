/** op(a) op(b) + c for matrices, with c broadcast to the product. Made by a pass, after derivatives have been taken. */
import * as tf from '@tensorflow/tfjs-core'
import { add } from './binary.js'
import { matMul, type MatMulAttrs } from './linalg.js'
import type { Primitive } from './primitive.js'

export type GemmAttrs = MatMulAttrs

const flag = (is: boolean): { readonly int: number } => ({ int: is ? 1 : 0 })

export const gemm: Primitive<GemmAttrs> = {
  name: 'gemm',
  infer: ([a, b], attrs) => matMul.infer([a!, b!], attrs),
  eager: ([a, b, c], { transposeA, transposeB }) => [
    tf.tidy(() => tf.add(tf.matMul(a!, b!, transposeA, transposeB), c!))
  ],
  batch: ({ inputs: [a, b, c], batched, size, attrs }) => {
    const product = matMul.batch({ inputs: [a!, b!], batched: batched.slice(0, 2), size, attrs })
    return add.batch({ inputs: [...product.outputs, c!], batched: [...product.batched, batched[2]!], size, attrs: {} })
  },
  onnx: (scope, { inputs, attrs: { transposeA, transposeB } }) => [
    scope.node('Gemm', inputs, { transA: flag(transposeA), transB: flag(transposeB) })
  ],
  reference: ([a, b, c], attrs) => add.reference([...matMul.reference([a!, b!], attrs), c!], {})
}
