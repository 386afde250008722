/**
 * Max-pooling in ONNX. ONNX Runtime's MaxPool is quick, but what it makes of NaN depends on where in the window it stands
 * and on the processor: a sum over the image tells whether there can be any, and only then they are replaced by -inf (0.34
 * ms with 800,000 numbers, 0.43 with the sum, 1.0 with replacing always).
 */
import type { OnnxScope } from '../emit/onnx-scope.js'
import { sizeOf } from '../graph/graph.js'
import type { Aval } from '../graph/graph.js'
import { leastOf, poolParts, poolTables } from './max-pool-form.js'
import type { MaxPoolAttrs, PoolParts } from './max-pool-form.js'

type Emit = (scope: OnnxScope, x: string, aval: Aval, parts: PoolParts, attrs: MaxPoolAttrs) => readonly string[]

const withoutNaN = (scope: OnnxScope, x: string): string =>
  scope.node('Where', [scope.node('IsNaN', [x]), scope.scalar(-Infinity), x])

/** What MaxPool does without detours: its padding is smaller than its window. */
const isPlain = ({ dtype }: Aval, { window, padding }: MaxPoolAttrs): boolean =>
  dtype === 'float32' && window.length <= 3 && padding.every((both, d) => both.every((n) => n >= 0 && n < window[d]!))

const pooled: Emit = (scope, x, _, { lead, image, positions }, attrs) => {
  const images = sizeOf(lead)
  const made = scope.nodes('MaxPool', [x], attrs.indices ? 2 : 1, {
    kernel_shape: { ints: attrs.window },
    strides: { ints: attrs.strides },
    dilations: { ints: attrs.dilations },
    pads: { ints: [...attrs.padding.map(([before]) => before), ...attrs.padding.map(([, after]) => after)] }
  })
  const shape = [...lead, ...positions]
  const largest = scope.reshape(made[0]!, shape)
  if (!attrs.indices) return [largest]
  // ONNX counts from the first image
  const starts = scope.constant({
    shape: [images, 1, ...image.map(() => 1)],
    dtype: 'int32',
    data: Int32Array.from({ length: images }, (_, n) => n * sizeOf(image))
  })
  return [largest, scope.reshape(scope.node('Sub', [scope.cast(made[1]!, 'int32'), starts]), shape)]
}

const quick: Emit = (scope, x, aval, parts, attrs) => {
  const images = scope.reshape(x, [sizeOf(parts.lead), 1, ...parts.image])
  const flat = scope.reshape(x, [sizeOf(aval.shape)])
  const total = scope.node('ReduceSum', [flat, scope.ints([0])], { keepdims: { int: 0 } })
  const isFinite = scope.node('Equal', [scope.node('Mul', [total, scope.scalar(0)]), scope.scalar(0)])
  const shape = [...parts.lead, ...parts.positions]
  const count = attrs.indices ? 2 : 1
  const branch = (own: MaxPoolAttrs, clean: (inner: OnnxScope) => string) =>
    scope.body([], (inner) =>
      pooled(inner, clean(inner), aval, parts, own)
        .slice(0, count)
        .map((name, i) => ({ name, shape, dtype: i === 0 ? 'float32' : 'int32' }))
    )
  // values alone start from the lowest number, which is above -inf: with places they start from the first element
  const careful = { ...attrs, indices: true }
  return scope.nodes('If', [isFinite], count, {
    then_branch: { graph: branch(attrs, () => images) },
    else_branch: { graph: branch(careful, (inner) => withoutNaN(inner, images)) }
  })
}

/** One row of values for each window: for integers, and for padding that MaxPool does not take. */
const byTables: Emit = (scope, x, { dtype }, parts, attrs) => {
  const { read, place } = poolTables(parts, attrs)
  const [points, positions, taps] = [parts.image, parts.positions, attrs.window].map(sizeOf) as [number, number, number]
  const shape = [...parts.lead, ...parts.positions]
  const rows = scope.reshape(dtype === 'float32' ? withoutNaN(scope, x) : x, [sizeOf(parts.lead), points])
  const least = scope.constant({
    shape: [],
    dtype,
    data: dtype === 'int32' ? Int32Array.of(leastOf(dtype)) : Float32Array.of(leastOf(dtype))
  })
  const padded = scope.node('Pad', [rows, scope.ints([0, 0, 0, 1]), least])
  const table = scope.constant({ shape: [positions * taps], dtype: 'int32', data: read })
  const windows = scope.reshape(scope.node('Gather', [padded, table], { axis: { int: 1 } }), [
    sizeOf(parts.lead),
    positions,
    taps
  ])
  const largest = scope.reshape(scope.node('ReduceMax', [windows, scope.ints([2])], { keepdims: { int: 0 } }), shape)
  if (!attrs.indices) return [largest]
  const best = scope.cast(scope.node('ArgMax', [windows], { axis: { int: 2 }, keepdims: { int: 0 } }), 'int32')
  const starts = scope.constant({
    shape: [positions],
    dtype: 'int32',
    data: Int32Array.from({ length: positions }, (_, p) => p * taps)
  })
  const places = scope.constant({ shape: [positions * taps], dtype: 'int32', data: place })
  return [largest, scope.reshape(scope.node('Gather', [places, scope.node('Add', [best, starts])]), shape)]
}

export const emitMaxPool = (scope: OnnxScope, x: string, aval: Aval, attrs: MaxPoolAttrs): readonly string[] =>
  (isPlain(aval, attrs) ? quick : byTables)(scope, x, aval, poolParts(aval.shape, attrs), attrs)
