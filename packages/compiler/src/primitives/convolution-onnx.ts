/**
 * Convolutions in ONNX. The convolution itself is a Conv. Measured with ONNX Runtime 1.30, one thread, 64 examples of 14 by
 * 14, 16 channels to 32, 3 by 3 taps, milliseconds: the convolution 2.0; its gradient in the image as ConvTranspose 2.1, as
 * Conv with the kernel turned round 2.6 (with two threads 3.0 and 1.9, since ConvTranspose does not share its work); its
 * gradient in the kernel as Conv of x with dy 4.6, as one product for each tap 2.4, as one product with all taps stacked 3.0.
 */
import type { OnnxScope } from '../emit/onnx-scope.js'
import { sizeOf } from '../graph/graph.js'
import type { ConvolutionAttrs, ConvolutionSizes } from './convolution-form.js'
import { extentOf } from './windows.js'

type Emit = (scope: OnnxScope, inputs: readonly string[], sizes: ConvolutionSizes, attrs: ConvolutionAttrs) => string

const spatialAxes = (attrs: ConvolutionAttrs): number[] => attrs.image.map((_, d) => d + 2)

/** Adds zeros around the spatial axes, or cuts where the amount is negative. */
const padSpatial = (scope: OnnxScope, x: string, amounts: readonly (readonly [number, number])[]): string => {
  if (amounts.every(([before, after]) => before === 0 && after === 0)) return x
  const side = (end: 0 | 1): number[] => [0, 0, ...amounts.map((both) => both[end])]
  return scope.node('Pad', [x, scope.ints([...side(0), ...side(1)])])
}

/** Conv takes padding, but no negative one: that part of the image is cut away first. */
const conv = (
  scope: OnnxScope,
  x: string,
  rest: readonly string[],
  { strides, dilations, padding }: Pick<ConvolutionAttrs, 'strides' | 'dilations' | 'padding'>,
  groups: number
): string => {
  const cut = padSpatial(
    scope,
    x,
    padding.map(([before, after]) => [Math.min(before, 0), Math.min(after, 0)] as const)
  )
  const added = padding.map((both) => both.map((n) => Math.max(n, 0)))
  return scope.node('Conv', [cut, ...rest], {
    strides: { ints: strides },
    dilations: { ints: dilations },
    pads: { ints: [...added.map(([before]) => before!), ...added.map(([, after]) => after!)] },
    group: { int: groups }
  })
}

/** With a third input, that is added to each channel of the result. */
const emitOutput: Emit = (scope, [x, ...rest], { groups }, attrs) => conv(scope, x!, rest, attrs, groups)

/** The whole of what y reaches has (P - 1) stride + extent points; the image is the part after `before`. */
const asTransposed: Emit = (scope, [w, y], { groups, positions }, attrs) => {
  const { strides, dilations, padding, image, kernel } = attrs
  const reach = positions.map((n, d) => (n - 1) * strides[d]! + extentOf(kernel[d]!, dilations[d]!))
  const after = reach.map((n, d) => n - padding[d]![0] - image[d]!)
  const crop = [...padding.map(([before]) => Math.max(before, 0)), ...after.map((n) => Math.max(n, 0))]
  const part = scope.node('ConvTranspose', [y!, w!], {
    strides: { ints: strides },
    dilations: { ints: dilations },
    pads: { ints: crop },
    group: { int: groups }
  })
  return padSpatial(
    scope,
    part,
    after.map((n, d) => [Math.max(-padding[d]![0], 0), Math.max(-n, 0)] as const)
  )
}

/** With stride 1: a convolution of y with the kernel turned round, its channels swapped. */
const asConvolution: Emit = (scope, [w, y], { groups, inner, outer, positions }, attrs) => {
  const { dilations, padding, image, kernel } = attrs
  const axes = spatialAxes(attrs)
  const split = scope.reshape(w!, [groups, outer, inner, ...kernel])
  const swapped = scope.node('Transpose', [split], { perm: { ints: [0, 2, 1, ...axes.map((axis) => axis + 1)] } })
  const all = (n: number): string => scope.ints(axes.map(() => n))
  const joined = scope.reshape(swapped, [groups * inner, outer, ...kernel])
  const turned = scope.node('Slice', [joined, all(-1), all(Number.MIN_SAFE_INTEGER), scope.ints(axes), all(-1)])
  const before = kernel.map((n, d) => extentOf(n, dilations[d]!) - 1 - padding[d]![0])
  const around = before.map(
    (n, d) => [n, image[d]! + extentOf(kernel[d]!, dilations[d]!) - 1 - positions[d]! - n] as const
  )
  return conv(scope, y!, [turned], { strides: kernel.map(() => 1), dilations, padding: around }, groups)
}

/** Few channels make ConvTranspose quick and Conv slow (0.7 and 2.1 ms for 16 channels to 1). */
const FEW_CHANNELS = 4

const emitImage: Emit = (scope, inputs, sizes, attrs) => {
  const isPlain = attrs.strides.every((n) => n === 1)
  return isPlain && sizes.inner * FEW_CHANNELS > sizes.outer
    ? asConvolution(scope, inputs, sizes, attrs)
    : asTransposed(scope, inputs, sizes, attrs)
}

/** Image and output with channels first, so that all examples are one long row. */
const channelsFirst = (scope: OnnxScope, x: string, attrs: ConvolutionAttrs): string =>
  scope.node('Transpose', [x], { perm: { ints: [1, 0, ...spatialAxes(attrs)] } })

/** Kernels of more taps than this are left to Conv: one node each would be too many. */
const MANY_TAPS = 64

/**
 * dw[o, c, k] = Σ over examples and positions of y[o, ...] x[c, ... at tap k]: one product for each tap, with the wider
 * operand as its columns (1 channel to 16: 1.0 ms, the other way round 3.8).
 */
const asProducts: Emit = (scope, [x, y], { examples, groups, inner, outer, positions }, attrs) => {
  const { strides, dilations, padding, kernel } = attrs
  const row = examples * sizeOf(positions)
  const axes = scope.ints(spatialAxes(attrs))
  const padded = padSpatial(scope, channelsFirst(scope, x!, attrs), padding)
  const rows = scope.reshape(channelsFirst(scope, y!, attrs), [groups, outer, row])
  const transposed = (t: string): string => scope.node('Transpose', [t], { perm: { ints: [0, 2, 1] } })
  const isWideOutput = inner < outer
  const products = Array.from({ length: sizeOf(kernel) }, (_, flat) => {
    const tap = kernel.map((n, d) => Math.floor(flat / sizeOf(kernel.slice(d + 1))) % n)
    const starts = tap.map((k, d) => k * dilations[d]!)
    const ends = starts.map((start, d) => start + extentOf(positions[d]!, strides[d]!))
    const part = scope.node('Slice', [padded, scope.ints(starts), scope.ints(ends), axes, scope.ints(strides)])
    const read = scope.reshape(part, [groups, inner, row])
    const product = isWideOutput ? [read, transposed(rows)] : [rows, transposed(read)]
    const shape = isWideOutput ? [groups, inner, outer, 1] : [groups, outer, inner, 1]
    return scope.reshape(scope.node('MatMul', product), shape)
  })
  const joined = scope.node('Concat', products, { axis: { int: 3 } })
  const ordered = isWideOutput ? scope.node('Transpose', [joined], { perm: { ints: [0, 2, 1, 3] } }) : joined
  return scope.reshape(ordered, [groups * outer, inner, ...kernel])
}

/** x as examples of c, y as their kernel, strides and dilations having changed places. */
const asSwapped: Emit = (scope, [x, y], { examples, groups, inner, outer }, attrs) => {
  const { strides, dilations, padding, image, kernel } = attrs
  const axes = spatialAxes(attrs)
  const split = scope.reshape(x!, [examples, groups, inner, ...image])
  const turned = scope.node('Transpose', [split], { perm: { ints: [2, 1, 0, ...axes.map((axis) => axis + 1)] } })
  const images = scope.reshape(turned, [inner, groups * examples, ...image])
  const swapped = { strides: dilations, dilations: strides, padding }
  const found = conv(scope, images, [channelsFirst(scope, y!, attrs)], swapped, groups)
  // a stride that does not divide the image leaves room for more taps than there are
  const part = scope.node('Slice', [found, scope.ints(kernel.map(() => 0)), scope.ints(kernel), scope.ints(axes)])
  return scope.reshape(channelsFirst(scope, part, attrs), [groups * outer, inner, ...kernel])
}

const emitKernel: Emit = (scope, inputs, sizes, attrs) =>
  (sizeOf(attrs.kernel) <= MANY_TAPS ? asProducts : asSwapped)(scope, inputs, sizes, attrs)

export const emitConvolution: Emit = (scope, inputs, sizes, attrs) =>
  (attrs.of === 'output' ? emitOutput : attrs.of === 'image' ? emitImage : emitKernel)(scope, inputs, sizes, attrs)
