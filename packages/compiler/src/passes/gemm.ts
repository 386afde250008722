/** Fuses a matrix product and what is added to it into one `gemm`, and moves transposes into its flags. */
import type { Aval, Node, Shape, Value } from '../graph/graph.js'
import { sameShape, sizeOf } from '../graph/graph.js'
import { gemm, type GemmAttrs } from '../primitives/gemm.js'
import { matMul, type MatMulAttrs } from '../primitives/linalg.js'
import { reshape } from '../primitives/shape.js'
import { isNode } from './pass.js'
import { rewritePass, type Rewriter, type Rule } from './rewrite.js'
import { intoFlags, swapped, swappedFrom } from './swapped-axes.js'

/** ONNX's Gemm broadcasts its third operand one way: to the product's shape. */
const addsTo = (addend: Shape, product: Shape): boolean =>
  addend.length <= product.length &&
  addend.every((n, i) => n === 1 || n === product[product.length - addend.length + i])

/** Of matrices alone, which Gemm takes: a stack may be turned for its own sake. */
const flagTranspose: Rule = (node, rewriter) =>
  node.inputs.some(({ shape }) => shape.length !== 2) ? null : intoFlags(node, rewriter)

const flipped = (shape: Shape): Shape => [...shape.slice(0, -2), ...shape.slice(-2).reverse()]

/**
 * A transposed row is a column, and the same numbers: ONNX Runtime is quick at products with vectors that are not marked as
 * transposed (7 to 2 µs for [256, 64] times [64, 1]).
 */
const turnVectors: Rule = (node, { emit }) => {
  if (!isNode<MatMulAttrs>(node, 'matMul')) return null
  const [a, b] = node.inputs as readonly [Value, Value]
  const { transposeA, transposeB } = node.attrs
  const [turnsA, turnsB] = [
    transposeA && a.shape[a.shape.length - 1] === 1,
    transposeB && b.shape[b.shape.length - 2] === 1
  ]
  if (!turnsA && !turnsB) return null
  const turned = [turnsA, turnsB].map((turns, i): Value => {
    const operand = node.inputs[i]!
    return turns ? emit(reshape, [operand], { shape: flipped(operand.shape) })[0]! : operand
  })
  return emit(matMul, turned, { transposeA: transposeA && !turnsA, transposeB: transposeB && !turnsB })
}

interface Product {
  readonly a: Value
  readonly b: Value
  readonly attrs: GemmAttrs
}

/** A product of matrices that only this addition uses. */
const productOf = (value: Value, { producer, uses }: Rewriter): Product | undefined => {
  const node = producer(value)
  if (node === undefined || !isNode<MatMulAttrs>(node, 'matMul') || uses(value) > 1) return undefined
  const [a, b] = node.inputs as readonly [Value, Value]
  return a.shape.length === 2 && b.shape.length === 2 ? { a, b, attrs: node.attrs } : undefined
}

const fuse = (value: Value, addend: Value, output: Aval, rewriter: Rewriter): readonly Value[] | null => {
  const product = productOf(value, rewriter)
  if (product === undefined || value.dtype !== 'float32') return null
  if (!sameShape(value.shape, output.shape) || !addsTo(addend.shape, output.shape)) return null
  return rewriter.emit(gemm, [product.a, product.b, addend], product.attrs)
}

const biasIntoProduct: Rule = (node, rewriter) => {
  if (node.primitive.name !== 'add') return null
  const [a, b] = node.inputs as readonly [Value, Value]
  return fuse(a, b, node.outputs[0]!, rewriter) ?? fuse(b, a, node.outputs[0]!, rewriter)
}

/** A stack of matrices times one matrix is one tall matrix times it. */
const foldRows: Rule = (node: Node, { emit }) => {
  if (!isNode<MatMulAttrs>(node, 'matMul') || node.attrs.transposeA) return null
  const [a, b] = node.inputs as readonly [Value, Value]
  if (a.shape.length < 3 || b.shape.length !== 2) return null
  const k = a.shape[a.shape.length - 1]!
  if (k === 0) return null
  const [tall] = emit(reshape, [a], { shape: [sizeOf(a.shape) / k, k] })
  const product = emit(matMul, [tall!, b], node.attrs)
  return emit(reshape, product, { shape: node.outputs[0]!.shape })
}

/** Columns that fill the two vector registers of a product's inner loop. */
const WIDE_COLUMNS = 32

/**
 * aᵀ b = (bᵀ a)ᵀ for tall matrices, or stacks of them, where a is wider than b, and b no wider than a loop takes at once: the product
 * then runs along the wide operand, and only its small result is transposed (286 to 184 µs for 32 of [1000, 16] and
 * [1000, 10], 291 to 250 µs for 64 of [128, 64] and [128, 16], 49 to 25 µs for [128, 400] and [128, 10], 16 to 6 µs for [512, 64] and
 * [512, 2]). What is added is transposed before, which a product that was turned likewise undoes.
 */
const widerColumns: Rule = (node, rewriter) => {
  const { emit } = rewriter
  if (!isNode<MatMulAttrs>(node, 'matMul') && !isNode<GemmAttrs>(node, 'gemm')) return null
  if (!node.attrs.transposeA || node.attrs.transposeB) return null
  const [a, b, addend] = node.inputs as readonly [Value, Value, Value?]
  const rank = a.shape.length
  if (b.shape.length !== rank) return null
  const [k, m] = a.shape.slice(-2) as [number, number]
  const n = b.shape[rank - 1]!
  if (n < 2 || n >= WIDE_COLUMNS || m < 16 || 2 * m < 3 * n || k < 4 * n) return null
  const turned = { transposeA: true, transposeB: false }
  if (addend === undefined) return swapped(emit(matMul, [b, a], turned), rewriter)
  const before = swappedFrom(addend, rewriter)
  return before === undefined ? null : swapped(emit(gemm, [b, a, before], turned), rewriter)
}

/**
 * aᵀ bᵀ = (b a)ᵀ, where the result is small: neither operand is read across its rows then (82 to 51 µs for 64 of [128, 16] and
 * [10, 128]).
 */
const turnedTwice: Rule = (node, rewriter) => {
  if (!isNode<MatMulAttrs>(node, 'matMul') || !node.attrs.transposeA || !node.attrs.transposeB) return null
  const [a, b] = node.inputs as readonly [Value, Value]
  const [k, m] = a.shape.slice(-2) as [number, number]
  const n = b.shape[b.shape.length - 2]!
  if (a.shape.length !== b.shape.length || Math.min(m, n) < 2 || k < 4 * Math.max(m, n)) return null
  return swapped(rewriter.emit(matMul, [b, a], { transposeA: false, transposeB: false }), rewriter)
}

export const gemmFusion = rewritePass('gemm', flagTranspose, turnVectors, foldRows, biasIntoProduct)

/** After fixed operands of loops have been transposed once and for all, which is better still. */
export const narrowProducts = rewritePass('narrowProducts', widerColumns, turnedTwice)
