/** TensorFlow.js's image ops that read an image at other places: crops, rotations, projective transforms. */
import * as tf from '@tensorflow/tfjs-core'
import { inputOf } from './kernel-table.js'
import type { KernelInputs, KernelTable } from './kernel-table.js'
import { clampedIndex, floats, inside, int, ints, lerp, pointsAt, roundHalfUp } from './sampling.js'
import type { KernelAttrs } from './windows.js'

/** Rows or columns that each box reads, as real numbers: [boxes, crop]. Both ends are exact, so a box of all is inside. */
const boxLine = (low: tf.Tensor, high: tf.Tensor, size: number, crop: number): tf.Tensor => {
  const column = (t: tf.Tensor, scale: number): tf.Tensor => tf.mul(tf.reshape(t, [-1, 1]), scale)
  if (crop === 1) return column(tf.add(low, high), 0.5 * (size - 1))
  const share = Array.from({ length: crop }, (_, i) => i / (crop - 1))
  const toLow = floats(share.map((t) => 1 - t))
  return tf.add(tf.mul(column(low, size - 1), toLow), tf.mul(column(high, size - 1), floats(share)))
}

const cropAndResize = (inputs: KernelInputs, { cropSize, method, extrapolationValue }: KernelAttrs): tf.Tensor => {
  const images = tf.cast(inputOf(inputs, 'image'), 'float32')
  const [batch, height, width] = images.shape as [number, number, number]
  const [y1, x1, y2, x2] = tf.unstack(inputOf(inputs, 'boxes'), 1) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]
  const owner = tf.cast(inputOf(inputs, 'boxInd'), 'int32')
  const [rows, columns] = cropSize as readonly [number, number]
  const y = tf.expandDims(boxLine(y1, y2, height, rows), 2)
  const x = tf.expandDims(boxLine(x1, x2, width, columns), 1)
  const known = tf.minimum(owner, int(batch - 1))
  const start = tf.mul(tf.reshape(known, [-1, 1, 1]), int(height * width))
  const read = (row: tf.Tensor, column: tf.Tensor): tf.Tensor => {
    const line = tf.add(start, tf.mul(clampedIndex(row, height), int(width)))
    return pointsAt(images, tf.add(line, clampedIndex(column, width)))
  }
  const values = (): tf.Tensor => {
    if (method === 'nearest') return read(roundHalfUp(y), roundHalfUp(x))
    const [top, left] = [tf.floor(y), tf.floor(x)]
    const [down, across] = [tf.expandDims(tf.sub(y, top), 3), tf.expandDims(tf.sub(x, left), 3)]
    const upper = lerp(read(top, left), read(top, tf.ceil(x)), across)
    const lower = lerp(read(tf.ceil(y), left), read(tf.ceil(y), tf.ceil(x)), across)
    return lerp(upper, lower, down)
  }
  const isRead = tf.expandDims(tf.logicalAnd(inside(y, height), inside(x, width)), 3)
  const filled = tf.where(isRead, values(), Number(extrapolationValue ?? 0))
  // a box of an image that is not there is left empty
  const isOwned = tf.reshape(tf.less(owner, int(batch)), [-1, 1, 1, 1])
  return tf.where(isOwned, filled, 0)
}

const rotate = (image: tf.Tensor, { radians, fillValue, center }: KernelAttrs): tf.Tensor => {
  const [, height, width, channels] = image.shape as [number, number, number, number]
  const [centerX, centerY] = tf.backend_util.getImageCenter(center as number | [number, number], height, width)
  const [sin, cos] = [Math.sin(Number(radians)), Math.cos(Number(radians))]
  const places = Array.from({ length: height * width }, (_, flat) => {
    const [x, y] = [(flat % width) - centerX, Math.floor(flat / width) - centerY]
    const column = Math.round(x * cos - y * sin + centerX)
    const row = Math.round(x * sin + y * cos + centerY)
    return column >= 0 && column < width && row >= 0 && row < height ? row * width + column : -1
  })
  const points = tf.reshape(image, [image.shape[0]!, height * width, channels])
  const read = tf.gather(points, ints(places.map((at) => Math.max(at, 0))), 1)
  const fill = Array.isArray(fillValue)
    ? floats(Array.from({ length: channels }, (_, c) => (c === 3 ? 255 : Number(fillValue[c]))))
    : tf.scalar(Number(fillValue ?? 0))
  const isRead = tf.tensor2d(
    places.map((at) => at >= 0),
    [height * width, 1],
    'bool'
  )
  return tf.reshape(tf.where(isRead, read, tf.cast(fill, image.dtype)), image.shape)
}

type FillMode = 'constant' | 'reflect' | 'wrap' | 'nearest'

/** A coordinate outside brought back: mirrored at the edges, continued periodically, or to the nearest edge. */
const bringBack = (x: tf.Tensor, size: number, mode: FillMode): tf.Tensor => {
  if (mode === 'constant') return x
  const clamp = (t: tf.Tensor): tf.Tensor => tf.clipByValue(t, 0, size - 1)
  if (mode === 'nearest' || size === 1) return clamp(x)
  if (mode === 'reflect') {
    const period = 2 * size
    const turns = (t: tf.Tensor): tf.Tensor => tf.mul(tf.floor(tf.div(t, period)), period)
    const left = tf.add(turns(tf.neg(x)), x)
    const below = tf.where(tf.less(left, -size), tf.add(left, period), tf.sub(tf.neg(left), 1))
    const right = tf.sub(x, turns(x))
    const above = tf.where(tf.greaterEqual(right, size), tf.sub(period - 1, right), right)
    return clamp(tf.where(tf.less(x, 0), below, tf.where(tf.greater(x, size - 1), above, x)))
  }
  const turns = (t: tf.Tensor): tf.Tensor => tf.floor(tf.div(t, size - 1))
  const below = tf.add(x, tf.mul(tf.add(turns(tf.neg(x)), 1), size))
  const above = tf.sub(x, tf.mul(turns(x), size))
  return clamp(tf.where(tf.less(x, 0), below, tf.where(tf.greater(x, size - 1), above, x)))
}

/** Image [N, H, W, C], where point (x, y) of the result reads (a x + b y + c, d x + e y + f) / (g x + h y + 1). */
const transform = (inputs: KernelInputs, attrs: KernelAttrs): tf.Tensor => {
  const [image, transforms] = [inputOf(inputs, 'image'), inputOf(inputs, 'transforms')]
  const [batch, height, width] = image.shape as [number, number, number]
  const [rows, columns] = (attrs['outputShape'] as readonly [number, number] | undefined) ?? [height, width]
  const mode = attrs['fillMode'] as FillMode
  const fill = Number(attrs['fillValue'] ?? 0)
  const [a, b, c, d, e, f, g, h] = tf.unstack(transforms, 1).map((t) => tf.reshape(t, [-1, 1, 1])) as tf.Tensor[]
  const atX = tf.reshape(floats(Array.from({ length: columns }, (_, i) => i)), [1, 1, columns])
  const atY = tf.reshape(floats(Array.from({ length: rows }, (_, i) => i)), [1, rows, 1])
  const form = (p: tf.Tensor, q: tf.Tensor, r: tf.Tensor | number): tf.Tensor =>
    tf.add(tf.add(tf.mul(p, atX), tf.mul(q, atY)), r)
  const scale = form(g!, h!, 1)
  const isFinite = tf.notEqual(scale, 0)
  const divisor = tf.where(isFinite, scale, 1)
  const x = bringBack(tf.div(form(a!, b!, c!), divisor), width, mode)
  const y = bringBack(tf.div(form(d!, e!, f!), divisor), height, mode)
  const starts = tf.reshape(ints(Array.from({ length: batch }, (_, n) => n * height * width)), [batch, 1, 1])
  const read = (row: tf.Tensor, column: tf.Tensor): tf.Tensor => {
    const line = tf.add(starts, tf.mul(clampedIndex(row, height), int(width)))
    const isInside = tf.logicalAnd(inside(row, height), inside(column, width))
    return tf.where(tf.expandDims(isInside, 3), pointsAt(image, tf.add(line, clampedIndex(column, width))), fill)
  }
  const values = (): tf.Tensor => {
    if (attrs['interpolation'] !== 'bilinear') return read(roundHalfUp(y), roundHalfUp(x))
    const [top, left] = [tf.floor(y), tf.floor(x)]
    const [down, across] = [tf.expandDims(tf.sub(y, top), 3), tf.expandDims(tf.sub(x, left), 3)]
    const line = (row: tf.Tensor): tf.Tensor =>
      tf.add(tf.mul(tf.sub(1, across), read(row, left)), tf.mul(across, read(row, tf.add(left, 1))))
    return tf.add(tf.mul(tf.sub(1, down), line(top)), tf.mul(down, line(tf.add(top, 1))))
  }
  return tf.where(tf.expandDims(isFinite, 3), values(), fill)
}

export const images: KernelTable = {
  CropAndResize: (inputs, attrs) => [cropAndResize(inputs, attrs)],
  RotateWithOffset: (inputs, attrs) => [rotate(inputOf(inputs, 'image'), attrs)],
  Transform: (inputs, attrs) => [transform(inputs, attrs)]
}
