/** TensorFlow.js's resizes as reads of rows and columns, which are known while tracing. */
import * as tf from '@tensorflow/tfjs-core'
import { inputOf } from './kernel-table.js'
import type { KernelInputs, KernelTable } from './kernel-table.js'
import { addBack, alongAxis, floats, ints, lerp } from './sampling.js'
import type { KernelAttrs } from './windows.js'

/** How points of the result are placed on the image. */
interface Scaling {
  readonly alignCorners: boolean
  readonly halfPixelCenters: boolean
  readonly size: readonly [height: number, width: number]
}

const scalingOf = (attrs: KernelAttrs, size: unknown): Scaling => ({
  alignCorners: attrs['alignCorners'] === true,
  halfPixelCenters: attrs['halfPixelCenters'] === true,
  size: size as readonly [number, number]
})

const ratio = (from: number, to: number, { alignCorners }: Scaling): number =>
  alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to

/** The two neighbours of each point of the result along one axis, and how far it is from the first. */
const neighbours = (from: number, to: number, scaling: Scaling) => {
  const step = ratio(from, to, scaling)
  const at = Array.from({ length: to }, (_, i) => (scaling.halfPixelCenters ? step * (i + 0.5) - 0.5 : step * i))
  const before = at.map((x) => Math.max(0, Math.floor(x)))
  return {
    before: ints(before),
    after: ints(at.map((x) => Math.min(from - 1, Math.ceil(x)))),
    fraction: floats(at.map((x, i) => x - before[i]!))
  }
}

const bilinearAlong = (x: tf.Tensor, axis: number, to: number, scaling: Scaling): tf.Tensor => {
  const { before, after, fraction } = neighbours(x.shape[axis]!, to, scaling)
  return lerp(tf.gather(x, before, axis), tf.gather(x, after, axis), alongAxis(fraction, axis))
}

const resizeBilinear = (images: tf.Tensor, scaling: Scaling): tf.Tensor => {
  const real = tf.cast(images, 'float32')
  return bilinearAlong(bilinearAlong(real, 2, scaling.size[1], scaling), 1, scaling.size[0], scaling)
}

const bilinearBack = (dy: tf.Tensor, axis: number, from: number, scaling: Scaling): tf.Tensor => {
  const { before, after, fraction } = neighbours(from, dy.shape[axis]!, scaling)
  const right = tf.mul(dy, alongAxis(fraction, axis))
  return tf.add(addBack(tf.sub(dy, right), before, axis, from), addBack(right, after, axis, from))
}

const nearest = (from: number, to: number, scaling: Scaling): tf.Tensor1D => {
  const step = ratio(from, to, scaling)
  const round = scaling.alignCorners ? Math.round : Math.floor
  return ints(
    Array.from({ length: to }, (_, i) =>
      Math.max(0, Math.min(from - 1, round(step * (scaling.halfPixelCenters ? i + 0.5 : i))))
    )
  )
}

const resizeNearest = (images: tf.Tensor, scaling: Scaling): tf.Tensor => {
  const [height, width] = scaling.size
  const rows = tf.gather(images, nearest(images.shape[1]!, height, scaling), 1)
  return tf.gather(rows, nearest(images.shape[2]!, width, scaling), 2)
}

/** Rows, then columns, of the gradient of a resize. */
const resizeGradient = (
  inputs: KernelInputs,
  attrs: KernelAttrs,
  back: (dy: tf.Tensor, axis: number, from: number, scaling: Scaling) => tf.Tensor
): tf.Tensor => {
  const [images, dy] = [inputOf(inputs, 'images'), inputOf(inputs, 'dy')]
  const scaling = scalingOf(attrs, dy.shape.slice(1, 3))
  return back(back(dy, 1, images.shape[1]!, scaling), 2, images.shape[2]!, scaling)
}

export const resizing: KernelTable = {
  ResizeBilinear: (inputs, attrs) => [resizeBilinear(inputOf(inputs, 'images'), scalingOf(attrs, attrs['size']))],
  ResizeBilinearGrad: (inputs, attrs) => [resizeGradient(inputs, attrs, bilinearBack)],
  ResizeNearestNeighbor: (inputs, attrs) => [resizeNearest(inputOf(inputs, 'images'), scalingOf(attrs, attrs['size']))],
  ResizeNearestNeighborGrad: (inputs, attrs) => [
    resizeGradient(inputs, attrs, (dy, axis, from, scaling) =>
      addBack(dy, nearest(from, dy.shape[axis]!, scaling), axis, from)
    )
  ]
}
