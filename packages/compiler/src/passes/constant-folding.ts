/**
 * Computes what depends on constants alone, in float64 rounded once to float32. Results above a size are left in the
 * graph: a large broadcast is cheaper to make than to store.
 */
import { sizeOf, type NdArray, type Node } from '../graph/graph.js'
import { rewritePass, type Rule } from './rewrite.js'

const MAX_ELEMENTS = 4096

/** A result may not be much larger than what it is made of, or programs would grow by every `tf.zeros`. */
const MAX_GROWTH = 64

const rounded = (value: NdArray): NdArray =>
  value.dtype === 'float32' ? { ...value, data: Float32Array.from(value.data) } : value

const isWorthwhile = (node: Node): boolean => {
  const sizes = node.outputs.map(({ shape }) => sizeOf(shape))
  const largestInput = Math.max(1, ...node.inputs.map(({ shape }) => sizeOf(shape)))
  return sizes.every((size) => size <= MAX_ELEMENTS && (size <= MAX_GROWTH || size <= largestInput))
}

/** Loops would run in the reference interpreter: only straight-line nodes are folded. */
const hasBody = ({ primitive, attrs }: Node): boolean => (primitive.subgraphs?.(attrs).length ?? 0) > 0

export const foldConstant: Rule = (node, { constantOf, constant }) => {
  if (node.inputs.length === 0 || hasBody(node) || !isWorthwhile(node)) return null
  const inputs: NdArray[] = []
  for (const input of node.inputs) {
    const value = constantOf(input)
    if (value === undefined) return null
    inputs.push(value)
  }
  return node.primitive.reference(inputs, node.attrs).map((value) => constant(rounded(value)))
}

export const constantFolding = rewritePass('constantFolding', foldConstant)
