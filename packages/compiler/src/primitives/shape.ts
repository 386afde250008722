/** Primitives that move data without computing: reshape, transpose, broadcast, concat, split, slice, reverse, cast. */
import * as tf from '@tensorflow/tfjs-core'
import * as rules from '../emit/wasm/rules/shape.js'
import { BdlError } from '../errors.js'
import { sameShape, sizeOf } from '../graph/graph.js'
import type { DType, NdArray, Shape } from '../graph/graph.js'
import { whereabouts } from '../trace/user-line.js'
import { broadcastIndex, stridesOf, sumTo } from './broadcasting.js'
import { allocate } from './elementwise.js'
import { linearJvp } from './linear.js'
import type { Primitive } from './primitive.js'

export type ShapeAttrs = { readonly shape: Shape }

const mapIndex = (x: NdArray, shape: Shape, source: (flat: number) => number): NdArray => {
  const out = allocate(x.dtype, sizeOf(shape))
  for (let i = 0; i < out.length; i++) out[i] = x.data[source(i)]!
  return { shape, dtype: x.dtype, data: out }
}

export const reshape: Primitive<ShapeAttrs> = {
  name: 'reshape',
  infer: ([x], { shape }) => {
    if (sizeOf(shape) !== sizeOf(x!.shape))
      throw new BdlError({
        code: 'ShapeMismatch',
        fn: 'reshape',
        argument: 'shape',
        expected: `${sizeOf(x!.shape)} elements`,
        got: `[${shape.join(', ')}]`,
        ...whereabouts()
      })
    return [{ shape, dtype: x!.dtype }]
  },
  eager: ([x], { shape }) => [tf.reshape(x!, [...shape])],
  vjp: ({ inputs: [x], cotangents: [dy] }) => [tf.reshape(dy!, x!.shape)],
  jvp: (context) => linearJvp(reshape, context),
  batch: ({ inputs: [x], size, attrs: { shape } }) => ({
    outputs: [tf.reshape(x!, [size, ...shape])],
    batched: [true]
  }),
  onnx: (scope, { inputs: [x], attrs: { shape } }) => [scope.reshape(x!, shape)],
  wasm: rules.reshape,
  reference: ([x], { shape }) => [{ ...x!, shape }]
}

export type TransposeAttrs = { readonly perm: readonly number[] }

export const invertPermutation = (perm: readonly number[]): number[] => {
  const inverse = new Array<number>(perm.length)
  perm.forEach((axis, i) => (inverse[axis] = i))
  return inverse
}

export const transpose: Primitive<TransposeAttrs> = {
  name: 'transpose',
  infer: ([x], { perm }) => [{ shape: perm.map((axis) => x!.shape[axis]!), dtype: x!.dtype }],
  eager: ([x], { perm }) => [tf.transpose(x!, [...perm])],
  vjp: ({ cotangents: [dy], attrs: { perm } }) => [tf.transpose(dy!, invertPermutation(perm))],
  jvp: (context) => linearJvp(transpose, context),
  batch: ({ inputs: [x], attrs: { perm } }) => ({
    outputs: [tf.transpose(x!, [0, ...perm.map((axis) => axis + 1)])],
    batched: [true]
  }),
  onnx: (scope, { inputs: [x], attrs: { perm } }) => [scope.node('Transpose', [x!], { perm: { ints: perm } })],
  wasm: rules.transpose,
  reference: ([x], { perm }) => {
    const shape = perm.map((axis) => x!.shape[axis]!)
    const from = stridesOf(x!.shape)
    const strides = perm.map((axis) => from[axis]!)
    const out = stridesOf(shape)
    return [
      mapIndex(x!, shape, (flat) =>
        out.reduce((i, s, axis) => i + (Math.floor(flat / s) % shape[axis]!) * strides[axis]!, 0)
      )
    ]
  }
}

export const broadcastTo: Primitive<ShapeAttrs> = {
  name: 'broadcastTo',
  infer: ([x], { shape }) => [{ shape, dtype: x!.dtype }],
  eager: ([x], { shape }) => [tf.broadcastTo(x!, [...shape])],
  vjp: ({ inputs: [x], cotangents: [dy] }) => [sumTo(dy!, x!.shape)],
  jvp: (context) => linearJvp(broadcastTo, context),
  batch: ({ inputs: [x], size, attrs: { shape } }) => {
    const [, ...rest] = x!.shape
    const lead = Array.from({ length: shape.length - rest.length }, () => 1)
    return { outputs: [tf.broadcastTo(tf.reshape(x!, [size, ...lead, ...rest]), [size, ...shape])], batched: [true] }
  },
  onnx: (scope, { inputs: [x], inputAvals: [aval], attrs: { shape } }) => [
    sameShape(aval!.shape, shape) ? scope.node('Identity', [x!]) : scope.node('Expand', [x!, scope.ints(shape)])
  ],
  wasm: rules.broadcastTo,
  reference: ([x], { shape }) => [mapIndex(x!, shape, broadcastIndex(x!.shape, shape))]
}

export type ConcatAttrs = { readonly axis: number }

/** Gives unbatched operands the batch axis, for ops whose operands must all have one. */
export const batchAll = (inputs: readonly tf.Tensor[], batched: readonly boolean[], size: number): tf.Tensor[] =>
  inputs.map((x, i) => (batched[i] ? x : tf.broadcastTo(tf.expandDims(x, 0), [size, ...x.shape])))

export const concat: Primitive<ConcatAttrs> = {
  name: 'concat',
  infer: (inputs, { axis }) => {
    const first = inputs[0]!
    const fits = inputs.every(
      (x) => x.shape.length === first.shape.length && x.shape.every((n, i) => i === axis || n === first.shape[i])
    )
    if (!fits)
      throw new BdlError({
        code: 'ShapeMismatch',
        fn: 'concat',
        argument: 'tensors',
        expected: `shapes that agree but for axis ${axis}`,
        got: inputs.map((x) => `[${x.shape.join(', ')}]`).join(', '),
        ...whereabouts()
      })
    const total = inputs.reduce((n, x) => n + x.shape[axis]!, 0)
    return [{ shape: first.shape.map((n, i) => (i === axis ? total : n)), dtype: first.dtype }]
  },
  eager: (inputs, { axis }) => [tf.concat([...inputs], axis)],
  vjp: ({ inputs, cotangents: [dy], attrs: { axis } }) =>
    inputs.length === 1
      ? [dy!]
      : tf.split(
          dy!,
          inputs.map((x) => x.shape[axis]!),
          axis
        ),
  jvp: (context) => linearJvp(concat, context),
  batch: ({ inputs, batched, size, attrs: { axis } }) => ({
    outputs: [tf.concat(batchAll(inputs, batched, size), axis + 1)],
    batched: [true]
  }),
  onnx: (scope, { inputs, attrs: { axis } }) => [scope.node('Concat', inputs, { axis: { int: axis } })],
  wasm: rules.concat,
  reference: (inputs, { axis }) => {
    const [aval] = concat.infer(inputs, { axis })
    const out = allocate(aval!.dtype, sizeOf(aval!.shape))
    const inner = stridesOf(aval!.shape)[axis]!
    const row = aval!.shape[axis]! * inner
    let offset = 0
    for (const x of inputs) {
      const width = x.shape[axis]! * inner
      for (let i = 0; i < x.data.length; i++) out[Math.floor(i / width) * row + offset + (i % width)] = x.data[i]!
      offset += width
    }
    return [{ ...aval!, data: out }]
  }
}

export type SplitAttrs = { readonly axis: number; readonly sizes: readonly number[] }

/** Several slices along one axis at once: one node, and its derivative is one concat. */
export const split: Primitive<SplitAttrs> = {
  name: 'split',
  infer: ([x], { axis, sizes }) =>
    sizes.map((n) => ({ shape: x!.shape.map((m, i) => (i === axis ? n : m)), dtype: x!.dtype })),
  eager: ([x], { axis, sizes }) => tf.split(x!, [...sizes], axis),
  vjp: ({ inputs: [x], cotangents, attrs: { axis, sizes } }) => [
    tf.concat(
      cotangents.map((dy, k) => dy ?? tf.zeros(x!.shape.map((m, i) => (i === axis ? sizes[k]! : m)))),
      axis
    )
  ],
  jvp: (context) => linearJvp(split, context),
  batch: ({ inputs: [x], attrs: { axis, sizes } }) => ({
    outputs: tf.split(x!, [...sizes], axis + 1),
    batched: sizes.map(() => true)
  }),
  onnx: (scope, { inputs: [x], attrs: { axis, sizes } }) =>
    scope.nodes('Split', [x!, scope.ints(sizes)], sizes.length, { axis: { int: axis } }),
  wasm: rules.split,
  reference: ([x], { axis, sizes }) => {
    let begin = 0
    return sizes.map((n) => {
      const at = x!.shape.map((_, i) => (i === axis ? begin : 0))
      begin += n
      return slice.reference([x!], { begin: at, size: x!.shape.map((m, i) => (i === axis ? n : m)) })[0]!
    })
  }
}

export type SliceAttrs = { readonly begin: readonly number[]; readonly size: readonly number[] }

export const slice: Primitive<SliceAttrs> = {
  name: 'slice',
  infer: ([x], { begin, size }) => {
    if (begin.some((b, i) => b < 0 || b + size[i]! > x!.shape[i]!))
      throw new BdlError({
        code: 'ShapeMismatch',
        fn: 'slice',
        argument: 'begin, size',
        expected: `a part of shape [${x!.shape.join(', ')}]`,
        got: `begin [${begin.join(', ')}], size [${size.join(', ')}]`,
        ...whereabouts()
      })
    return [{ shape: size, dtype: x!.dtype }]
  },
  eager: ([x], { begin, size }) => [tf.slice(x!, [...begin], [...size])],
  vjp: ({ inputs: [x], cotangents: [dy], attrs: { begin, size } }) => [
    tf.pad(
      dy!,
      begin.map((b, i): [number, number] => [b, x!.shape[i]! - b - size[i]!])
    )
  ],
  jvp: (context) => linearJvp(slice, context),
  batch: ({ inputs: [x], size: batch, attrs: { begin, size } }) => ({
    outputs: [tf.slice(x!, [0, ...begin], [batch, ...size])],
    batched: [true]
  }),
  onnx: (scope, { inputs: [x], inputAvals: [aval], attrs: { begin, size } }) => {
    const axes = begin.map((_, i) => i).filter((i) => size[i] !== aval!.shape[i])
    if (axes.length === 0) return [scope.node('Identity', [x!])]
    const starts = axes.map((i) => begin[i]!)
    const ends = axes.map((i) => begin[i]! + size[i]!)
    return [scope.node('Slice', [x!, scope.ints(starts), scope.ints(ends), scope.ints(axes)])]
  },
  wasm: rules.slice,
  reference: ([x], { begin, size }) => {
    const strides = stridesOf(x!.shape)
    const out = stridesOf(size)
    const start = begin.reduce((i, b, axis) => i + b * strides[axis]!, 0)
    return [
      mapIndex(x!, size, (flat) =>
        out.reduce((i, s, axis) => i + (Math.floor(flat / s) % size[axis]!) * strides[axis]!, start)
      )
    ]
  }
}

export type ReverseAttrs = { readonly axes: readonly number[] }

export const reverse: Primitive<ReverseAttrs> = {
  name: 'reverse',
  infer: ([x]) => [x!],
  eager: ([x], { axes }) => [tf.reverse(x!, [...axes])],
  vjp: ({ cotangents: [dy], attrs: { axes } }) => [tf.reverse(dy!, [...axes])],
  jvp: (context) => linearJvp(reverse, context),
  batch: ({ inputs: [x], attrs: { axes } }) => ({
    outputs: [
      tf.reverse(
        x!,
        axes.map((axis) => axis + 1)
      )
    ],
    batched: [true]
  }),
  onnx: (scope, { inputs: [x], attrs: { axes } }) => {
    const all = (n: number): string => scope.ints(axes.map(() => n))
    return [scope.node('Slice', [x!, all(-1), all(Number.MIN_SAFE_INTEGER), scope.ints(axes), all(-1)])]
  },
  wasm: rules.reverse,
  reference: ([x], { axes }) => {
    const strides = stridesOf(x!.shape)
    const at = (flat: number, s: number, axis: number): number => {
      const k = Math.floor(flat / s) % x!.shape[axis]!
      return axes.includes(axis) ? x!.shape[axis]! - 1 - k : k
    }
    return [mapIndex(x!, x!.shape, (flat) => strides.reduce((i, s, axis) => i + at(flat, s, axis) * s, 0))]
  }
}

export type CastAttrs = { readonly dtype: DType }

const convert = (x: number, to: DType): number =>
  to === 'float32' ? x : to === 'int32' ? Math.trunc(x) : Number(x !== 0)

export const cast: Primitive<CastAttrs> = {
  name: 'cast',
  infer: ([x], { dtype }) => [{ shape: x!.shape, dtype }],
  eager: ([x], { dtype }) => [tf.cast(x!, dtype)],
  vjp: ({ inputs: [x], cotangents: [dy], attrs: { dtype } }) => [
    x!.dtype === 'float32' && dtype === 'float32' ? dy! : null
  ],
  jvp: ({ tangents: [dx], attrs: { dtype } }) => [dtype === 'float32' ? dx! : null],
  batch: ({ inputs: [x], attrs: { dtype } }) => ({ outputs: [tf.cast(x!, dtype)], batched: [true] }),
  onnx: (scope, { inputs: [x], attrs: { dtype } }) => [scope.cast(x!, dtype)],
  wasm: rules.cast,
  reference: ([x], { dtype }) => {
    const out = allocate(dtype, x!.data.length)
    for (let i = 0; i < out.length; i++) out[i] = convert(x!.data[i]!, dtype)
    return [{ shape: x!.shape, dtype, data: out }]
  }
}
