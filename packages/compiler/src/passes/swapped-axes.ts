/** Transposes that swap the last two axes: of matrices, or of stacks of them. */
import { sameShape, type Value } from '../graph/graph.js'
import { matMul, swapLast, type MatMulAttrs } from '../primitives/linalg.js'
import { transpose, type TransposeAttrs } from '../primitives/shape.js'
import { isNode } from './pass.js'
import type { Rewriter, Rule } from './rewrite.js'

export const swapped = (values: readonly Value[], { emit }: Rewriter): readonly Value[] =>
  emit(transpose, values, { perm: swapLast(values[0]!.shape.length) })

/** What such a transpose made of another value. */
export const swappedFrom = (value: Value, { producer }: Rewriter): Value | undefined => {
  const node = producer(value)
  const isSwap =
    node !== undefined &&
    isNode<TransposeAttrs>(node, 'transpose') &&
    sameShape(node.attrs.perm, swapLast(value.shape.length))
  return isSwap ? node.inputs[0] : undefined
}

/** A product reads a transposed operand by a flag: matMul(aᵀ, b) reads `a` along its columns, and needs no copy. */
export const intoFlags: Rule = (node, rewriter) => {
  if (!isNode<MatMulAttrs>(node, 'matMul')) return null
  const sources = node.inputs.map((value) => swappedFrom(value, rewriter))
  if (sources.every((source) => source === undefined)) return null
  const [flipA, flipB] = sources.map((source) => source !== undefined)
  const operands = node.inputs.map((value, i) => sources[i] ?? value)
  const { transposeA, transposeB } = node.attrs
  return rewriter.emit(matMul, operands, { transposeA: transposeA !== flipA, transposeB: transposeB !== flipB })
}
