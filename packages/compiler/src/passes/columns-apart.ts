/**
 * A product with two columns that are then taken apart, such as the scale and the shift of a coupling, is two products with
 * vectors. ONNX Runtime computes sixteen columns in the time of two, and a matrix times a vector in that of reading the matrix:
 * 7.2 to 5.3 µs for [256, 64], 23 to 11 for [1000, 64], 41 to 18 for [256, 512], the parting included.
 */
import { sizeOf, type Node, type Value } from '../graph/graph.js'
import { gemm, type GemmAttrs } from '../primitives/gemm.js'
import { matMul, type MatMulAttrs } from '../primitives/linalg.js'
import { split, type SplitAttrs } from '../primitives/shape.js'
import { isNode } from './pass.js'
import { on, rewritePass, type Rewriter, type Rule } from './rewrite.js'

/** Numbers of a matrix below which another node takes as long. */
const MIN_ELEMENTS = 2 ** 14

const COLUMNS = 2

type Product = Node & { readonly attrs: MatMulAttrs | GemmAttrs }

const isPlainProduct = (node: Node): node is Product =>
  (isNode<MatMulAttrs>(node, matMul.name) || isNode<GemmAttrs>(node, gemm.name)) &&
  !node.attrs.transposeA &&
  !node.attrs.transposeB &&
  node.outputs[0]!.shape.length === 2 &&
  node.outputs[0]!.dtype === 'float32' &&
  node.inputs[1]!.shape.length === 2

/** The part of an operand that belongs to each column. */
const columnsOf = (operand: Value, { emit }: Rewriter): readonly Value[] => {
  const axis = operand.shape.length - 1
  if (axis < 0 || operand.shape[axis] === 1) return Array.from({ length: COLUMNS }, () => operand)
  return emit(split, [operand], { axis, sizes: Array.from({ length: COLUMNS }, () => 1) })
}

const partColumns: Rule = (node, rewriter) => {
  if (!isNode<SplitAttrs>(node, split.name)) return null
  const { axis, sizes } = node.attrs
  if (axis !== 1 || sizes.length !== COLUMNS || sizes.some((size) => size !== 1)) return null
  const [whole] = node.inputs
  const product = rewriter.producer(whole!)
  if (product === undefined || !isPlainProduct(product) || rewriter.uses(whole!) > 1) return null
  const [a, ...others] = product.inputs as readonly [Value, ...Value[]]
  if (sizeOf(a.shape) < MIN_ELEMENTS) return null
  const columns = others.map((operand) => columnsOf(operand, rewriter))
  return node.outputs.flatMap((_, i) =>
    rewriter.emit(product.primitive, [a, ...columns.map((parts) => parts[i]!)], product.attrs)
  )
}

export const columnsApart = rewritePass('columnsApart', on(split.name, partColumns))
