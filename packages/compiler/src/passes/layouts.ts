/**
 * Lets the layout of convolutions run through what stands between them. TensorFlow.js has channels last, ONNX Runtime
 * computes with channels first, so each convolution and each pool comes with a transpose before and one after. Here transposes
 * are moved down through ops that do not care (elementwise ops, reductions, pools, joins), until they meet their inverse
 * and both are gone: f(transpose x) = transpose f(x). Only graphs with convolutions or pools are touched: elsewhere a transpose
 * stands as well where it is.
 */
import { subgraphsOf, sameShape, type Graph, type Node, type Value } from '../graph/graph.js'
import type { MaxPoolAttrs } from '../primitives/max-pool-form.js'
import type { PadAttrs } from '../primitives/pad.js'
import type { ReduceAttrs } from '../primitives/reduce.js'
import {
  broadcastTo,
  invertPermutation,
  reshape,
  transpose,
  type ConcatAttrs,
  type ShapeAttrs,
  type TransposeAttrs
} from '../primitives/shape.js'
import { COMPUTES, REDUCTIONS } from './elementwise-ops.js'
import { isNode, type Pass } from './pass.js'
import { on, rewritePass, type Rewriter, type Rule } from './rewrite.js'
import { viewRules } from './views.js'

type Perm = readonly number[]

interface Transposed {
  readonly source: Value
  readonly perm: Perm
}

const transposedOf = (value: Value, { producer }: Rewriter): Transposed | undefined => {
  const node = producer(value)
  return node !== undefined && isNode<TransposeAttrs>(node, 'transpose')
    ? { source: node.inputs[0]!, perm: node.attrs.perm }
    : undefined
}

const samePerm = (a: Perm, b: Perm): boolean => sameShape(a, b)

/** One permutation that all of the values come through; undefined if there is none. */
const sharedPerm = (values: readonly Value[], rewriter: Rewriter): Perm | undefined => {
  const perms = values.map((value) => transposedOf(value, rewriter)?.perm)
  const [first] = perms
  return first !== undefined && perms.every((perm) => perm !== undefined && samePerm(perm, first)) ? first : undefined
}

const sourceOf = (value: Value, rewriter: Rewriter): Value => transposedOf(value, rewriter)!.source

/** A small operand that is broadcast, in the layout before the transpose. */
const inLayout = (value: Value, perm: Perm, { emit }: Rewriter): Value => {
  if (value.shape.every((n) => n === 1)) return value
  const missing = perm.length - value.shape.length
  const aligned = [...Array.from({ length: missing }, () => 1), ...value.shape]
  const [whole] = missing === 0 ? [value] : emit(reshape, [value], { shape: aligned })
  return emit(transpose, [whole!], { perm: invertPermutation(perm) })[0]!
}

const throughElementwise: Rule = (node, rewriter) => {
  const [output] = node.outputs
  if (node.outputs.length !== 1 || !(COMPUTES.has(node.primitive.name) || node.primitive.name === 'cast')) return null
  const isFull = (value: Value): boolean => sameShape(value.shape, output!.shape)
  const perm = sharedPerm(node.inputs.filter(isFull), rewriter)
  if (perm === undefined) return null
  const inputs = node.inputs.map((value) =>
    isFull(value) ? sourceOf(value, rewriter) : inLayout(value, perm, rewriter)
  )
  return rewriter.emit(transpose, rewriter.emit(node.primitive, inputs, node.attrs), { perm })
}

export const throughReduction = on(REDUCTIONS, (node, rewriter) => {
  const found = transposedOf(node.inputs[0]!, rewriter)
  if (found === undefined) return null
  const { axes, keepDims } = node.attrs as ReduceAttrs
  const { source, perm } = found
  const inner = axes.map((axis) => perm[axis]!).sort((a, b) => a - b)
  const reduced = rewriter.emit(node.primitive, [source], { axes: inner, keepDims })
  if (keepDims) return rewriter.emit(transpose, reduced, { perm })
  const kept = perm.filter((_, i) => !axes.includes(i))
  const order = [...kept].sort((a, b) => a - b)
  return rewriter.emit(transpose, reduced, { perm: kept.map((axis) => order.indexOf(axis)) })
})

/** How many trailing axes a permutation leaves where they are. */
const fixedAxes = (perm: Perm): number => {
  const fixed = [...perm].reverse().findIndex((axis, i) => axis !== perm.length - 1 - i)
  return fixed < 0 ? perm.length : fixed
}

/** A reshape of axes that the transpose leaves alone, behind those that it moves. */
const throughReshape: Rule = (node, rewriter) => {
  if (!isNode<ShapeAttrs>(node, 'reshape')) return null
  const found = transposedOf(node.inputs[0]!, rewriter)
  if (found === undefined) return null
  const { source, perm } = found
  const moved = perm.length - fixedAxes(perm)
  const { shape } = node.attrs
  const keepsMoved = shape.length >= moved && sameShape(shape.slice(0, moved), node.inputs[0]!.shape.slice(0, moved))
  if (!keepsMoved || moved === 0) return null
  const tail = shape.slice(moved)
  const inner = rewriter.emit(reshape, [source], { shape: [...source.shape.slice(0, moved), ...tail] })
  return rewriter.emit(transpose, inner, { perm: [...perm.slice(0, moved), ...tail.map((_, i) => moved + i)] })
}

/** Pools and reads along the last axis work on trailing axes, many at a time: the order of the others is nothing to them. */
const trailingAxesOf = (node: Node): number | undefined => {
  if (isNode<MaxPoolAttrs>(node, 'maxPool')) return node.attrs.window.length
  return node.primitive.name === 'takeAlong' || node.primitive.name === 'addAlong' ? 1 : undefined
}

const throughTrailing: Rule = (node, rewriter) => {
  const trailing = trailingAxesOf(node)
  const perm = trailing === undefined ? undefined : sharedPerm(node.inputs, rewriter)
  if (trailing === undefined || perm === undefined || fixedAxes(perm) < trailing) return null
  const inputs = node.inputs.map((value) => sourceOf(value, rewriter))
  return rewriter
    .emit(node.primitive, inputs, node.attrs)
    .map((output) => rewriter.emit(transpose, [output], { perm })[0]!)
}

/** What is put back goes where its places come from: it is no larger than the result, which then needs no transpose here. */
const alignedUnpooling: Rule = (node, rewriter) => {
  if (node.primitive.name !== 'addAlong') return null
  const [dy, places] = node.inputs as readonly [Value, Value]
  const found = transposedOf(places, rewriter)
  if (found === undefined || fixedAxes(found.perm) < 1) return null
  const [moved] = rewriter.emit(transpose, [dy], { perm: invertPermutation(found.perm) })
  return rewriter.emit(transpose, rewriter.emit(node.primitive, [moved!, found.source], node.attrs), {
    perm: found.perm
  })
}

const throughJoin: Rule = (node, rewriter) => {
  const perm = sharedPerm(node.inputs, rewriter)
  if (perm === undefined) return null
  const inputs = node.inputs.map((value) => sourceOf(value, rewriter))
  if (isNode<ConcatAttrs>(node, 'concat'))
    return rewriter.emit(transpose, rewriter.emit(node.primitive, inputs, { axis: perm[node.attrs.axis]! }), { perm })
  if (!isNode<PadAttrs>(node, 'pad')) return null
  const paddings = invertPermutation(perm).map((axis) => node.attrs.paddings[axis]!)
  return rewriter.emit(transpose, rewriter.emit(node.primitive, inputs, { ...node.attrs, paddings }), { perm })
}

/** A transpose of what was broadcast is a broadcast of the small transpose. */
const transposeBeforeBroadcast: Rule = (node, rewriter) => {
  if (!isNode<TransposeAttrs>(node, 'transpose')) return null
  const wide = rewriter.producer(node.inputs[0]!)
  if (wide === undefined || !isNode<ShapeAttrs>(wide, 'broadcastTo')) return null
  const small = inLayout(wide.inputs[0]!, invertPermutation(node.attrs.perm), rewriter)
  return rewriter.emit(broadcastTo, [small], { shape: node.outputs[0]!.shape })
}

const sweep = rewritePass(
  'layouts',
  ...viewRules,
  transposeBeforeBroadcast,
  throughElementwise,
  throughReduction,
  throughReshape,
  throughTrailing,
  alignedUnpooling,
  throughJoin
)

const hasWindows = (graph: Graph): boolean =>
  graph.nodes.some(
    (node) =>
      node.primitive.name === 'convolution' || node.primitive.name === 'maxPool' || subgraphsOf(node).some(hasWindows)
  )

export const layouts: Pass = { name: sweep.name, run: (graph) => (hasWindows(graph) ? sweep.run(graph) : graph) }
