/**
 * One primitive for convolutions and both of their derivatives: it contracts two of the three operands of the form T
 * (convolution-form.ts) to the third. So it is closed under differentiation, and under batching too: a batch of members is
 * folded into the examples n, the channels c or o, or the groups g (convolution-batch.ts).
 */
import * as tf from '@tensorflow/tfjs-core'
import * as rules from '../emit/wasm/rules/windows.js'
import { sizeOf } from '../graph/graph.js'
import type { Aval, NdArray } from '../graph/graph.js'
import { bind1 } from '../trace/context.js'
import { batchConvolution } from './convolution-batch.js'
import { operandsOf, shapeOf, sizesOf } from './convolution-form.js'
import type { ConvolutionAttrs, Role } from './convolution-form.js'
import { emitConvolution } from './convolution-onnx.js'
import { matMul } from './linalg.js'
import { multilinearJvp } from './linear.js'
import type { Primitive } from './primitive.js'
import { tapsOf, transposedTable } from './windows.js'

/** x [N, C, S] at the flat places of a table [R, T], -1 read as zero: [N, G, C / G * T, R], as a product needs it. */
const patches = (x: tf.Tensor, table: Int32Array, taps: number, groups: number): tf.Tensor => {
  const [n, c] = x.shape as [number, number]
  const points = sizeOf(x.shape.slice(2))
  const padded = tf.pad(tf.reshape(x, [n, c, points]), [
    [0, 0],
    [0, 0],
    [0, 1]
  ])
  const places = tf.tensor1d(transposedTable(table, taps, points), 'int32')
  return tf.reshape(tf.gather(padded, places, 2), [n, groups, (c / groups) * taps, table.length / taps])
}

/** As products with patches: right for any number of axes and groups, on any backend. */
const eagerly = ([a, b]: readonly tf.Tensor[], attrs: ConvolutionAttrs): tf.Tensor => {
  const sizes = sizesOf([a!, b!], attrs)
  const { examples, groups, inner, outer, positions } = sizes
  const taps = sizeOf(attrs.kernel)
  const table = tapsOf(attrs.image, attrs.kernel, positions, attrs)
  const plain = { transposeA: false, transposeB: false }
  if (attrs.of === 'output') {
    const rows = tf.reshape(b!, [1, groups, outer, inner * taps])
    const product = bind1(matMul, [rows, patches(a!, table.image, taps, groups)], plain)
    return tf.reshape(product, shapeOf('output', sizes, attrs))
  }
  if (attrs.of === 'image') {
    const swapped = tf.transpose(tf.reshape(a!, [groups, outer, inner, taps]), [0, 2, 1, 3])
    const rows = tf.reshape(swapped, [1, groups, inner, outer * taps])
    const product = bind1(matMul, [rows, patches(b!, table.output, taps, groups)], plain)
    return tf.reshape(product, shapeOf('image', sizes, attrs))
  }
  const output = tf.reshape(b!, [examples, groups, outer, sizeOf(positions)])
  const product = tf.matMul(output, patches(a!, table.image, taps, groups), false, true)
  return tf.reshape(tf.sum(product, 0), shapeOf('kernel', sizes, attrs))
}

const referenceConvolution = (inputs: readonly NdArray[], attrs: ConvolutionAttrs): NdArray => {
  const sizes = sizesOf(inputs, attrs)
  const { examples, groups, inner, outer, positions } = sizes
  const shape = shapeOf(attrs.of, sizes, attrs)
  const out = new Float64Array(sizeOf(shape))
  const [S, K, P] = [sizeOf(attrs.image), sizeOf(attrs.kernel), sizeOf(positions)]
  const { image: table } = tapsOf(attrs.image, attrs.kernel, positions, attrs)
  const roles = operandsOf(attrs.of)
  const add = (at: Readonly<Record<Role, number>>): void => {
    out[at[attrs.of]]! += inputs[0]!.data[at[roles[0]]]! * inputs[1]!.data[at[roles[1]]]!
  }
  for (let n = 0; n < examples; n++)
    for (let g = 0; g < groups; g++)
      for (let o = 0; o < outer; o++)
        for (let c = 0; c < inner; c++)
          for (let p = 0; p < P; p++)
            for (let k = 0; k < K; k++)
              if (table[p * K + k]! >= 0)
                add({
                  image: ((n * groups + g) * inner + c) * S + table[p * K + k]!,
                  kernel: ((g * outer + o) * inner + c) * K + k,
                  output: ((n * groups + g) * outer + o) * P + p
                })
  return { shape, dtype: 'float32', data: out }
}

const infer = (inputs: readonly Aval[], attrs: ConvolutionAttrs): readonly Aval[] => [
  { shape: shapeOf(attrs.of, sizesOf(inputs, attrs), attrs), dtype: 'float32' }
]

export const convolution: Primitive<ConvolutionAttrs> = {
  name: 'convolution',
  infer,
  eager: (inputs, attrs) => [tf.tidy(() => eagerly(inputs, attrs))],
  vjp: ({ inputs, cotangents: [dy], needs, attrs }) => {
    const known = new Map<Role, tf.Tensor>(operandsOf(attrs.of).map((role, i) => [role, inputs[i]!]))
    known.set(attrs.of, dy!)
    return operandsOf(attrs.of).map((of, i) =>
      needs[i]
        ? bind1(
            convolution,
            operandsOf(of).map((role) => known.get(role)!),
            { ...attrs, of }
          )
        : null
    )
  },
  jvp: (context) => multilinearJvp(convolution, context),
  batch: (context) => batchConvolution(convolution, context),
  onnx: (scope, { inputs, inputAvals, attrs }) => [emitConvolution(scope, inputs, sizesOf(inputAvals, attrs), attrs)],
  wasm: rules.convolution,
  reference: (inputs, attrs) => [referenceConvolution(inputs, attrs)]
}
