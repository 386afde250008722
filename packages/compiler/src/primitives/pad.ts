/** Padding with a constant: the transpose of slicing. */
import * as tf from '@tensorflow/tfjs-core'
import * as rules from '../emit/wasm/rules/shape.js'
import { sizeOf } from '../graph/graph.js'
import { stridesOf } from './broadcasting.js'
import { allocate } from './elementwise.js'
import { linearJvp } from './linear.js'
import type { Primitive } from './primitive.js'

export type PadAttrs = { readonly paddings: readonly (readonly [number, number])[]; readonly value: number }

export const pad: Primitive<PadAttrs> = {
  name: 'pad',
  infer: ([x], { paddings }) => [
    { shape: x!.shape.map((n, i) => n + paddings[i]![0] + paddings[i]![1]), dtype: x!.dtype }
  ],
  eager: ([x], { paddings, value }) => [
    tf.pad(
      x!,
      paddings.map(([a, b]) => [a, b]),
      value
    )
  ],
  vjp: ({ inputs: [x], cotangents: [dy], attrs: { paddings } }) => [
    tf.slice(
      dy!,
      paddings.map(([before]) => before),
      x!.shape
    )
  ],
  jvp: (context) => linearJvp(pad, { ...context, attrs: { ...context.attrs, value: 0 } }),
  batch: ({ inputs: [x], attrs: { paddings, value } }) => ({
    outputs: [tf.pad(x!, [[0, 0], ...paddings.map(([a, b]): [number, number] => [a, b])], value)],
    batched: [true]
  }),
  onnx: (scope, { inputs: [x], inputAvals: [aval], attrs: { paddings, value } }) => {
    const amounts = scope.ints([...paddings.map(([a]) => a), ...paddings.map(([, b]) => b)])
    const fill = scope.constant({ shape: [], dtype: aval!.dtype, data: allocate(aval!.dtype, 1).fill(value) })
    return [scope.node('Pad', [x!, amounts, fill])]
  },
  wasm: rules.pad,
  reference: ([x], { paddings, value }) => {
    const [aval] = pad.infer([x!], { paddings, value })
    const out = allocate(x!.dtype, sizeOf(aval!.shape)).fill(value)
    const [from, to] = [stridesOf(x!.shape), stridesOf(aval!.shape)]
    for (let i = 0; i < x!.data.length; i++) {
      const target = from.reduce(
        (sum, s, axis) => sum + ((Math.floor(i / s) % x!.shape[axis]!) + paddings[axis]![0]) * to[axis]!,
        0
      )
      out[target] = x!.data[i]!
    }
    return [{ ...aval!, data: out }]
  }
}
