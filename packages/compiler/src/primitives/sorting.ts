/** The order of a row; sorting and the largest few are gathers with it. */
import type * as tf from '@tensorflow/tfjs-core'
import * as rules from '../emit/wasm/rules/indexing.js'
import { tensor } from '@tensorflow/tfjs-core'
import { BdlError } from '../errors.js'
import type { OnnxAttribute, OnnxScope } from '../emit/onnx-scope.js'
import type { NdArray, Shape } from '../graph/graph.js'
import { bind1 } from '../trace/context.js'
import { whereabouts } from '../trace/user-line.js'
import { takeAlong } from './along.js'
import { NO_ATTRS } from './elementwise.js'
import type { Primitive } from './primitive.js'

export type SortAttrs = {
  readonly descending: boolean
  /** How many indices to give, from the front of the order. */
  readonly count: number
}

/** Order of a row: stable, NaN last. */
const sortRow = (row: ArrayLike<number>, isDescending: boolean): number[] =>
  Array.from({ length: row.length }, (_, i) => i).sort((i, j) => {
    const [a, b] = [row[i]!, row[j]!]
    const [nanA, nanB] = [Number.isNaN(a), Number.isNaN(b)]
    if (nanA || nanB) return Number(nanA) - Number(nanB) || i - j
    return (isDescending ? b - a : a - b) || i - j
  })

const orderShape = (shape: Shape, count: number): Shape => [...shape.slice(0, -1), count]

const argsortRows = (x: Pick<NdArray, 'shape' | 'data'>, { descending, count }: SortAttrs): NdArray => {
  const n = x.shape[x.shape.length - 1]!
  const rows = n === 0 ? 0 : x.data.length / n
  const out = new Int32Array(rows * count)
  for (let k = 0; k < rows; k++)
    out.set(sortRow(x.data.subarray(k * n, (k + 1) * n), descending).slice(0, count), k * count)
  return { shape: orderShape(x.shape, count), dtype: 'int32', data: out }
}

/** int64 indices. TopK breaks ties by the lower index: a stable sort. */
const topK = (scope: OnnxScope, keys: string, { descending, count }: SortAttrs): string =>
  scope.nodes('TopK', [keys, scope.ints([count])], 2, {
    axis: { int: -1 },
    largest: { int: descending ? 1 : 0 },
    sorted: { int: 1 }
  })[1]!

/** Order of rows with NaN, which TopK cannot compare: sorted with the last infinity in its place, then moved behind it. */
const orderWithNaN = (scope: OnnxScope, x: string, isNaN: string, n: number, attrs: SortAttrs): string => {
  const last = scope.scalar(attrs.descending ? -Infinity : Infinity)
  const order = topK(scope, scope.node('Where', [isNaN, last, x]), { ...attrs, count: n })
  const flags = scope.node('GatherElements', [scope.cast(isNaN, 'int32'), order], { axis: { int: -1 } })
  const front = topK(scope, flags, { descending: false, count: attrs.count })
  return scope.cast(scope.node('GatherElements', [order, front], { axis: { int: -1 } }), 'int32')
}

const orderOfFloats = (scope: OnnxScope, x: string, shape: Shape, attrs: SortAttrs): string => {
  const isNaN = scope.node('IsNaN', [x])
  const hasNaN = scope.node('ReduceMax', [isNaN], { keepdims: { int: 0 } })
  const branch = (make: (inner: OnnxScope) => string): OnnxAttribute => ({
    graph: scope.body([], (inner) => [{ name: make(inner), shape: orderShape(shape, attrs.count), dtype: 'int32' }])
  })
  return scope.node('If', [hasNaN], {
    then_branch: branch((inner) => orderWithNaN(inner, x, isNaN, shape[shape.length - 1]!, attrs)),
    else_branch: branch((inner) => inner.cast(topK(inner, x, attrs), 'int32'))
  })
}

/** Indices of the first `count` of the last axis in order, stably: int32. Not differentiable; gather with the result is. */
export const argsortPrimitive: Primitive<SortAttrs> = {
  name: 'argsort',
  infer: ([x], { count }) => [{ shape: orderShape(x!.shape, count), dtype: 'int32' }],
  eager: ([x], attrs) => {
    const { data, shape } = argsortRows({ shape: x!.shape, data: Float64Array.from(x!.dataSync()) }, attrs)
    return [tensor(Int32Array.from(data), [...shape], 'int32')]
  },
  batch: ({ inputs: [x], attrs }) => ({ outputs: [bind1(argsortPrimitive, [x!], attrs)], batched: [true] }),
  onnx: (scope, { inputs: [x], inputAvals: [aval], attrs }) => {
    if (aval!.dtype !== 'float32') {
      const keys = aval!.dtype === 'bool' ? scope.cast(x!, 'int32') : x!
      return [scope.cast(topK(scope, keys, attrs), 'int32')]
    }
    return [orderOfFloats(scope, x!, aval!.shape, attrs)]
  },
  wasm: rules.argsort,
  reference: ([x], attrs) => [argsortRows(x!, attrs)]
}

const expectRow = (fn: string, x: tf.Tensor): void => {
  if (x.rank === 0)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn,
      argument: 'x',
      expected: 'one axis or more',
      got: 'a scalar',
      ...whereabouts()
    })
}

/** x [..., n] at int32 indices [..., k] of its last axis: [..., k]. */
export const takeLast = (x: tf.Tensor, indices: tf.Tensor): tf.Tensor => bind1(takeAlong, [x, indices], NO_ATTRS)

/** The first `count` of the order of the last axis. */
export const leadingOrder = (x: tf.Tensor, descending: boolean, count: number): tf.Tensor =>
  bind1(argsortPrimitive, [x], { descending, count })

/**
 * Indices that sort the last axis of `x`, stably; NaN comes last in either direction.
 *
 * @returns int32, shape of `x`
 * @error ShapeMismatch for a scalar
 * @example argsort(tf.tensor1d([3, 1, 2])) // => [1, 2, 0]
 */
export const argsort = (x: tf.Tensor, descending = false): tf.Tensor => {
  expectRow('argsort', x)
  return leadingOrder(x, descending, x.shape[x.rank - 1]!)
}

/**
 * `x` with its last axis in order; NaN comes last in either direction. Differentiable: a cotangent goes where the element
 * came from, and to the first of equals first.
 *
 * @returns shape and dtype of `x`
 * @error ShapeMismatch for a scalar
 * @example sort(tf.tensor1d([3, 1, 2]), true) // => [3, 2, 1]
 */
export const sort = (x: tf.Tensor, descending = false): tf.Tensor => {
  expectRow('sort', x)
  const order = leadingOrder(x, descending, x.shape[x.rank - 1]!)
  return takeLast(x, order)
}
