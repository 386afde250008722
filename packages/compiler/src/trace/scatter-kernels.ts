/** TensorFlow.js kernels that write rows at positions: sums of rows, the last row written, counts. */
import * as tf from '@tensorflow/tfjs-core'
import { scatterAdd } from '../primitives/indexing.js'
import { argsort } from '../primitives/sorting.js'
import { bind1 } from './context.js'
import { inputOf } from './kernel-table.js'
import type { KernelTable } from './kernel-table.js'
import { sizeOf } from '../graph/graph.js'

/** Row-major position of each index vector [..., d] in a block of `sizes`: [...]. */
export const flatIndex = (indices: tf.Tensor, sizes: readonly number[]): tf.Tensor => {
  const strides = sizes.map((_, i) => sizeOf(sizes.slice(i + 1)))
  return tf.sum(tf.mul(tf.cast(indices, 'int32'), tf.tensor1d(strides, 'int32')), -1)
}

/** A vector of indices is one index for each update. */
const asMatrix = (indices: tf.Tensor): tf.Tensor => (indices.rank < 2 ? tf.reshape(indices, [-1, 1]) : indices)

interface Target {
  /** Position of each row: int32 [n]. */
  readonly positions: tf.Tensor
  /** How many rows the result has. */
  readonly count: number
  readonly rowShape: readonly number[]
}

const targetOf = (indices: tf.Tensor, shape: readonly number[]): Target => {
  const depth = indices.shape[indices.rank - 1]!
  const sizes = shape.slice(0, depth)
  return {
    positions: tf.reshape(flatIndex(indices, sizes), [-1]),
    count: sizeOf(sizes),
    rowShape: shape.slice(depth)
  }
}

/** Rows [n, ...] summed at positions [n]: [count, ...]; booleans count as one another's disjunction. */
const sumAt = (rows: tf.Tensor, positions: tf.Tensor, count: number): tf.Tensor => {
  const summed = bind1(scatterAdd, [rows.dtype === 'bool' ? tf.cast(rows, 'int32') : rows, positions], {
    axis: 0,
    size: count
  })
  return rows.dtype === 'bool' ? tf.cast(summed, 'bool') : summed
}

const scatterNd = (indices: tf.Tensor, updates: tf.Tensor, shape: readonly number[]): tf.Tensor => {
  const { positions, count, rowShape } = targetOf(asMatrix(indices), shape)
  const rows = tf.reshape(updates, [positions.size, ...rowShape])
  return tf.reshape(sumAt(rows, positions, count), [...shape])
}

/**
 * `base` with rows put at positions; where several go to one, the last of them stays. Sorted by position, stably, the last
 * of each run of equals is what stays; the others are added as zeros.
 */
const update = (base: tf.Tensor, indices: tf.Tensor, updates: tf.Tensor): tf.Tensor => {
  const { positions, count, rowShape } = targetOf(indices, base.shape)
  const n = positions.size
  if (n === 0) return tf.clone(base)
  const ones = rowShape.map(() => 1)
  const order = argsort(positions)
  const sorted = tf.gather(positions, order)
  const next = tf.concat([tf.slice(sorted, [1], [n - 1]), tf.tensor1d([-1], 'int32')])
  const isLast = tf.notEqual(sorted, next)
  const rows = tf.gather(tf.reshape(updates, [n, ...rowShape]), order)
  const kept = tf.where(tf.reshape(isLast, [n, ...ones]), rows, tf.zerosLike(rows))
  const isWritten = tf.reshape(sumAt(isLast, sorted, count), [count, ...ones])
  const old = tf.reshape(base, [count, ...rowShape])
  return tf.reshape(tf.where(isWritten, sumAt(kept, sorted, count), old), base.shape)
}

const sparseToDense = (
  indices: tf.Tensor,
  values: tf.Tensor,
  defaultValue: tf.Tensor,
  shape: readonly number[]
): tf.Tensor => {
  const at = asMatrix(indices)
  const base = tf.broadcastTo(defaultValue, [...shape])
  return update(base, at, tf.broadcastTo(values, [at.shape[0]!]))
}

interface Counts {
  readonly size: number
  readonly isBinary: boolean
}

/** Sums of rows [n, ...] at positions [n] from 0 to `count` - 1; rows with another position go nowhere. */
const sumWithin = (rows: tf.Tensor, positions: tf.Tensor, count: number): tf.Tensor => {
  const isWithin = tf.logicalAnd(tf.greaterEqual(positions, 0), tf.less(positions, count))
  const bins = tf.where(isWithin, positions, tf.scalar(count, 'int32'))
  const sums = sumAt(rows, bins, count + 1)
  return tf.slice(
    sums,
    sums.shape.map(() => 0),
    [count, ...sums.shape.slice(1)]
  )
}

/** Counts of each value below `size` in rows [b, n], or sums of their weights: [b, size]. */
const countRows = (x: tf.Tensor, weights: tf.Tensor, { size, isBinary }: Counts): tf.Tensor => {
  const [b, n] = x.shape as [number, number]
  const hasWeights = weights.size > 0 && !isBinary
  const rows = hasWeights ? tf.reshape(weights, [b * n]) : tf.ones([b * n], weights.dtype)
  const isBin = tf.logicalAnd(tf.greaterEqual(x, 0), tf.less(x, size))
  const starts = tf.mul(tf.expandDims(tf.range(0, b, 1, 'int32'), 1), tf.scalar(size, 'int32'))
  const bins = tf.where(isBin, tf.add(x, starts), tf.scalar(-1, 'int32'))
  const counts = tf.reshape(sumWithin(rows, tf.reshape(bins, [b * n]), b * size), [b, size])
  return isBinary ? tf.cast(tf.greater(counts, 0), weights.dtype) : counts
}

/** Of int32 and bool too, sums of segments are float32 in TensorFlow.js. */
const segmentSum = (x: tf.Tensor, segmentIds: tf.Tensor, count: number): tf.Tensor =>
  sumWithin(tf.cast(x, 'float32'), tf.cast(segmentIds, 'int32'), count)

const bincount = (x: tf.Tensor, weights: tf.Tensor, counts: Counts): tf.Tensor => {
  const rows = x.rank === 2 ? x : tf.reshape(x, [1, x.size])
  const counted = countRows(rows, weights, counts)
  return x.rank === 2 ? counted : tf.reshape(counted, [counts.size])
}

export const scatterKernels: KernelTable = {
  Bincount: (inputs, { size }) => [
    bincount(tf.reshape(inputOf(inputs, 'x'), [-1]), inputOf(inputs, 'weights'), {
      size: Number(size),
      isBinary: false
    })
  ],
  DenseBincount: (inputs, { size, binaryOutput }) => [
    bincount(inputOf(inputs, 'x'), inputOf(inputs, 'weights'), {
      size: Number(size),
      isBinary: binaryOutput === true
    })
  ],
  ScatterNd: (inputs, { shape }) => [
    scatterNd(inputOf(inputs, 'indices'), inputOf(inputs, 'updates'), shape as readonly number[])
  ],
  SparseToDense: (inputs, { outputShape }) => [
    sparseToDense(
      inputOf(inputs, 'sparseIndices'),
      inputOf(inputs, 'sparseValues'),
      inputOf(inputs, 'defaultValue'),
      outputShape as readonly number[]
    )
  ],
  UnsortedSegmentSum: (inputs, { numSegments }) => [
    segmentSum(inputOf(inputs, 'x'), inputOf(inputs, 'segmentIds'), Number(numSegments))
  ],
  TensorScatterUpdate: (inputs) => [
    update(inputOf(inputs, 'tensor'), asMatrix(inputOf(inputs, 'indices')), inputOf(inputs, 'updates'))
  ]
}
