/** Reductions over axes, cumulative sums and arg-reductions. Axes are non-negative and sorted. */
import * as tf from '@tensorflow/tfjs-core'
import * as walks from '../emit/wasm/rules/indexing.js'
import type { Reduction } from '../emit/wasm/program.js'
import * as rules from '../emit/wasm/rules/reduce.js'
import type { OnnxScope } from '../emit/onnx-scope.js'
import { sizeOf } from '../graph/graph.js'
import type { Aval, DType, NdArray, Shape } from '../graph/graph.js'
import { bind } from '../trace/context.js'
import { allocate } from './elementwise.js'
import { stridesOf } from './broadcasting.js'
import { linearJvp } from './linear.js'
import { areManyShort, logSoftmaxOfRows } from './short-rows.js'
import { onnxExtremum, onnxReduce, onnxSum, onnxTop, reducedShape, type ReduceAttrs } from './reduce-onnx.js'
import { invertPermutation } from './shape.js'
import type { Primitive } from './primitive.js'

export type { ReduceAttrs }

const keptShape = (shape: Shape, { axes }: ReduceAttrs): number[] => shape.map((n, i) => (axes.includes(i) ? 1 : n))

/** Flat index of the group that element `flat` of `shape` reduces into. */
const groupIndex = (shape: Shape, axes: readonly number[]): ((flat: number) => number) => {
  const kept = shape.map((n, i) => (axes.includes(i) ? 1 : n))
  const strides = stridesOf(shape)
  const out = stridesOf(kept)
  return (flat) => {
    let index = 0
    for (let axis = 0; axis < shape.length; axis++)
      if (!axes.includes(axis)) index += (Math.floor(flat / strides[axis]!) % shape[axis]!) * out[axis]!
    return index
  }
}

interface ReduceSpec {
  readonly eager: (x: tf.Tensor, axes: number[], keepDims: boolean) => tf.Tensor
  /** Cotangent of x and tangent of y, absent together. */
  readonly derivative?: {
    readonly vjp: (dy: tf.Tensor, x: tf.Tensor, y: tf.Tensor, attrs: ReduceAttrs) => tf.Tensor
    readonly jvp: (dx: tf.Tensor, x: tf.Tensor, y: tf.Tensor, attrs: ReduceAttrs) => tf.Tensor
  }
  readonly onnx: (scope: OnnxScope, x: string, attrs: ReduceAttrs, aval: Aval) => string
  readonly wasm?: Reduction
  readonly initial: number
  readonly step: (accumulated: number, x: number) => number
  readonly dtype?: DType
}

const reduction = (name: string, spec: ReduceSpec): Primitive<ReduceAttrs> => {
  const { derivative } = spec
  return {
    name,
    infer: ([x], attrs) => [{ shape: reducedShape(x!.shape, attrs), dtype: spec.dtype ?? x!.dtype }],
    eager: ([x], { axes, keepDims }) => [axes.length === 0 ? tf.clone(x!) : spec.eager(x!, [...axes], keepDims)],
    ...(derivative && {
      vjp: ({ inputs: [x], outputs: [y], cotangents: [dy], attrs }) => [derivative.vjp(dy!, x!, y!, attrs)],
      jvp: ({ inputs: [x], outputs: [y], tangents: [dx], attrs }) => [derivative.jvp(dx!, x!, y!, attrs)]
    }),
    batch: ({ inputs: [x], attrs: { axes, keepDims } }) => ({
      outputs: [
        axes.length === 0
          ? x!
          : spec.eager(
              x!,
              axes.map((axis) => axis + 1),
              keepDims
            )
      ],
      batched: [true]
    }),
    onnx: (scope, { inputs: [x], inputAvals: [aval], attrs }) => [
      attrs.axes.length === 0 ? scope.node('Identity', [x!]) : spec.onnx(scope, x!, attrs, aval!)
    ],
    ...(spec.wasm && { wasm: rules.reduction(spec.wasm) }),
    reference: ([x], attrs) => {
      const shape = reducedShape(x!.shape, attrs)
      const out = allocate(spec.dtype ?? x!.dtype, sizeOf(shape)).fill(spec.initial)
      const group = groupIndex(x!.shape, attrs.axes)
      for (let i = 0; i < x!.data.length; i++) out[group(i)] = spec.step(out[group(i)]!, x!.data[i]!)
      return [{ shape, dtype: spec.dtype ?? x!.dtype, data: out }]
    }
  }
}

type Derivative = NonNullable<ReduceSpec['derivative']>

/** tf.sum, which for no axes at all sums over every one. */
const sumOver = (x: tf.Tensor, { axes, keepDims }: ReduceAttrs): tf.Tensor =>
  axes.length === 0 ? x : tf.sum(x, [...axes], keepDims)

const sumDerivative: Derivative = {
  vjp: (dy, x, _, attrs) => tf.broadcastTo(tf.reshape(dy, keptShape(x.shape, attrs)), x.shape),
  jvp: (dx, _x, _y, attrs) => sumOver(dx, attrs)
}

/** 1 where an element attains the extremum, and how many do in each group: they share the derivative equally. */
const attaining = (x: tf.Tensor, y: tf.Tensor, attrs: ReduceAttrs): readonly [attains: tf.Tensor, count: tf.Tensor] => {
  const attains = tf.cast(tf.equal(x, tf.reshape(y, keptShape(x.shape, attrs))), 'float32')
  return [attains, sumOver(attains, { ...attrs, keepDims: true })]
}

const extremumDerivative: Derivative = {
  vjp: (dy, x, y, attrs) => {
    const [attains, count] = attaining(x, y, attrs)
    return tf.mul(attains, tf.div(tf.reshape(dy, count.shape), count))
  },
  jvp: (dx, x, y, attrs) => {
    const [attains, count] = attaining(x, y, attrs)
    return tf.div(sumOver(tf.mul(attains, dx), attrs), tf.reshape(count, y.shape))
  }
}

export const sum = reduction('sum', {
  eager: tf.sum,
  derivative: sumDerivative,
  onnx: onnxSum,
  wasm: 'sum',
  initial: 0,
  step: (a, x) => a + x
})
/** Products of all others along the axes: what is before each times what is after it, right where some are zero. */
const productOfOthers = (x: tf.Tensor, { axes }: ReduceAttrs): tf.Tensor => {
  const perm = [...x.shape.map((_, i) => i).filter((i) => !axes.includes(i)), ...axes]
  const moved = tf.transpose(x, perm)
  const n = sizeOf(axes.map((axis) => x.shape[axis]!))
  const rows = tf.reshape(moved, [x.size / n, n])
  const others = tf.mul(tf.cumprod(rows, 1, true, false), tf.cumprod(rows, 1, true, true))
  return tf.transpose(tf.reshape(others, moved.shape), invertPermutation(perm))
}

export const prod = reduction('prod', {
  eager: tf.prod,
  derivative: {
    vjp: (dy, x, _, attrs) => tf.mul(tf.reshape(dy, keptShape(x.shape, attrs)), productOfOthers(x, attrs)),
    jvp: (dx, x, _, attrs) => sumOver(tf.mul(dx, productOfOthers(x, attrs)), attrs)
  },
  onnx: onnxReduce('ReduceProd'),
  wasm: 'prod',
  initial: 1,
  step: (a, x) => a * x
})
export const max = reduction('max', {
  eager: tf.max,
  derivative: extremumDerivative,
  onnx: onnxExtremum('ReduceMax'),
  wasm: 'max',
  initial: -Infinity,
  step: Math.max
})
/** The maximum, whatever it is where one of the numbers is NaN: of what is added to these numbers next. Made by a pass. */
export const top = reduction('top', {
  eager: tf.max,
  derivative: extremumDerivative,
  onnx: onnxTop,
  wasm: 'max',
  initial: -Infinity,
  step: Math.max
})
export const min = reduction('min', {
  eager: tf.min,
  derivative: extremumDerivative,
  onnx: onnxExtremum('ReduceMin'),
  wasm: 'min',
  initial: Infinity,
  step: Math.min
})
export const any = reduction('any', {
  eager: tf.any,
  onnx: onnxReduce('ReduceMax'),
  wasm: 'any',
  initial: 0,
  step: (a, x) => a | x,
  dtype: 'bool'
})
export const all = reduction('all', {
  eager: tf.all,
  onnx: onnxReduce('ReduceMin'),
  wasm: 'all',
  initial: 1,
  step: (a, x) => a & x,
  dtype: 'bool'
})

export type AxisAttrs = { readonly axis: number }

/** NaN is passed over, as by TensorFlow.js (but for one that comes first, which it takes): it counts as the worst. */
const argReduction = (
  name: string,
  eager: (x: tf.Tensor, axis: number) => tf.Tensor,
  onnxOp: string,
  worst: number,
  beats: (x: number, best: number) => boolean
): Primitive<AxisAttrs> => {
  const primitive: Primitive<AxisAttrs> = {
    name,
    infer: ([x], { axis }) => [{ shape: x!.shape.filter((_, i) => i !== axis), dtype: 'int32' }],
    eager: ([x], { axis }) => [
      tf.tidy(() => eager(x!.dtype === 'float32' ? tf.where(tf.isNaN(x!), worst, x!) : x!, axis))
    ],
    batch: ({ inputs, attrs: { axis } }) => ({ outputs: bind(primitive, inputs, { axis: axis + 1 }), batched: [true] }),
    onnx: (scope, { inputs: [x], inputAvals: [aval], attrs: { axis } }) => {
      const isFloat = aval!.dtype === 'float32'
      const own = isFloat ? scope.node('Where', [scope.node('IsNaN', [x!]), scope.scalar(worst), x!]) : x!
      return [scope.cast(scope.node(onnxOp, [own], { axis: { int: axis }, keepdims: { int: 0 } }), 'int32')]
    },
    wasm: walks.argExtremum(onnxOp === 'ArgMax'),
    reference: ([x], { axis }) => [argExtremum(x!, axis, beats)]
  }
  return primitive
}

const argExtremum = (x: NdArray, axis: number, beats: (x: number, best: number) => boolean): NdArray => {
  const n = x.shape[axis]!
  const inner = stridesOf(x.shape)[axis]!
  const shape = x.shape.filter((_, i) => i !== axis)
  const out = new Int32Array(sizeOf(shape))
  for (let g = 0; g < out.length; g++) {
    const start = Math.floor(g / inner) * inner * n + (g % inner)
    for (let k = 1; k < n; k++) {
      const [own, best] = [x.data[start + k * inner]!, x.data[start + out[g]! * inner]!]
      if (beats(own, best) || (Number.isNaN(best) && !Number.isNaN(own))) out[g] = k
    }
  }
  return { shape, dtype: 'int32', data: out }
}

export const argMax = argReduction('argMax', tf.argMax, 'ArgMax', -Infinity, (x, best) => x > best)
export const argMin = argReduction('argMin', tf.argMin, 'ArgMin', Infinity, (x, best) => x < best)

export type CumsumAttrs = { readonly axis: number; readonly exclusive: boolean; readonly reverse: boolean }

export const cumsum: Primitive<CumsumAttrs> = {
  name: 'cumsum',
  infer: ([x]) => [{ shape: x!.shape, dtype: x!.dtype }],
  eager: ([x], { axis, exclusive, reverse }) => [tf.cumsum(x!, axis, exclusive, reverse)],
  vjp: ({ cotangents: [dy], attrs: { axis, exclusive, reverse } }) => [tf.cumsum(dy!, axis, exclusive, !reverse)],
  jvp: (context) => linearJvp(cumsum, context),
  batch: ({ inputs: [x], attrs: { axis, exclusive, reverse } }) => ({
    outputs: [tf.cumsum(x!, axis + 1, exclusive, reverse)],
    batched: [true]
  }),
  onnx: (scope, { inputs: [x], attrs }) => [
    scope.node('CumSum', [x!, scope.integer(attrs.axis, 'int64')], {
      exclusive: { int: attrs.exclusive ? 1 : 0 },
      reverse: { int: attrs.reverse ? 1 : 0 }
    })
  ],
  wasm: walks.cumsum,
  reference: ([x], { axis, exclusive, reverse }) => {
    const n = x!.shape[axis]!
    const inner = stridesOf(x!.shape)[axis]!
    const out = allocate(x!.dtype, x!.data.length)
    for (let start = 0; start < out.length; start++) {
      if (Math.floor(start / inner) % n !== 0) continue
      let total = 0
      for (let k = 0; k < n; k++) {
        const i = start + (reverse ? n - 1 - k : k) * inner
        const next = total + x!.data[i]!
        out[i] = exclusive ? total : next
        total = next
      }
    }
    return [{ shape: x!.shape, dtype: x!.dtype, data: out }]
  }
}

/** log softmax over the last axis: a primitive of its own, since its composition loses speed and its derivative is simple. */
export const logSoftmax: Primitive<Readonly<Record<string, never>>> = {
  name: 'logSoftmax',
  infer: ([x]) => [x!],
  eager: ([x]) => [tf.logSoftmax(x!)],
  vjp: ({ outputs: [y], cotangents: [dy] }) => [tf.sub(dy!, tf.mul(tf.exp(y!), tf.sum(dy!, -1, true)))],
  jvp: ({ outputs: [y], tangents: [dx] }) => [tf.sub(dx!, tf.sum(tf.mul(tf.exp(y!), dx!), -1, true))],
  batch: ({ inputs: [x] }) => ({ outputs: [tf.logSoftmax(x!)], batched: [true] }),
  onnx: (scope, { inputs: [x], inputAvals: [aval] }) => [
    areManyShort(aval!.shape, 'logSoftmax')
      ? logSoftmaxOfRows(scope, x!, aval!.shape)
      : scope.node('LogSoftmax', [x!], { axis: { int: -1 } })
  ],
  wasm: rules.logSoftmax,
  reference: ([x]) => {
    const n = x!.shape[x!.shape.length - 1]!
    const out = new Float64Array(x!.data.length)
    for (let start = 0; start < out.length; start += n) {
      const row = Float64Array.from(x!.data.subarray(start, start + n))
      const top = Math.max(...row)
      const total = Math.log(row.reduce((s, v) => s + Math.exp(v - top), 0))
      for (let k = 0; k < n; k++) out[start + k] = row[k]! - top - total
    }
    return [{ shape: x!.shape, dtype: 'float32', data: out }]
  }
}
