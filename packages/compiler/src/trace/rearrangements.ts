/** TensorFlow.js's ops that only move the points of images: flips, mirrored edges, blocks of space to batch or depth. */
import * as tf from '@tensorflow/tfjs-core'
import { inputOf } from './kernel-table.js'
import type { KernelTable } from './kernel-table.js'
import { sizeOf } from '../graph/graph.js'

/** `count` slices of axis `axis` from `begin` on, in reverse. */
const mirrored = (x: tf.Tensor, axis: number, begin: number, count: number): tf.Tensor => {
  const at = x.shape.map((_, i) => (i === axis ? begin : 0))
  const size = x.shape.map((n, i) => (i === axis ? count : n))
  return tf.reverse(tf.slice(x, at, size), axis)
}

/** `reflect` leaves the edge itself out of the mirror image, `symmetric` repeats it. */
const mirrorPad = (x: tf.Tensor, paddings: readonly (readonly [number, number])[], isReflect: boolean): tf.Tensor => {
  const skip = isReflect ? 1 : 0
  return paddings.reduce((padded, [before, after], axis) => {
    const n = x.shape[axis]!
    const parts = [
      ...(before > 0 ? [mirrored(padded, axis, skip, before)] : []),
      padded,
      ...(after > 0 ? [mirrored(padded, axis, n - after - skip, after)] : [])
    ]
    return parts.length === 1 ? padded : tf.concat(parts, axis)
  }, x)
}

const batchToSpace = (x: tf.Tensor, block: number[], crops: number[][]): tf.Tensor => {
  const { getReshaped, getPermuted, getReshapedPermuted, getSliceBeginCoords, getSliceSize } = tf.backend_util
  const split = getReshaped(x.shape, block, sizeOf(block))
  const moved = tf.transpose(tf.reshape(x, split), getPermuted(split.length, block.length))
  const joined = getReshapedPermuted(x.shape, block, sizeOf(block))
  const size = getSliceSize(joined, crops, block.length)
  return tf.slice(tf.reshape(moved, joined), getSliceBeginCoords(crops, block.length), size)
}

const spaceToBatch = (x: tf.Tensor, block: number[], paddings: readonly [number, number][]): tf.Tensor => {
  const { getReshaped, getPermuted, getReshapedPermuted } = tf.backend_util
  const none: [number, number] = [0, 0]
  const amounts = x.shape.map((_, axis): [number, number] => paddings[axis - 1] ?? none)
  const padded = tf.pad(x, amounts)
  const split = getReshaped(padded.shape, block, sizeOf(block), false)
  const moved = tf.transpose(tf.reshape(padded, split), getPermuted(split.length, block.length, false))
  return tf.reshape(moved, getReshapedPermuted(padded.shape, block, sizeOf(block), false))
}

/** Channels [block, block, C'] of each point become a square of points. */
const depthToSpace = (x: tf.Tensor, block: number, isChannelsFirst: boolean): tf.Tensor => {
  if (isChannelsFirst) {
    const [n, c, h, w] = x.shape as [number, number, number, number]
    const depth = c / (block * block)
    const split = tf.reshape(x, [n, block, block, depth, h, w])
    return tf.reshape(tf.transpose(split, [0, 3, 4, 1, 5, 2]), [n, depth, h * block, w * block])
  }
  const [n, h, w, c] = x.shape as [number, number, number, number]
  const depth = c / (block * block)
  const split = tf.reshape(x, [n, h, w, block, block, depth])
  return tf.reshape(tf.transpose(split, [0, 1, 3, 2, 4, 5]), [n, h * block, w * block, depth])
}

export const rearrangements: KernelTable = {
  FlipLeftRight: (inputs) => [tf.reverse(inputOf(inputs, 'image'), 2)],
  MirrorPad: (inputs, { paddings, mode }) => [
    mirrorPad(inputOf(inputs, 'x'), paddings as readonly (readonly [number, number])[], mode === 'reflect')
  ],
  BatchToSpaceND: (inputs, { blockShape, crops }) => [
    batchToSpace(inputOf(inputs, 'x'), [...(blockShape as readonly number[])], crops as number[][])
  ],
  SpaceToBatchND: (inputs, { blockShape, paddings }) => [
    spaceToBatch(inputOf(inputs, 'x'), [...(blockShape as readonly number[])], paddings as readonly [number, number][])
  ],
  DepthToSpace: (inputs, { blockSize, dataFormat }) => [
    depthToSpace(inputOf(inputs, 'x'), Number(blockSize), dataFormat === 'NCHW')
  ]
}
