/** Cancels and composes ops that move data without computing: reshape, transpose, broadcastTo, cast, slice, concat, split. */
import { sameShape, sizeOf, type Node, type Shape, type Value } from '../graph/graph.js'
import type { PadAttrs } from '../primitives/pad.js'
import {
  broadcastTo,
  reshape,
  slice,
  transpose,
  type CastAttrs,
  type ConcatAttrs,
  type ReverseAttrs,
  type ShapeAttrs,
  type SliceAttrs,
  type SplitAttrs,
  type TransposeAttrs
} from '../primitives/shape.js'
import type { ReduceAttrs } from '../primitives/reduce.js'
import { REDUCTIONS } from './elementwise-ops.js'
import { isNode } from './pass.js'
import { on, rewritePass, type Rewriter, type Rule, type RuleFor } from './rewrite.js'

const isIdentity = (perm: readonly number[]): boolean => perm.every((axis, i) => axis === i)
const isZero = (n: number): boolean => n === 0

/** The op copies its input: same shape, same dtype, nothing moved. */
const doesNothing = (node: Node): boolean => {
  const [input] = node.inputs
  const [output] = node.outputs
  if (input === undefined || output === undefined) return false
  if (isNode<ShapeAttrs>(node, 'reshape') || isNode<ShapeAttrs>(node, 'broadcastTo'))
    return sameShape(input.shape, output.shape)
  if (isNode<TransposeAttrs>(node, 'transpose')) return isIdentity(node.attrs.perm)
  if (isNode<CastAttrs>(node, 'cast')) return input.dtype === output.dtype
  if (isNode<SliceAttrs>(node, 'slice')) return sameShape(input.shape, output.shape)
  if (isNode<ConcatAttrs>(node, 'concat')) return node.inputs.length === 1
  if (isNode<SplitAttrs>(node, 'split')) return node.outputs.length === 1
  if (isNode<PadAttrs>(node, 'pad')) return node.attrs.paddings.every((both) => both.every(isZero))
  if (isNode<ReverseAttrs>(node, 'reverse')) return node.attrs.axes.every((axis) => input.shape[axis] === 1)
  if (isNode<ReduceAttrs>(node, 'sum')) return node.attrs.axes.length === 0
  return node.primitive.name === 'stopGradient' // derivatives were taken before the passes
}

export const dropIdle: Rule = (node) => (doesNothing(node) ? [node.inputs[0]!] : null)

/** A view of a reshape is a reshape; a reshape of a reshape is one. */
export const composeReshape: Rule = (node, { producer, emit }) => {
  if (!isNode<ShapeAttrs>(node, 'reshape')) return null
  const inner = producer(node.inputs[0]!)
  return inner !== undefined && isNode<ShapeAttrs>(inner, 'reshape') ? emit(reshape, inner.inputs, node.attrs) : null
}

/** Transposes that move axes of size 1 only are reshapes; others compose. */
const composeTranspose: Rule = (node, { producer, emit }) => {
  if (!isNode<TransposeAttrs>(node, 'transpose')) return null
  const [input] = node.inputs
  const moved = node.attrs.perm.filter((axis) => input!.shape[axis] !== 1)
  if (moved.every((axis, i) => i === 0 || moved[i - 1]! < axis))
    return emit(reshape, node.inputs, { shape: node.outputs[0]!.shape })
  const inner = producer(input!)
  if (inner === undefined || !isNode<TransposeAttrs>(inner, 'transpose')) return null
  return emit(transpose, inner.inputs, { perm: node.attrs.perm.map((axis) => inner.attrs.perm[axis]!) })
}

/** Reducing an axis of size 1 changes the shape alone. */
const reduceOnes: Rule = (node, { emit }) => {
  const { axes } = node.attrs as ReduceAttrs
  const [x] = node.inputs
  const long = axes.filter((axis) => x!.shape[axis] !== 1)
  if (long.length === axes.length) return null
  const reduced = long.length === 0 ? [x!] : emit(node.primitive, [x!], { axes: long, keepDims: true })
  return emit(reshape, reduced, { shape: node.outputs[0]!.shape })
}

const trimOnes = (shape: Shape): Shape =>
  shape.slice(shape.findIndex((n) => n !== 1) === -1 ? shape.length : shape.findIndex((n) => n !== 1))

/** Broadcasting adds leading ones by itself, and of two broadcasts the first is idle. */
const composeBroadcast: Rule = (node, { producer, emit }) => {
  if (!isNode<ShapeAttrs>(node, 'broadcastTo')) return null
  const inner = producer(node.inputs[0]!)
  if (inner === undefined) return null
  if (isNode<ShapeAttrs>(inner, 'broadcastTo')) return emit(broadcastTo, inner.inputs, node.attrs)
  const isLeadingOnes =
    isNode<ShapeAttrs>(inner, 'reshape') && sameShape(trimOnes(inner.attrs.shape), trimOnes(inner.inputs[0]!.shape))
  return isLeadingOnes && inner.inputs[0]!.shape.length <= node.attrs.shape.length
    ? emit(broadcastTo, inner.inputs, node.attrs)
    : null
}

const MOVES: ReadonlySet<string> = new Set(['reshape', 'transpose', 'slice', 'reverse'])

/** Moving the elements of a tensor whose elements are all one is a broadcast of that one. */
const moveSplat: Rule = (node, { producer, emit }) => {
  const inner = producer(node.inputs[0]!)
  if (inner === undefined || !isNode<ShapeAttrs>(inner, 'broadcastTo') || sizeOf(inner.inputs[0]!.shape) !== 1)
    return null
  const [scalar] = emit(reshape, inner.inputs, { shape: [] })
  return emit(broadcastTo, [scalar!], { shape: node.outputs[0]!.shape })
}

/** A bool survives every dtype, so a cast of its cast is a cast of it. */
const composeCast: Rule = (node, { producer, emit }) => {
  if (!isNode<CastAttrs>(node, 'cast')) return null
  const inner = producer(node.inputs[0]!)
  if (inner === undefined || !isNode<CastAttrs>(inner, 'cast') || inner.inputs[0]!.dtype !== 'bool') return null
  return node.attrs.dtype === 'bool' ? [inner.inputs[0]!] : emit(node.primitive, inner.inputs, node.attrs)
}

const composeSlice: Rule = (node, { producer, emit }) => {
  if (!isNode<SliceAttrs>(node, 'slice')) return null
  const inner = producer(node.inputs[0]!)
  if (inner === undefined || !isNode<SliceAttrs>(inner, 'slice')) return null
  const begin = node.attrs.begin.map((b, i) => b + inner.attrs.begin[i]!)
  return emit(slice, inner.inputs, { begin, size: node.attrs.size })
}

const composeReverse: Rule = (node, { producer }) => {
  if (!isNode<ReverseAttrs>(node, 'reverse')) return null
  const inner = producer(node.inputs[0]!)
  if (inner === undefined || !isNode<ReverseAttrs>(inner, 'reverse')) return null
  const same =
    inner.attrs.axes.length === node.attrs.axes.length &&
    inner.attrs.axes.every((axis) => node.attrs.axes.includes(axis))
  return same ? inner.inputs : null
}

/** concat of all the pieces of a split, in order, is what was split. */
const joinPieces: Rule = (node, { producer }) => {
  if (!isNode<ConcatAttrs>(node, 'concat')) return null
  const inner = producer(node.inputs[0]!)
  if (inner === undefined || !isNode<SplitAttrs>(inner, 'split') || inner.attrs.axis !== node.attrs.axis) return null
  const isWhole =
    inner.outputs.length === node.inputs.length && inner.outputs.every((piece, i) => piece.id === node.inputs[i]!.id)
  return isWhole ? inner.inputs : null
}

/** split of a concat at the same places gives the parts back. */
const splitParts: Rule = (node, { producer }) => {
  if (!isNode<SplitAttrs>(node, 'split')) return null
  const inner = producer(node.inputs[0]!)
  if (inner === undefined || !isNode<ConcatAttrs>(inner, 'concat') || inner.attrs.axis !== node.attrs.axis) return null
  const { axis, sizes } = node.attrs
  const fits = inner.inputs.length === sizes.length && inner.inputs.every((part, i) => part.shape[axis] === sizes[i])
  return fits ? inner.inputs : null
}

/** A slice that lies within one part of a concat, or in one piece of it, is a slice of that part. */
const sliceOfConcat: Rule = (node, { producer, emit }) => {
  if (!isNode<SliceAttrs>(node, 'slice')) return null
  const inner = producer(node.inputs[0]!)
  if (inner === undefined || !isNode<ConcatAttrs>(inner, 'concat')) return null
  const { axis } = inner.attrs
  const { begin, size } = node.attrs
  let start = 0
  for (const part of inner.inputs) {
    const end = start + part.shape[axis]!
    if (begin[axis]! >= start && begin[axis]! + size[axis]! <= end) {
      const from = start
      return emit(slice, [part], { begin: begin.map((b, i) => (i === axis ? b - from : b)), size })
    }
    start = end
  }
  return null
}

export const viewRules: readonly RuleFor[] = [
  on('reshape broadcastTo transpose cast slice concat split pad reverse sum stopGradient', dropIdle),
  on('reshape', composeReshape),
  on('transpose', composeTranspose),
  on('broadcastTo', composeBroadcast),
  on(MOVES, moveSplat),
  on('cast', composeCast),
  on('slice', composeSlice),
  on('reverse', composeReverse),
  on('concat', joinPieces),
  on('split', splitParts),
  on('slice', sliceOfConcat),
  on(REDUCTIONS, reduceOnes)
]

export const views = rewritePass('views', ...viewRules)

/** The value under leading reshapes and broadcasts of one element. */
export const underBroadcast = (value: Value, { producer }: Rewriter): Value => {
  const node = producer(value)
  return node !== undefined && isNode<ShapeAttrs>(node, 'broadcastTo') ? node.inputs[0]! : value
}
