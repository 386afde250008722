/** The geometry of TensorFlow.js's convolutions and pools, and their layouts: channels last outside, channels first inside. */
import * as tf from '@tensorflow/tfjs-core'
import { sizeOf } from '../graph/graph.js'
import { invertPermutation } from '../primitives/shape.js'
import { extentOf, type Windows } from '../primitives/windows.js'

export type KernelAttrs = Readonly<Record<string, unknown>>

/** One of TensorFlow.js's window ops, in terms of spatial axes. */
export interface Geometry extends Windows {
  readonly image: readonly number[]
  readonly window: readonly number[]
  readonly positions: readonly number[]
}

type Rounding = 'floor' | 'round' | 'ceil'
type Pad2D = Parameters<typeof tf.backend_util.computeConv2DInfo>[4]
type Pad3D = Parameters<typeof tf.backend_util.computeConv3DInfo>[4]
type Pair = [number, number]
type Triple = [number, number, number]

/** A number for all axes, or one for each; TensorFlow.js leaves some out. */
const spread = (value: unknown, axes: number): number[] => {
  const list = value === undefined || value === null ? [1] : [value].flat().map(Number)
  return list.length === axes ? list : Array.from({ length: axes }, () => list[0]!)
}

/** Padding that gives exactly the positions that TensorFlow.js counted, whichever way it rounded. */
const exactPadding = (
  { image, window, positions, strides, dilations }: Omit<Geometry, 'padding'>,
  given: readonly Pair[]
): Pair[] =>
  given.map(([before, after], d) => {
    const extent = extentOf(window[d]!, dilations[d]!)
    const found = Math.floor((image[d]! + before + after - extent) / strides[d]!) + 1
    if (found === positions[d]) return [before, after]
    return [before, (positions[d]! - 1) * strides[d]! + extent - image[d]! - before]
  })

export const isChannelsFirst = (attrs: KernelAttrs): boolean =>
  attrs['dataFormat'] === 'NCHW' || attrs['dataFormat'] === 'NCDHW'

/** Explicit padding names all four axes, in the order of the data: here channels last. */
const padOf = (attrs: KernelAttrs): Pad2D => {
  const { pad } = attrs as { readonly pad: Pad2D }
  if (!Array.isArray(pad) || !isChannelsFirst(attrs)) return pad
  const [examples, channels, rows, columns] = pad
  return [examples, rows, columns, channels]
}

/** Geometry in two axes: `x` and `window` are [N, H, W, C] and [kh, kw, ...]. */
const planar = (x: readonly number[], window: readonly number[], attrs: KernelAttrs): Geometry => {
  const strides = spread(attrs['strides'], 2)
  const dilations = spread(attrs['dilations'], 2)
  const info = tf.backend_util.computeConv2DInfo(
    [1, x[1]!, x[2]!, 1],
    [window[0]!, window[1]!, 1, 1],
    strides as Pair,
    dilations as Pair,
    padOf(attrs),
    attrs['dimRoundingMode'] as Rounding | undefined
  )
  const { top, bottom, left, right } = info.padInfo
  const sizes = {
    image: [x[1]!, x[2]!],
    window: [window[0]!, window[1]!],
    positions: [info.outHeight, info.outWidth],
    strides,
    dilations
  }
  return {
    ...sizes,
    padding: exactPadding(sizes, [
      [top, bottom],
      [left, right]
    ])
  }
}

/** The same in three axes. */
const spatial = (x: readonly number[], window: readonly number[], attrs: KernelAttrs): Geometry => {
  const strides = spread(attrs['strides'], 3)
  const dilations = spread(attrs['dilations'], 3)
  const axes = [0, 1, 2] as const
  const { padInfo, outDepth, outHeight, outWidth } = tf.backend_util.computePool3DInfo(
    [1, x[1]!, x[2]!, x[3]!, 1],
    axes.map((d) => window[d]!) as Triple,
    strides as Triple,
    dilations as Triple,
    attrs['pad'] as Pad3D,
    attrs['dimRoundingMode'] as Rounding | undefined
  )
  const { front, back, top, bottom, left, right } = padInfo
  const sizes = {
    image: axes.map((d) => x[d + 1]!),
    window: axes.map((d) => window[d]!),
    positions: [outDepth, outHeight, outWidth],
    strides,
    dilations
  }
  return {
    ...sizes,
    padding: exactPadding(sizes, [
      [front, back],
      [top, bottom],
      [left, right]
    ])
  }
}

/** @param x shape, channels last, with examples first @param window its spatial axes come first */
export const geometryOf = (x: readonly number[], window: readonly number[], attrs: KernelAttrs): Geometry =>
  x.length === 4 ? planar(x, window, attrs) : spatial(x, window, attrs)

/** [N, C, ...] as [N, ..., C]. */
export const channelsLastShape = (shape: readonly number[]): number[] => [shape[0]!, ...shape.slice(2), shape[1]!]

const toFirst = (rank: number): number[] => [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, d) => d + 1)]

/** [N, ..., C] to [N, C, ...]. */
export const channelsFirst = (x: tf.Tensor): tf.Tensor => tf.transpose(x, toFirst(x.rank))

/** [N, C, ...] to [N, ..., C]. */
export const channelsLast = (x: tf.Tensor): tf.Tensor => tf.transpose(x, invertPermutation(toFirst(x.rank)))

/** From the order of channels that `dataFormat` says to channels first, and back. */
export const inward = (x: tf.Tensor, attrs: KernelAttrs): tf.Tensor => (isChannelsFirst(attrs) ? x : channelsFirst(x))
export const outward = (x: tf.Tensor, attrs: KernelAttrs): tf.Tensor => (isChannelsFirst(attrs) ? x : channelsLast(x))

/** How many points of the image each position of the window reads: [positions], row-major. */
export const countsOf = ({ image, window, positions, strides, dilations, padding }: Geometry): Float32Array => {
  const along = positions.map((n, d) =>
    Array.from({ length: n }, (_, p) => {
      const taps = Array.from({ length: window[d]! }, (_tap, k) => p * strides[d]! + k * dilations[d]! - padding[d]![0])
      return taps.filter((i) => i >= 0 && i < image[d]!).length
    })
  )
  return Float32Array.from({ length: sizeOf(positions) }, (_, flat) =>
    positions.reduce((count, n, d) => count * along[d]![Math.floor(flat / sizeOf(positions.slice(d + 1))) % n]!, 1)
  )
}

/** A window that fits nowhere: TensorFlow.js gives a tensor without elements. */
export const isEmpty = ({ positions }: Geometry): boolean => positions.some((n) => n <= 0)

/** The result of an op that has no positions. @param x shape of the image, in the order that `dataFormat` says */
export const emptyResult = (
  x: readonly number[],
  channels: number,
  { positions }: Geometry,
  attrs: KernelAttrs,
  dtype: tf.DataType = 'float32'
): tf.Tensor => {
  const spatialShape = positions.map((n) => Math.max(0, n))
  const shape = isChannelsFirst(attrs) ? [x[0]!, channels, ...spatialShape] : [x[0]!, ...spatialShape, channels]
  return tf.tensor([], shape, dtype)
}
