/**
 * Sums over axes that are not neighbours as sums over one group after the other (406 µs against 49 for axes 0 and 2 of
 * [32, 64, 16, 16]), and sums over rows as products with a row of ones: matrix products are vectorised and blocked, ONNX Runtime's reductions
 * over leading axes are not (16 µs against 3 µs for [256, 64]). 1 x = x exactly, NaN and infinities included.
 */
import { sizeOf, type Shape } from '../graph/graph.js'
import { matMul } from '../primitives/linalg.js'
import { sum, type ReduceAttrs } from '../primitives/reduce.js'
import { reshape } from '../primitives/shape.js'
import { isNode } from './pass.js'
import { rewritePass, type Rule } from './rewrite.js'

/** Below this many elements a reduction is as quick. */
const MIN_ELEMENTS = 256

interface Blocks {
  readonly lead: number
  readonly rows: number
  readonly columns: number
}

/** Reads a shape as [lead, rows, columns], if the summed axes are neighbours and the last axis is kept. */
const blocksOf = (shape: Shape, axes: readonly number[]): Blocks | undefined => {
  const [first] = axes
  const last = axes[axes.length - 1]
  if (first === undefined || last === undefined || last - first + 1 !== axes.length) return undefined
  const [lead, rows, columns] = [shape.slice(0, first), shape.slice(first, last + 1), shape.slice(last + 1)].map(sizeOf)
  return { lead: lead!, rows: rows!, columns: columns! }
}

export const sumAsProduct: Rule = (node, { emit, constant }) => {
  if (!isNode<ReduceAttrs>(node, 'sum')) return null
  const [x] = node.inputs
  const [output] = node.outputs
  const blocks = blocksOf(x!.shape, node.attrs.axes)
  if (blocks === undefined || x!.dtype !== 'float32') return null
  const { lead, rows, columns } = blocks
  if (lead * rows * columns < MIN_ELEMENTS || rows < 2 || columns < 2) return null
  const ones = constant({ shape: [1, rows], dtype: 'float32', data: new Float32Array(rows).fill(1) })
  const matrices = emit(reshape, [x!], { shape: lead === 1 ? [rows, columns] : [lead, rows, columns] })
  const sums = emit(matMul, [ones, ...matrices], { transposeA: false, transposeB: false })
  return emit(reshape, sums, { shape: output!.shape })
}

/** The leading run of axes that are neighbours. */
const firstGroup = (axes: readonly number[]): readonly number[] => axes.filter((axis, i) => axis === axes[0]! + i)

export const sumInTurns: Rule = (node, { emit }) => {
  if (!isNode<ReduceAttrs>(node, 'sum')) return null
  const [x] = node.inputs
  const { axes } = node.attrs
  const group = firstGroup(axes)
  if (group.length === axes.length || sizeOf(x!.shape) < MIN_ELEMENTS) return null
  const partial = emit(sum, [x!], { axes: group, keepDims: true })
  const total = emit(sum, partial, { axes: axes.slice(group.length), keepDims: true })
  return emit(reshape, total, { shape: node.outputs[0]!.shape })
}

export const rowSums = rewritePass('rowSums', sumInTurns, sumAsProduct)
