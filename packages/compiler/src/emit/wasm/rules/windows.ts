/** Convolutions and pools: a window that slides over an image is a view of it, with axes for the taps and the positions. */
import { sizeOf, type Shape } from '../../../graph/graph.js'
import { shapeOf, sizesOf, type ConvolutionAttrs, type ConvolutionSizes } from '../../../primitives/convolution-form.js'
import { leastOf, poolParts, poolTables, type MaxPoolAttrs } from '../../../primitives/max-pool-form.js'
import { extentOf, type Windows } from '../../../primitives/windows.js'
import { emitArgExtremum } from '../kernels/along.js'
import { emitGather } from '../kernels/rows.js'
import type { Buffer, Operand } from '../program.js'
import type { WasmRule, WasmScope } from '../scope.js'
import { flip, part, permute } from '../strided.js'
import { multiply } from './products.js'
import { padded } from './shape.js'

/** The trailing axes with padding, of which some may be negative. */
const framed = (scope: WasmScope, x: Operand, padding: Windows['padding'], value: number): Operand => {
  const lead = x.shape.length - padding.length
  const all = x.shape.map((_, axis): readonly [number, number] => padding[axis - lead] ?? [0, 0])
  const cut = part(
    x,
    all.map(([before]) => Math.max(0, -before)),
    x.shape.map((n, axis) => n + Math.min(0, all[axis]![0]) + Math.min(0, all[axis]![1]))
  )
  const margins = all.map(([before, after]): [number, number] => [Math.max(0, before), Math.max(0, after)])
  return margins.every(([before, after]) => before + after === 0) ? cut : padded(scope, cut, margins, value)
}

/** [lead..., image...] as [lead..., taps..., positions...]. */
const sliding = (
  x: Operand,
  taps: Shape,
  positions: Shape,
  { strides, dilations }: Pick<Windows, 'strides' | 'dilations'>
): Operand => {
  const lead = x.shape.length - taps.length
  const own = x.view.strides.slice(lead)
  return {
    ...x,
    shape: [...x.shape.slice(0, lead), ...taps, ...positions],
    view: {
      ...x.view,
      strides: [
        ...x.view.strides.slice(0, lead),
        ...own.map((s, d) => s * dilations[d]!),
        ...own.map((s, d) => s * strides[d]!)
      ]
    }
  }
}

/** [N, G C, ...] as [N, G, C, ...]. */
const grouped = (scope: WasmScope, x: Operand, groups: number): Operand =>
  scope.reshape(x, [x.shape[0]!, groups, x.shape[1]! / groups, ...x.shape.slice(2)])

const product = (scope: WasmScope, a: Operand, b: Operand): Operand =>
  multiply(scope, a, b, { transposeA: false, transposeB: false }, [
    ...b.shape.slice(0, -2),
    a.shape[a.shape.length - 2]!,
    b.shape[b.shape.length - 1]!
  ])

/** y = w patches, for each example and group. */
const toOutput = (
  scope: WasmScope,
  x: Operand,
  w: Operand,
  attrs: ConvolutionAttrs,
  sizes: ConvolutionSizes
): Operand => {
  const { examples, groups, inner, outer, positions } = sizes
  const taps = sizeOf(attrs.kernel)
  const windows = sliding(grouped(scope, framed(scope, x, attrs.padding, 0), groups), attrs.kernel, positions, attrs)
  const patches = scope.reshape(windows, [examples, groups, inner * taps, sizeOf(positions)])
  return product(scope, scope.reshape(w, [1, groups, outer, inner * taps]), patches)
}

/** dw = Σ dy patches, over examples and positions. */
const toKernel = (
  scope: WasmScope,
  x: Operand,
  y: Operand,
  attrs: ConvolutionAttrs,
  sizes: ConvolutionSizes
): Operand => {
  const { examples, groups, inner, outer, positions } = sizes
  const [taps, count, rank] = [sizeOf(attrs.kernel), sizeOf(positions), positions.length]
  const windows = sliding(grouped(scope, framed(scope, x, attrs.padding, 0), groups), attrs.kernel, positions, attrs)
  const tapAxes = attrs.kernel.map((_, d) => 3 + d)
  const positionAxes = attrs.kernel.map((_, d) => 3 + rank + d)
  const patches = permute(windows, [1, 0, ...positionAxes, 2, ...tapAxes])
  const slopes = permute(scope.reshape(y, [examples, groups, outer, count]), [1, 2, 0, 3])
  return product(
    scope,
    scope.reshape(slopes, [groups, outer, examples * count]),
    scope.reshape(patches, [groups, examples * count, inner * taps])
  )
}

/** Positions apart by the stride, with so much room around that every tap of a window over the image finds its place. */
const spread = (scope: WasmScope, y: Operand, attrs: ConvolutionAttrs): Operand => {
  const { image, kernel, strides, dilations, padding } = attrs
  const reach = kernel.map((k, d) => extentOf(k, dilations[d]!) - 1)
  const wide = scope.room([...y.shape.slice(0, 2), ...image.map((n, d) => n + reach[d]!)], y.dtype)
  scope.write(wide, { ...scope.constant(wide.shape, y.dtype, [0]), shape: wide.shape })
  const shift = reach.map((r, d) => r - padding[d]![0])
  const first = shift.map((s, d) => Math.max(0, Math.ceil(-s / strides[d]!)))
  const counts = image.map((n, d) => {
    const last = Math.floor((n + reach[d]! - 1 - shift[d]!) / strides[d]!)
    return Math.max(0, Math.min(y.shape[2 + d]! - 1, last) - first[d]! + 1)
  })
  const begin = [0, 0, ...first.map((p, d) => p * strides[d]! + shift[d]!)]
  const corner = part(wide, begin, [...y.shape.slice(0, 2), ...counts])
  const places = {
    ...corner,
    view: { ...corner.view, strides: corner.view.strides.map((s, axis) => s * (strides[axis - 2] ?? 1)) }
  }
  scope.write(places, part(y, [0, 0, ...first], corner.shape))
  return wide
}

/** dx: the flipped kernel over the spread output. */
const toImage = (
  scope: WasmScope,
  w: Operand,
  y: Operand,
  attrs: ConvolutionAttrs,
  sizes: ConvolutionSizes
): Operand => {
  const { examples, groups, inner, outer } = sizes
  const [taps, rank] = [sizeOf(attrs.kernel), attrs.kernel.length]
  const spatial = attrs.kernel.map((_, d) => 3 + d)
  const split = flip(scope.reshape(w, [groups, outer, inner, ...attrs.kernel]), spatial)
  const flipped = permute(split, [0, 2, 1, ...spatial])
  const wide = grouped(scope, spread(scope, y, attrs), groups)
  const one = Array.from({ length: rank }, () => 1)
  const windows = sliding(wide, attrs.kernel, attrs.image, { strides: one, dilations: attrs.dilations })
  return product(
    scope,
    scope.reshape(flipped, [1, groups, inner, outer * taps]),
    scope.reshape(windows, [examples, groups, outer * taps, sizeOf(attrs.image)])
  )
}

export const convolution: WasmRule<ConvolutionAttrs> = (scope, { inputs: [a, b], attrs }) => {
  const sizes = sizesOf([a!, b!], attrs)
  const contract = { output: toOutput, kernel: toKernel, image: toImage }[attrs.of]
  return [scope.reshape(contract(scope, a!, b!, attrs, sizes), shapeOf(attrs.of, sizes, attrs))]
}

/** The bias is one number a channel: reshaped so that it broadcasts over the pixels. */
export const biasedConvolution: WasmRule<ConvolutionAttrs> = (scope, context) => {
  const [x, w, bias] = context.inputs
  const [product] = convolution(scope, { ...context, inputs: [x!, w!] })
  const shifts = scope.reshape(bias!, [...bias!.shape, ...context.attrs.image.map(() => 1)])
  return scope.map(product!.shape, ['float32'], [product!, shifts], (l, a, b) => [l.add(a!, b!)])
}

/** Where in its image each maximum is: the first tap with it, looked up. */
const placesOf = (scope: WasmScope, windows: Operand, shape: Shape, table: Int32Array): Operand => {
  const [positions, taps] = windows.shape.slice(-2) as [number, number]
  const rows = scope.plain(windows)
  const count = sizeOf(shape)
  const [tap, place] = [scope.room(shape, 'int32'), scope.room(shape, 'int32')]
  const walk = { outer: count, n: taps, inner: 1 }
  scope.kernel({
    name: 'argMax',
    reads: [rows.source as Buffer],
    writes: [tap.source as Buffer],
    emit: (site) => emitArgExtremum(site, walk, rows, tap, true)
  })
  const starts = scope.constant(
    [positions],
    'int32',
    Int32Array.from({ length: positions }, (_, p) => p * taps)
  )
  const flat = scope.reshape(tap, [count / positions, positions])
  const [at] = scope.map(flat.shape, ['int32'], [flat, starts], (l, x, y) => [l.addInt(x!, y!)])
  const lookUp = scope.plain(scope.constant([table.length], 'int32', table))
  scope.kernel({
    name: 'gather',
    reads: [lookUp.source as Buffer, at!.source as Buffer],
    writes: [place.source as Buffer],
    emit: (site) =>
      emitGather(
        site,
        { outer: 1, n: table.length, inner: 1, count, isShared: true, dtype: 'int32' },
        lookUp,
        at!,
        place
      )
  })
  return place
}

/** NaN is passed over. */
export const maxPool: WasmRule<MaxPoolAttrs> = (scope, { inputs: [x], outputAvals: [aval], attrs }) => {
  const parts = poolParts(x!.shape, attrs)
  const rank = attrs.window.length
  const lead = parts.lead.length
  const [known] =
    x!.dtype === 'float32'
      ? scope.map(x!.shape, ['float32'], [x!], (l, v) => [l.select(l.eq(v!, v!), v!, l.f(-Infinity))])
      : [x!]
  const windows = sliding(framed(scope, known!, attrs.padding, leastOf(x!.dtype)), attrs.window, parts.positions, attrs)
  const tapAxes = attrs.window.map((_, d) => lead + d)
  const largest = scope.reshape(scope.reduce(windows, tapAxes, 'max'), aval!.shape)
  if (!attrs.indices) return [largest]
  const positionAxes = attrs.window.map((_, d) => lead + rank + d)
  const perm = [...parts.lead.map((_, i) => i), ...positionAxes, ...tapAxes]
  const rows = scope.reshape(permute(windows, perm), [
    sizeOf(parts.lead),
    sizeOf(parts.positions),
    sizeOf(attrs.window)
  ])
  return [largest, placesOf(scope, rows, aval!.shape, poolTables(parts, attrs).place)]
}
