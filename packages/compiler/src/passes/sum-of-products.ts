/**
 * Sums of products as Einstein wrote them: what a `sum` makes of matrix products, elementwise products and views is
 * Σ over some indices of factors, each with indices of its own, whatever the order in which the program multiplies them.
 */
import { sizeOf, type Node, type Shape, type Value } from '../graph/graph.js'
import { multiply } from '../primitives/binary.js'
import { matMul, type MatMulAttrs } from '../primitives/linalg.js'
import { sum, type ReduceAttrs } from '../primitives/reduce.js'
import {
  broadcastTo,
  invertPermutation,
  reshape,
  slice,
  split,
  transpose,
  type SliceAttrs,
  type SplitAttrs,
  type TransposeAttrs
} from '../primitives/shape.js'
import { isNode } from './pass.js'
import type { Rewriter } from './rewrite.js'

/** What is summed over, or kept; told apart by identity. */
export interface Index {
  readonly size: number
}

/** An index that runs from `begin` along something of `of` numbers. */
export interface Span {
  readonly index: Index
  readonly begin: number
  readonly of: number
}

/** What an axis runs over, from the outermost; nothing where its size is 1. */
type Axis = readonly Span[]

/** A value with what its numbers run over, from the outermost: their row-major order is that of the value. */
export interface Factor {
  readonly value: Value
  readonly spans: readonly Span[]
}

export interface SumOfProducts {
  readonly factors: readonly Factor[]
  /** What is summed over somewhere. */
  readonly made: readonly Index[]
  /** Of the result, from the outermost; over all others is summed. */
  readonly kept: readonly Index[]
  /** What the program as written takes: see `costOf`. */
  readonly cost: number
}

/** How many multiply-adds of a matrix product take as long as one number of an elementwise op. */
const NUMBER = 6

/** @param size of the space of all indices of a product */
export const costOf = (size: number, isMatrixProduct: boolean): number => (isMatrixProduct ? size : NUMBER * size)

export const sizesOf = (indices: readonly Index[]): Shape => indices.map(({ size }) => size)

/** Those that run over more than one number. */
export const indicesOf = (spans: readonly Span[]): readonly Index[] =>
  spans.flatMap(({ index }) => (index.size === 1 ? [] : index))

const fresh = (size: number): Axis => (size === 1 ? [] : [{ index: { size }, begin: 0, of: size }])

/** The axes of an operand that broadcasts, given those of the result. */
const ownAxes = (axes: readonly Axis[], { shape }: Value): readonly Axis[] =>
  shape.map((n, i) => (n === 1 ? [] : axes[axes.length - shape.length + i]!))

/** The same numbers in another shape, if none of its axes begins within a span. */
const regrouped = (axes: readonly Axis[], shape: Shape): readonly Axis[] | undefined => {
  const spans = axes.flat()
  let next = 0
  const found = shape.map((n): Axis => {
    const start = next
    for (let size = 1; size < n && next < spans.length; next++) size *= spans[next]!.of
    return spans.slice(start, next)
  })
  const fits = found.every((axis, i) => axis.reduce((size, { of }) => size * of, 1) === shape[i])
  return fits && next === spans.length ? found : undefined
}

/** The axis of `of` numbers of which `axis` is the part that begins at `begin`; undefined where it is no single index. */
const within = ([first, ...rest]: Axis, begin: number, of: number): Axis | undefined => {
  if (rest.length > 0) return undefined
  return first === undefined
    ? [{ index: { size: 1 }, begin, of }]
    : first.of === first.index.size
      ? [{ ...first, begin, of }]
      : undefined
}

type Term = Omit<SumOfProducts, 'kept'>

type Operand = readonly [value: Value, axes: readonly Axis[]]

interface Reading {
  readonly operands: readonly Operand[]
  readonly made: readonly Axis[]
  readonly cost: number
}

const view = (value: Value, axes: readonly Axis[] | undefined): Reading | undefined =>
  axes && { operands: [[value, axes]], made: [], cost: 0 }

const readSlice = (value: Value, axes: readonly Axis[], begin: readonly number[], size: Shape): Reading | undefined => {
  const found = axes.map((axis, i) => (size[i] === value.shape[i] ? axis : within(axis, begin[i]!, value.shape[i]!)))
  return found.every((axis) => axis !== undefined) ? view(value, found) : undefined
}

const readProduct = (node: Node & { readonly attrs: MatMulAttrs }, axes: readonly Axis[]): Reading => {
  const [a, b] = node.inputs as readonly [Value, Value]
  const { transposeA, transposeB } = node.attrs
  const inner = a.shape[a.shape.length - (transposeA ? 2 : 1)]!
  const [k, lead] = [fresh(inner), axes.slice(0, -2)]
  const [m, n] = axes.slice(-2) as [Axis, Axis]
  return {
    operands: [
      [a, ownAxes([...lead, ...(transposeA ? [k, m] : [m, k])], a)],
      [b, ownAxes([...lead, ...(transposeB ? [n, k] : [k, n])], b)]
    ],
    made: [k],
    cost: costOf(inner * sizeOf(node.outputs[0]!.shape), true)
  }
}

const readSum = (node: Node & { readonly attrs: ReduceAttrs }, axes: readonly Axis[]): Reading => {
  const [x] = node.inputs as readonly [Value]
  const { axes: summed, keepDims } = node.attrs
  let next = 0
  const own = x.shape.map((n, i): Axis => {
    if (!summed.includes(i)) return axes[next++]!
    if (keepDims) next++
    return fresh(n)
  })
  return {
    operands: [[x, own]],
    made: own.filter((_, i) => summed.includes(i)),
    cost: costOf(sizeOf(x.shape), false)
  }
}

const readFactors = (node: Node, axes: readonly Axis[]): Reading => ({
  operands: node.inputs.map((input): Operand => [input, ownAxes(axes, input)]),
  made: [],
  cost: costOf(sizeOf(node.outputs[0]!.shape), false)
})

const readPart = (
  node: Node & { readonly attrs: SplitAttrs },
  part: Value,
  axes: readonly Axis[]
): Reading | undefined => {
  const { axis, sizes } = node.attrs
  const place = node.outputs.findIndex(({ id }) => id === part.id)
  const before = sizes.slice(0, place).reduce((total, n) => total + n, 0)
  const begin = part.shape.map((_, i) => (i === axis ? before : 0))
  return readSlice(node.inputs[0]!, axes, begin, part.shape)
}

/** What a node multiplies or sums, given what one of its results runs over; undefined for other nodes. */
const read = (node: Node, result: Value, axes: readonly Axis[]): Reading | undefined => {
  const { name } = node.primitive
  if (isNode<MatMulAttrs>(node, matMul.name)) return readProduct(node, axes)
  if (name === multiply.name) return readFactors(node, axes)
  if (isNode<ReduceAttrs>(node, sum.name)) return readSum(node, axes)
  const [x] = node.inputs as readonly [Value]
  if (isNode<TransposeAttrs>(node, transpose.name))
    return view(
      x,
      invertPermutation(node.attrs.perm).map((axis) => axes[axis]!)
    )
  if (name === reshape.name) return view(x, regrouped(axes, x.shape))
  if (name === broadcastTo.name) return view(x, ownAxes(axes, x))
  if (isNode<SliceAttrs>(node, slice.name)) return readSlice(x, axes, node.attrs.begin, node.attrs.size)
  return isNode<SplitAttrs>(node, split.name) ? readPart(node, result, axes) : undefined
}

const together = ({ operands, made, cost }: Reading, depth: number, rewriter: Rewriter): Term => {
  const terms = operands.map((operand) => termOf(operand, depth, rewriter))
  return {
    factors: terms.flatMap(({ factors }) => factors),
    made: [...indicesOf(made.flat()), ...terms.flatMap((term) => term.made)],
    cost: terms.reduce((total, term) => total + term.cost, cost)
  }
}

/** How far back a sum is read. */
const MOST_STEPS = 64

/** As far back as nothing else reads what is multiplied. */
function termOf([value, axes]: Operand, depth: number, rewriter: Rewriter): Term {
  const isOwn = depth < MOST_STEPS && rewriter.uses(value) <= 1
  const node = isOwn ? rewriter.producer(value) : undefined
  const reading = node && read(node, value, axes)
  return reading === undefined
    ? { factors: [{ value, spans: axes.flat() }], made: [], cost: 0 }
    : together(reading, depth + 1, rewriter)
}

export const sumOfProducts = (node: Node & { readonly attrs: ReduceAttrs }, rewriter: Rewriter): SumOfProducts => {
  const axes = node.outputs[0]!.shape.map(fresh)
  return { ...together(readSum(node, axes), 0, rewriter), kept: indicesOf(axes.flat()) }
}
