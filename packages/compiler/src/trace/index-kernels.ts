/** TensorFlow.js kernels that read at positions, and those that find positions: gathers, slices, orders, searches. */
import * as tf from '@tensorflow/tfjs-core'
import { gather } from '../primitives/indexing.js'
import { leadingOrder, takeLast } from '../primitives/sorting.js'
import { record } from './context.js'
import { inputOf } from './kernel-table.js'
import type { KernelTable } from './kernel-table.js'
import { flatIndex } from './scatter-kernels.js'

const oneHot = (indices: tf.Tensor, depth: number, onValue: number, offValue: number, dtype: string): tf.Tensor => {
  const classes = tf.range(0, depth, 1, 'int32')
  const hits = tf.equal(tf.expandDims(indices, -1), classes)
  const hot = tf.where(hits, onValue, offValue)
  return dtype === 'float32' ? hot : tf.cast(hot, dtype === 'bool' ? 'bool' : 'int32')
}

/** begin + k stride for each axis: a slice where the stride is 1, a gather elsewhere. */
const stridedSlice = (input: tf.Tensor, attrs: Readonly<Record<string, unknown>>): tf.Tensor => {
  const list = (name: string): number[] => [...(attrs[name] as readonly number[])]
  const mask = (name: string): number => Number(attrs[name] ?? 0)
  const info = tf.slice_util.sliceInfo(
    input.shape,
    list('begin'),
    list('end'),
    list('strides'),
    mask('beginMask'),
    mask('endMask'),
    mask('ellipsisMask'),
    mask('newAxisMask'),
    mask('shrinkAxisMask')
  )
  const { begin, end, strides, finalShape } = info
  let result = input
  begin.forEach((start, axis) => {
    const stride = strides[axis]!
    const count = Math.max(0, Math.ceil((end[axis]! - start) / stride))
    if (stride === 1) {
      const at = result.shape.map((_, i) => (i === axis ? start : 0))
      result = tf.slice(
        result,
        at,
        result.shape.map((n, i) => (i === axis ? count : n))
      )
    } else
      result = tf.gather(
        result,
        tf.tensor1d(
          Int32Array.from({ length: count }, (_, k) => start + k * stride),
          'int32'
        ),
        axis
      )
  })
  return tf.reshape(result, finalShape)
}

/** x [...B, ...pre, n, ...post] at indices [...B, ...I] of an axis, member by member: [...B, ...pre, ...I, ...post]. */
const gatherMembers = (x: tf.Tensor, indices: tf.Tensor, axis: number, batchDims: number): tf.Tensor => {
  const product = (sizes: readonly number[]): number => sizes.reduce((n, d) => n * d, 1)
  const [batch, pre, post] = [x.shape.slice(0, batchDims), x.shape.slice(batchDims, axis), x.shape.slice(axis + 1)]
  const [b, p, n, q] = [product(batch), product(pre), x.shape[axis]!, product(post)] as const
  const picked = indices.shape.slice(batchDims)
  const count = product(picked)
  const rows = tf.reshape(tf.transpose(tf.reshape(x, [b, p, n, q]), [0, 2, 1, 3]), [b * n, p * q])
  const starts = tf.mul(tf.range(0, b, 1, 'int32'), tf.scalar(n, 'int32'))
  const at = tf.add(tf.reshape(indices, [b, count]), tf.expandDims(starts, 1))
  const taken = tf.reshape(tf.gather(rows, at), [b, count, p, q])
  return tf.reshape(tf.transpose(taken, [0, 2, 1, 3]), [...batch, ...pre, ...picked, ...post])
}

const gatherV2 = (x: tf.Tensor, indices: tf.Tensor, axis: number, batchDims: number): tf.Tensor => {
  const at = axis < 0 ? axis + x.rank : axis
  const members = batchDims < 0 ? batchDims + indices.rank : batchDims
  const whole = tf.cast(indices, 'int32')
  return members === 0 ? record(gather, [x, whole], { axis: at })[0]! : gatherMembers(x, whole, at, members)
}

const gatherNd = (params: tf.Tensor, indices: tf.Tensor): tf.Tensor => {
  const depth = indices.shape[indices.rank - 1]!
  const sizes = params.shape.slice(0, depth)
  const rows = tf.reshape(params, [sizes.reduce((n, d) => n * d, 1), ...params.shape.slice(depth)])
  return tf.gather(rows, flatIndex(indices, sizes), 0)
}

const topK = (input: tf.Tensor, k: number): readonly tf.Tensor[] => {
  const picked = leadingOrder(input, true, k)
  return [takeLast(input, picked), picked]
}

/** Above this many comparisons, bisection reads less. */
const MOST_COMPARISONS = 4096

/** How many entries of a sorted row [b, n] are before each value [b, m]: strictly for 'left', also equals for 'right'. */
const searchSorted = (sequence: tf.Tensor, values: tf.Tensor, side: string): tf.Tensor => {
  const isBefore = side === 'left' ? tf.less : tf.lessEqual
  const [[b, n], [, m]] = [sequence.shape as [number, number], values.shape as [number, number]]
  if (n * m * b <= MOST_COMPARISONS)
    return tf.sum(tf.cast(isBefore(tf.expandDims(sequence, 1), tf.expandDims(values, 2)), 'int32'), 2)
  let low = tf.zeros([b, m], 'int32')
  let high = tf.fill([b, m], n, 'int32')
  for (let width = n; width > 0; width = Math.floor(width / 2)) {
    const middle = tf.floorDiv(tf.add(low, high), tf.scalar(2, 'int32'))
    // an interval that is empty may be at the end, where there is nothing to read
    const probe = takeLast(sequence, tf.minimum(middle, tf.scalar(n - 1, 'int32')))
    const isOpen = tf.less(low, high)
    const goesRight = tf.logicalAnd(isOpen, isBefore(probe, values))
    high = tf.where(tf.logicalAnd(isOpen, tf.logicalNot(goesRight)), middle, high)
    low = tf.where(goesRight, tf.add(middle, tf.scalar(1, 'int32')), low)
  }
  return low
}

const searchKernel =
  (sideOf: (attrs: Readonly<Record<string, unknown>>) => string): KernelTable[string] =>
  (inputs, attrs) => [searchSorted(inputOf(inputs, 'sortedSequence'), inputOf(inputs, 'values'), sideOf(attrs))]

/** x [...S] on the diagonal of zeros [...S, ...S]. */
const diag = (x: tf.Tensor): tf.Tensor => {
  const at = tf.range(0, x.size, 1, 'int32')
  const flat = tf.reshape(x, [x.size])
  const matrix = tf.where(tf.equal(tf.expandDims(at, 1), at), flat, tf.zerosLike(flat))
  return tf.reshape(matrix, [...x.shape, ...x.shape])
}

/** Matrices [..., m, n] with zeros further than `lower` below and `upper` above the diagonal; all are kept for -1. */
const bandPart = (x: tf.Tensor, lower: tf.Tensor, upper: tf.Tensor): tf.Tensor => {
  const [m, n] = x.shape.slice(-2) as [number, number]
  const below = tf.sub(tf.expandDims(tf.range(0, m, 1, 'int32'), 1), tf.range(0, n, 1, 'int32'))
  const isKept = tf.logicalAnd(
    tf.logicalOr(tf.less(lower, 0), tf.lessEqual(below, lower)),
    tf.logicalOr(tf.less(upper, 0), tf.lessEqual(tf.neg(below), upper))
  )
  return tf.where(isKept, x, tf.zerosLike(x))
}

/** Strides of a shape that is data: products of the sizes after each. */
const stridesIn = (shape: tf.Tensor): tf.Tensor => tf.cumprod(shape, 0, true, true)

/** Indices [n, r] into a shape [r] as indices [n, s] into a shape [s] of as many elements, one of which may be -1. */
const sparseReshape = (indices: tf.Tensor, from: tf.Tensor, to: tf.Tensor): readonly tf.Tensor[] => {
  const isFree = tf.equal(to, tf.scalar(-1, 'int32'))
  const known = tf.where(isFree, tf.onesLike(to), to)
  const shape = tf.where(isFree, tf.floorDiv(tf.prod(from), tf.prod(known)), known)
  const flat = tf.sum(tf.mul(indices, stridesIn(from)), 1, true)
  return [tf.mod(tf.floorDiv(flat, stridesIn(shape)), shape), shape]
}

/** The broadcast of two shapes that are data. */
const broadcastArgs = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => {
  const rank = Math.max(a.size, b.size)
  const [wideA, wideB] = [a, b].map((s) => tf.pad(s, [[rank - s.size, 0]], 1))
  return tf.where(tf.equal(wideA!, tf.scalar(1, 'int32')), wideB!, wideA!)
}

export const indexKernels: KernelTable = {
  BroadcastArgs: (inputs) => [broadcastArgs(inputOf(inputs, 's0'), inputOf(inputs, 's1'))],
  Diag: (inputs) => [diag(inputOf(inputs, 'x'))],
  GatherNd: (inputs) => [gatherNd(inputOf(inputs, 'params'), inputOf(inputs, 'indices'))],
  GatherV2: (inputs, { axis, batchDims }) => [
    gatherV2(inputOf(inputs, 'x'), inputOf(inputs, 'indices'), Number(axis ?? 0), Number(batchDims ?? 0))
  ],
  LowerBound: searchKernel(() => 'left'),
  MatrixBandPart: (inputs) => [
    bandPart(inputOf(inputs, 'input'), inputOf(inputs, 'numLower'), inputOf(inputs, 'numUpper'))
  ],
  OneHot: (inputs, { depth, onValue, offValue, dtype }) => [
    oneHot(
      inputOf(inputs, 'indices'),
      Number(depth),
      Number(onValue ?? 1),
      Number(offValue ?? 0),
      String(dtype ?? 'int32')
    )
  ],
  SearchSorted: searchKernel(({ side }) => String(side)),
  SparseReshape: (inputs) =>
    sparseReshape(inputOf(inputs, 'inputIndices'), inputOf(inputs, 'inputShape'), inputOf(inputs, 'newShape')),
  StridedSlice: (inputs, attrs) => [stridedSlice(inputOf(inputs, 'x'), attrs)],
  TopK: (inputs, { k }) => topK(inputOf(inputs, 'x'), Number(k ?? 1)),
  UpperBound: searchKernel(() => 'right')
}
