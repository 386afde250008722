/**
 * Computes what depends on constants alone, in float64 rounded once to float32. Results above a size are left in the
 * graph: a large broadcast is cheaper to make than to store.
 */
import { sizeOf, splatOf, subgraphsOf, type NdArray, type Node, type Value } from '../graph/graph.js'
import { constant } from '../primitives/constant.js'
import { broadcastTo } from '../primitives/shape.js'
import { rewritePass, type Rewriter, type Rule } from './rewrite.js'

const MAX_ELEMENTS = 4096

/** A result may not be much larger than what it is made of, or programs would grow by every `tf.zeros`. */
const MAX_GROWTH = 64

const rounded = (value: NdArray): NdArray =>
  value.dtype === 'float32' ? { ...value, data: Float32Array.from(value.data) } : value

const isWorthwhile = (node: Node): boolean => {
  const sizes = node.outputs.map(({ shape }) => sizeOf(shape))
  const largestInput = node.inputs.reduce((largest, { shape }) => Math.max(largest, sizeOf(shape)), 1)
  return sizes.every((size) => size <= MAX_ELEMENTS && (size <= MAX_GROWTH || size <= largestInput))
}

/** Loops would run in the reference interpreter: only straight-line nodes are folded. */
const hasBody = (node: Node): boolean => subgraphsOf(node).length > 0

/** A tensor of one number throughout stays that number, broadcast: ops that it reaches can then take the number itself. */
const stored = (value: NdArray, rewriter: Rewriter): Value => {
  const number = value.shape.length === 0 ? undefined : splatOf(value.data)
  if (number === undefined) return rewriter.constant(rounded(value))
  const scalar = rewriter.constant(rounded({ ...value, shape: [], data: value.data.slice(0, 1) }))
  return rewriter.emit(broadcastTo, [scalar], { shape: value.shape })[0]!
}

const isSpreadNumber = (node: Node): boolean =>
  node.primitive.name === broadcastTo.name && node.inputs[0]!.shape.length === 0

/** What is known of a value: a constant, or one number throughout. */
const knownData = (value: Value, { constantOf, producer }: Rewriter): NdArray | undefined => {
  const node = producer(value)
  if (node === undefined || !isSpreadNumber(node) || sizeOf(value.shape) > MAX_ELEMENTS) return constantOf(value)
  const number = constantOf(node.inputs[0]!)
  return number && broadcastTo.reference([number], { shape: value.shape })[0]
}

/** A first look, since most nodes are asked in vain. */
const mayBeKnown = (value: Value, { producer }: Rewriter): boolean => {
  const name = producer(value)?.primitive.name
  return name === constant.name || name === broadcastTo.name
}

export const foldConstant: Rule = (node, rewriter) => {
  if (node.inputs.length === 0 || !node.inputs.every((input) => mayBeKnown(input, rewriter))) return null
  if (hasBody(node) || !isWorthwhile(node) || isSpreadNumber(node)) return null
  const inputs: NdArray[] = []
  for (const input of node.inputs) {
    const value = knownData(input, rewriter)
    if (value === undefined) return null
    inputs.push(value)
  }
  return node.primitive.reference(inputs, node.attrs).map((value) => stored(value, rewriter))
}

export const constantFolding = rewritePass('constantFolding', foldConstant)
