/** TensorFlow.js's pools and local response normalisation in terms of max-pooling, convolution and products. */
import * as tf from '@tensorflow/tfjs-core'
import { addAlong } from '../primitives/along.js'
import { convolution } from '../primitives/convolution.js'
import type { ConvolutionAttrs } from '../primitives/convolution-form.js'
import { maxPool } from '../primitives/max-pool.js'
import { extentOf } from '../primitives/windows.js'
import { sizeOf } from '../graph/graph.js'
import { bind, bind1 } from './context.js'
import { inputOf } from './kernel-table.js'
import type { KernelInputs, KernelTable } from './kernel-table.js'
import {
  inward,
  outward,
  channelsLast,
  channelsLastShape,
  countsOf,
  emptyResult,
  geometryOf,
  isChannelsFirst,
  isEmpty
} from './windows.js'
import type { Geometry, KernelAttrs } from './windows.js'

/** [N, C, ...] or [N, ..., C], and the window as one number or one for each spatial axis. */
const poolGeometry = (x: tf.Tensor, attrs: KernelAttrs): Geometry => {
  const size = [attrs['filterSize']].flat().map(Number)
  const window = Array.from({ length: x.rank - 2 }, (_, d) => size[d] ?? size[0]!)
  const shape = isChannelsFirst(attrs) ? channelsLastShape(x.shape) : x.shape
  // strides default to the window
  return geometryOf(shape, window, { ...attrs, strides: attrs['strides'] ?? window })
}

/**
 * What a pool gives without computing: x itself for windows of one point that leave the shape alone (as TensorFlow.js does,
 * also where strides and padding would say otherwise), nothing for windows that fit nowhere.
 */
const trivial = (x: tf.Tensor, geometry: Geometry, attrs: KernelAttrs): tf.Tensor | undefined => {
  const { window, image, positions } = geometry
  if (window.every((n) => n === 1) && image.every((n, d) => n === positions[d])) return tf.clone(x)
  const channels = x.shape[isChannelsFirst(attrs) ? 1 : x.rank - 1]!
  return isEmpty(geometry) ? emptyResult(x.shape, channels, geometry, attrs, x.dtype) : undefined
}

/** Values and places, channels first. */
const pooled = (x: tf.Tensor, { window, strides, dilations, padding }: Geometry, attrs: KernelAttrs) =>
  bind(maxPool, [inward(x, attrs)], { window, strides, dilations, padding, indices: true }) as [tf.Tensor, tf.Tensor]

const maximumPool = (x: tf.Tensor, attrs: KernelAttrs): tf.Tensor => {
  const geometry = poolGeometry(x, attrs)
  return trivial(x, geometry, attrs) ?? outward(pooled(x, geometry, attrs)[0], attrs)
}

/** Places in [H, W, C] or, with `includeBatch`, [N, H, W, C] order, as TensorFlow.js counts them. */
const flatPlaces = (places: tf.Tensor, image: readonly number[], includeBatch: boolean): tf.Tensor => {
  const [examples, channels] = places.shape as [number, number]
  const column = (n: number, step: number): tf.Tensor =>
    tf.tensor1d(
      Int32Array.from({ length: n }, (_, i) => i * step),
      'int32'
    )
  const within = tf.add(tf.mul(channelsLast(places), tf.scalar(channels, 'int32')), column(channels, 1))
  const starts = tf.reshape(column(examples, sizeOf(image) * channels), [examples, 1, 1, 1])
  return includeBatch ? tf.add(within, starts) : within
}

const maxPoolGradient = (inputs: KernelInputs, attrs: KernelAttrs): tf.Tensor => {
  const [dy, x] = [inputOf(inputs, 'dy'), inputOf(inputs, 'input')]
  const geometry = poolGeometry(x, attrs)
  const [, places] = pooled(x, geometry, attrs)
  const [n, c] = places.shape as [number, number]
  const isDisjoint = geometry.window.every((k, d) => geometry.strides[d]! >= extentOf(k, geometry.dilations[d]!))
  const rows = [inward(dy, attrs), places].map((t) => tf.reshape(t, [n, c, sizeOf(geometry.positions)]))
  const spread = bind1(addAlong, rows, { size: sizeOf(geometry.image), isDisjoint })
  return outward(tf.reshape(spread, [n, c, ...geometry.image]), attrs)
}

/** A window of ones over each channel by itself: a convolution of N C images of one channel. */
const sumAttrs = ({ image, window, strides, dilations, padding }: Geometry): Omit<ConvolutionAttrs, 'of'> => ({
  groups: 1,
  strides,
  dilations,
  padding,
  image,
  kernel: window
})

/** 1 / |window| in every tap, and what else to multiply by where windows reach into the padding. */
const averaging = (geometry: Geometry): readonly [ones: tf.Tensor, correction: tf.Tensor | undefined] => {
  const taps = sizeOf(geometry.window)
  // where a window sees padding alone, TensorFlow.js gives 0 / 0 in two axes and 0 in three
  const counts = countsOf(geometry).map((n) => (geometry.window.length === 3 ? Math.max(n, 1) : n))
  const isWhole = counts.every((n) => n === taps)
  const ones = tf.fill([1, 1, ...geometry.window], isWhole ? 1 / taps : 1)
  return [
    ones,
    isWhole
      ? undefined
      : tf.tensor(
          counts.map((n) => 1 / n),
          [...geometry.positions]
        )
  ]
}

const averagePool = (x: tf.Tensor, attrs: KernelAttrs): tf.Tensor => {
  const geometry = poolGeometry(x, attrs)
  const known = trivial(x, geometry, attrs)
  if (known !== undefined) return known
  const inner = inward(tf.cast(x, 'float32'), attrs)
  const [n, c] = inner.shape as [number, number]
  const [ones, correction] = averaging(geometry)
  const images = tf.reshape(inner, [n * c, 1, ...geometry.image])
  const sums = bind1(convolution, [images, ones], { of: 'output', ...sumAttrs(geometry) })
  const split = tf.reshape(sums, [n, c, ...geometry.positions])
  return tf.cast(outward(correction ? tf.mul(split, correction) : split, attrs), x.dtype)
}

const averagePoolGradient = (dy: tf.Tensor, x: tf.Tensor, attrs: KernelAttrs): tf.Tensor => {
  const geometry = poolGeometry(x, attrs)
  const inner = inward(dy, attrs)
  const [n, c] = inner.shape as [number, number]
  const [ones, correction] = averaging(geometry)
  const shares = tf.reshape(correction ? tf.mul(inner, correction) : inner, [n * c, 1, ...geometry.positions])
  const spread = bind1(convolution, [ones, shares], { of: 'image', ...sumAttrs(geometry) })
  return outward(tf.reshape(spread, [n, c, ...geometry.image]), attrs)
}

/** [C, C]: 1 where two channels are neighbours within the radius. */
const band = (channels: number, radius: number): tf.Tensor =>
  tf.tensor2d(
    Float32Array.from({ length: channels * channels }, (_, i) =>
      Number(Math.abs(Math.floor(i / channels) - (i % channels)) <= radius)
    ),
    [channels, channels]
  )

interface Response {
  readonly near: tf.Tensor
  readonly norm: tf.Tensor
  readonly alpha: number
  readonly beta: number
}

/** bias + alpha Σ x² over neighbouring channels. */
const response = (x: tf.Tensor, { depthRadius, bias, alpha, beta }: KernelAttrs): Response => {
  const near = band(x.shape[x.rank - 1]!, Number(depthRadius ?? 5))
  const energy = tf.matMul(tf.reshape(tf.square(x), [-1, near.shape[0]!]), near)
  const norm = tf.add(tf.mul(tf.reshape(energy, x.shape), Number(alpha ?? 1)), Number(bias ?? 1))
  return { near, norm, alpha: Number(alpha ?? 1), beta: Number(beta ?? 0.5) }
}

const localResponse = (x: tf.Tensor, attrs: KernelAttrs): tf.Tensor => {
  const { norm, beta } = response(x, attrs)
  return tf.mul(x, tf.pow(norm, -beta))
}

const localResponseGradient = (inputs: KernelInputs, attrs: KernelAttrs): tf.Tensor => {
  const [x, y, dy] = ['x', 'y', 'dy'].map((name) => inputOf(inputs, name)) as [tf.Tensor, tf.Tensor, tf.Tensor]
  const { near, norm, alpha, beta } = response(x, attrs)
  const shares = tf.div(tf.mul(dy, y), norm)
  const spread = tf.reshape(tf.matMul(tf.reshape(shares, [-1, near.shape[0]!]), near), x.shape)
  return tf.sub(tf.mul(dy, tf.pow(norm, -beta)), tf.mul(tf.mul(x, spread), 2 * alpha * beta))
}

export const pooling: KernelTable = {
  MaxPool: (inputs, attrs) => [maximumPool(inputOf(inputs, 'x'), attrs)],
  MaxPool3D: (inputs, attrs) => [maximumPool(inputOf(inputs, 'x'), attrs)],
  MaxPoolWithArgmax: (inputs, attrs) => {
    const x = inputOf(inputs, 'x')
    const geometry = poolGeometry(x, attrs)
    const [values, places] = pooled(x, geometry, attrs)
    return [channelsLast(values), flatPlaces(places, geometry.image, attrs['includeBatchInIndex'] === true)]
  },
  MaxPoolGrad: (inputs, attrs) => [maxPoolGradient(inputs, attrs)],
  MaxPool3DGrad: (inputs, attrs) => [maxPoolGradient(inputs, attrs)],
  AvgPool: (inputs, attrs) => [averagePool(inputOf(inputs, 'x'), attrs)],
  AvgPool3D: (inputs, attrs) => [averagePool(inputOf(inputs, 'x'), attrs)],
  AvgPoolGrad: (inputs, attrs) => [averagePoolGradient(inputOf(inputs, 'dy'), inputOf(inputs, 'input'), attrs)],
  AvgPool3DGrad: (inputs, attrs) => [averagePoolGradient(inputOf(inputs, 'dy'), inputOf(inputs, 'input'), attrs)],
  LRN: (inputs, attrs) => [localResponse(inputOf(inputs, 'x'), attrs)],
  LRNGrad: (inputs, attrs) => [localResponseGradient(inputs, attrs)]
}
