/** Reductions as ONNX nodes, with what ONNX Runtime's own get wrong made right: digits of long sums, NaN in extrema. */
import type { OnnxScope } from '../emit/onnx-scope.js'
import { sizeOf, type Aval, type Shape } from '../graph/graph.js'

export type ReduceAttrs = { readonly axes: readonly number[]; readonly keepDims: boolean }

export const reducedShape = (shape: Shape, { axes, keepDims }: ReduceAttrs): Shape =>
  keepDims ? shape.map((n, i) => (axes.includes(i) ? 1 : n)) : shape.filter((_, i) => !axes.includes(i))

export const onnxReduce =
  (op: string) =>
  (scope: OnnxScope, x: string, { axes, keepDims }: ReduceAttrs): string =>
    scope.node(op, [x, scope.ints(axes)], { keepdims: { int: keepDims ? 1 : 0 }, noop_with_empty_axes: { int: 1 } })

/** Above so many numbers, ONNX Runtime's running sum in float32 loses digits that a sum of sums keeps. */
const LONG_SUM = 4096

/** At most so many numbers are added one after the other within a long sum. */
const BLOCK = 64

/** The largest divisor of n that makes a block, if there is one that is not short; else whole blocks and a rest. */
const blockOf = (n: number): number => {
  for (let block = BLOCK; block > BLOCK / 8; block--) if (n % block === 0) return block
  return BLOCK
}

/** Sums over the last axis of [..., n]: in blocks, then over these in the same way; what is left over apart. */
const sumOfSums = (scope: OnnxScope, x: string, lead: Shape, n: number): string => {
  const axis = lead.length
  const sumOf = (rows: string, over: number): string =>
    onnxReduce('ReduceSum')(scope, rows, { axes: [over], keepDims: false })
  if (n <= BLOCK) return sumOf(x, axis)
  const block = blockOf(n)
  const whole = n - (n % block)
  const between = (start: number, end: number): string =>
    scope.node('Slice', [x, scope.ints([start]), scope.ints([end]), scope.ints([axis])])
  const blocks = scope.reshape(whole === n ? x : between(0, whole), [...lead, whole / block, block])
  const total = sumOfSums(scope, sumOf(blocks, axis + 1), lead, whole / block)
  return whole === n ? total : scope.node('Add', [total, sumOf(between(whole, n), axis)])
}

/**
 * ReduceSum adds one number after the other: 313,600 numbers near 3.5 come out wrong by 2.7e-4 of their sum. In blocks, and
 * over these in blocks, they are right to some ulp, in the same time. (Sums over leading axes are matrix products: passes/row-sums.)
 */
export const onnxSum = (scope: OnnxScope, x: string, attrs: ReduceAttrs, { shape, dtype }: Aval): string => {
  const { axes } = attrs
  const lead = shape.slice(0, shape.length - axes.length)
  const n = sizeOf(shape.slice(lead.length))
  if (dtype !== 'float32' || axes[0] !== lead.length || n < LONG_SUM) return onnxReduce('ReduceSum')(scope, x, attrs)
  const total = sumOfSums(scope, axes.length === 1 ? x : scope.reshape(x, [...lead, n]), lead, n)
  return attrs.keepDims ? scope.reshape(total, reducedShape(shape, attrs)) : total
}

/**
 * ReduceMax and ReduceMin may lose a NaN, depending on where it stands. The sum of absolute values is NaN exactly where one
 * of them is (it may overflow, but nothing cancels), and costs less than to look for it.
 */
export const onnxExtremum =
  (op: string) =>
  (scope: OnnxScope, x: string, attrs: ReduceAttrs, { dtype }: Aval): string => {
    const extremum = onnxReduce(op)(scope, x, attrs)
    if (dtype !== 'float32') return extremum
    const size = onnxReduce('ReduceL1')(scope, x, attrs)
    return scope.node('Where', [scope.node('IsNaN', [size]), size, extremum])
  }

/** A matrix of so few numbers is pooled: more lie in memory for ReduceMax as well as for MaxPool. */
const SMALL_MATRIX = 2 ** 14

/**
 * The maximum, whatever it is where one of the numbers is NaN. Along the columns of one matrix it is a pooling: MaxPool takes 1 µs
 * for [10, 1000], ReduceMax 6; of stacks of matrices, and of rows, ReduceMax is quicker.
 */
export const onnxTop = (scope: OnnxScope, x: string, attrs: ReduceAttrs, { shape, dtype }: Aval): string => {
  const [rows, columns] = shape
  const isColumns = shape.length === 2 && attrs.axes.length === 1 && attrs.axes[0] === 0
  if (!isColumns || dtype !== 'float32' || rows === 0 || sizeOf(shape) > SMALL_MATRIX || columns! < rows!)
    return onnxReduce('ReduceMax')(scope, x, attrs)
  const pooled = scope.node('MaxPool', [scope.reshape(x, [1, 1, ...shape])], { kernel_shape: { ints: [rows!, 1] } })
  return scope.reshape(pooled, reducedShape(shape, attrs))
}
