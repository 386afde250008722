/** Gather and its transpose. */
import * as tf from '@tensorflow/tfjs-core'
import * as rules from '../emit/wasm/rules/indexing.js'
import type { OnnxScope } from '../emit/onnx-scope.js'
import { sizeOf } from '../graph/graph.js'
import type { Shape } from '../graph/graph.js'
import { bind1 } from '../trace/context.js'
import { allocate } from './elementwise.js'
import { linearJvp } from './linear.js'
import { batchAll } from './shape.js'
import type { Primitive } from './primitive.js'

export type GatherAttrs = { readonly axis: number }

const gatherShape = (x: Shape, indices: Shape, axis: number): Shape => [
  ...x.slice(0, axis),
  ...indices,
  ...x.slice(axis + 1)
]

/** x.shape split at `axis`: [outer, n, inner] as flat sizes. */
const around = (shape: Shape, axis: number): readonly [outer: number, n: number, inner: number] => [
  sizeOf(shape.slice(0, axis)),
  shape[axis]!,
  sizeOf(shape.slice(axis + 1))
]

/** x [..., n, ...] at int32 indices [I...] of `axis`: [..., I..., ...]. Indices outside are undefined behaviour, as in tfjs. */
export const gather: Primitive<GatherAttrs> = {
  name: 'gather',
  infer: ([x, indices], { axis }) => [{ shape: gatherShape(x!.shape, indices!.shape, axis), dtype: x!.dtype }],
  eager: ([x, indices], { axis }) => [tf.gather(x!, indices!, axis)],
  vjp: ({ inputs: [x, indices], cotangents: [dy], attrs: { axis } }) => [
    bind1(scatterAdd, [dy!, indices!], { axis, size: x!.shape[axis]! }),
    null
  ],
  jvp: (context) => linearJvp(gather, context),
  batch: ({ inputs: [x, indices], batched: [batchedX, batchedI], size, attrs: { axis } }) => {
    if (!batchedI) return { outputs: [tf.gather(x!, indices!, axis + 1)], batched: [true] }
    if (!batchedX) return { outputs: [moveAxisToFront(tf.gather(x!, indices!, axis), axis)], batched: [true] }
    // both: one long axis of size * n rows, and indices shifted by their member's offset
    const n = x!.shape[axis + 1]!
    const rows = flattenRows(x!, axis)
    const shifted = tf.add(indices!, offsets(size, n, indices!.rank))
    const picked = tf.gather(rows, shifted, 0)
    return { outputs: [restoreRows(picked, indices!.rank, axis)], batched: [true] }
  },
  onnx: (scope, { inputs: [x, indices], attrs: { axis } }) => [
    scope.node('Gather', [x!, indices!], { axis: { int: axis } })
  ],
  wasm: rules.gather,
  reference: ([x, indices], { axis }) => {
    const shape = gatherShape(x!.shape, indices!.shape, axis)
    const [outer, n, inner] = around(x!.shape, axis)
    const out = allocate(x!.dtype, sizeOf(shape))
    let o = 0
    for (let a = 0; a < outer; a++)
      for (const index of indices!.data)
        for (let c = 0; c < inner; c++) out[o++] = x!.data[(a * n + index) * inner + c]!
    return [{ shape, dtype: x!.dtype, data: out }]
  }
}

/** int32 [size, 1, ...]: where each member's rows begin. */
const offsets = (size: number, n: number, rank: number): tf.Tensor =>
  tf.tensor(
    Int32Array.from({ length: size }, (_, k) => k * n),
    [size, ...Array.from({ length: rank - 1 }, () => 1)],
    'int32'
  )

const moveAxisToFront = (x: tf.Tensor, axis: number): tf.Tensor =>
  axis === 0 ? x : tf.transpose(x, [axis, ...x.shape.map((_, i) => i).filter((i) => i !== axis)])

/** [B, pre..., n, post...] -> [B n, pre..., post...]. */
const flattenRows = (x: tf.Tensor, axis: number): tf.Tensor => {
  const perm = [0, axis + 1, ...x.shape.map((_, i) => i).filter((i) => i !== 0 && i !== axis + 1)]
  const moved = axis === 0 ? x : tf.transpose(x, perm)
  const [size, n, ...rest] = moved.shape
  return tf.reshape(moved, [size! * n!, ...rest])
}

/** [B, I..., pre..., post...] -> [B, pre..., I..., post...]; `rank` counts B and I. */
const restoreRows = (x: tf.Tensor, rank: number, axis: number): tf.Tensor => {
  if (axis === 0) return x
  const axes = x.shape.map((_, i) => i)
  return tf.transpose(x, [0, ...axes.slice(rank, rank + axis), ...axes.slice(1, rank), ...axes.slice(rank + axis)])
}

export type ScatterAddAttrs = { readonly axis: number; readonly size: number }

/** Rows along the index axes, flattened: [outer, I, inner]. */
const scatterParts = (y: Shape, indexRank: number, axis: number): readonly [outer: number, inner: number] => [
  sizeOf(y.slice(0, axis)),
  sizeOf(y.slice(axis + indexRank))
]

/** The transpose of gather: y [..., I..., ...] is added at `indices` into zeros [..., size, ...]. */
export const scatterAdd: Primitive<ScatterAddAttrs> = {
  name: 'scatterAdd',
  infer: ([y, indices], { axis, size }) => [
    { shape: [...y!.shape.slice(0, axis), size, ...y!.shape.slice(axis + indices!.shape.length)], dtype: y!.dtype }
  ],
  eager: ([y, indices], { axis, size }) => [
    tf.tidy(() => {
      const rank = indices!.rank
      const axes = y!.shape.map((_, i) => i)
      const indexAxes = axes.slice(axis, axis + rank)
      const others = axes.filter((i) => !indexAxes.includes(i))
      const rows = tf.reshape(tf.transpose(y!, [...indexAxes, ...others]), [
        indices!.size,
        ...others.map((i) => y!.shape[i]!)
      ])
      const shape = [size, ...rows.shape.slice(1)]
      const summed = tf.scatterND(tf.reshape(indices!, [indices!.size, 1]), rows, shape)
      const back = others.map((_, i) => i + 1)
      return tf.transpose(summed, [...back.slice(0, axis), 0, ...back.slice(axis)])
    })
  ],
  vjp: ({ inputs: [, indices], cotangents: [dy], attrs: { axis } }) => [tf.gather(dy!, indices!, axis), null],
  jvp: (context) => linearJvp(scatterAdd, context),
  batch: ({ inputs, batched, size: members, attrs: { axis, size } }) => {
    if (!batched[1]) return { outputs: [bind1(scatterAdd, inputs, { axis: axis + 1, size })], batched: [true] }
    // one long axis of members * size rows
    const [y, indices] = batchAll(inputs, batched, members)
    const shifted = tf.add(indices!, offsets(members, size, indices!.rank))
    const axes = y!.shape.map((_, i) => i)
    const indexAxes = axes.slice(axis + 1, axis + indices!.rank)
    const others = axes.filter((i) => i !== 0 && !indexAxes.includes(i))
    const rows = tf.transpose(y!, [0, ...indexAxes, ...others])
    const long = bind1(scatterAdd, [rows, shifted], { axis: 0, size: members * size })
    const split = tf.reshape(long, [members, size, ...long.shape.slice(1)])
    const back = others.map((_, i) => i + 2)
    return { outputs: [tf.transpose(split, [0, ...back.slice(0, axis), 1, ...back.slice(axis)])], batched: [true] }
  },
  onnx: (scope, { inputs: [y, indices], inputAvals: [avalY, avalI], outputAvals: [aval], attrs: { axis, size } }) => {
    const count = sizeOf(avalI!.shape)
    const [outer, inner] = scatterParts(avalY!.shape, avalI!.shape.length, axis)
    // ScatterElements on [outer, size, inner] with indices expanded to the updates' shape
    const updates = scope.reshape(y!, [outer, count, inner])
    const expanded = scope.node('Expand', [scope.reshape(indices!, [1, count, 1]), scope.ints([outer, count, inner])])
    const zeros = zerosOnnx(scope, [outer, size, inner], aval!.dtype === 'int32')
    const sum = scope.node('ScatterElements', [zeros, expanded, updates], {
      axis: { int: 1 },
      reduction: { string: 'add' }
    })
    return [scope.reshape(sum, aval!.shape)]
  },
  wasm: rules.scatterAdd,
  reference: ([y, indices], { axis, size }) => {
    const [aval] = scatterAdd.infer([y!, indices!], { axis, size })
    const [outer, inner] = scatterParts(y!.shape, indices!.shape.length, axis)
    const out = allocate(y!.dtype, sizeOf(aval!.shape))
    let i = 0
    for (let a = 0; a < outer; a++)
      for (const index of indices!.data)
        for (let c = 0; c < inner; c++) {
          const target = (a * size + index) * inner + c
          out[target] = out[target]! + y!.data[i++]!
        }
    return [{ ...aval!, data: out }]
  }
}

const zerosOnnx = (scope: OnnxScope, shape: Shape, isInt: boolean): string =>
  scope.node('Expand', [isInt ? scope.integer(0, 'int32') : scope.scalar(0), scope.ints(shape)])
