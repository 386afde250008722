/**
 * Constant factors of products move to where they cost nothing: into a constant operand of a matrix product that made one of
 * the factors (a row of ones that sums rows becomes a row of -2). Up to one rounding.
 */
import { sizeOf, type Value } from '../graph/graph.js'
import { multiply } from '../primitives/binary.js'
import type { MatMulAttrs } from '../primitives/linalg.js'
import { reshape } from '../primitives/shape.js'
import { scaled } from './algebra.js'
import { isNode } from './pass.js'
import { on, rewritePass, type Rewriter, type Rule } from './rewrite.js'

/** Constants up to this size are multiplied now. */
const SMALL = 4096

/** `value` times `factor`, where a constant takes up the factor; undefined if none can. */
const absorbed = (value: Value, factor: number, rewriter: Rewriter): Value | undefined => {
  const { producer, uses, emit, constantOf, constant } = rewriter
  const node = producer(value)
  if (node === undefined || uses(value) > 1) return undefined
  if (node.primitive.name === 'reshape') {
    const inner = absorbed(node.inputs[0]!, factor, rewriter)
    return inner && emit(reshape, [inner], { shape: value.shape })[0]
  }
  const taken = (i: number): Value | undefined => {
    const input = node.inputs[i]!
    const data = constantOf(input)?.data
    if (node.primitive.name === 'mul') return absorbed(input, factor, rewriter)
    if (data === undefined || input.dtype !== 'float32' || sizeOf(input.shape) > SMALL) return undefined
    return constant({ shape: input.shape, dtype: 'float32', data: Float32Array.from(data, (x) => x * factor) })
  }
  if (node.primitive.name !== 'mul' && !isNode<MatMulAttrs>(node, 'matMul')) return undefined
  for (const i of [0, 1]) {
    const scaledInput = taken(i)
    if (scaledInput === undefined) continue
    const inputs = node.inputs.map((input, k) => (k === i ? scaledInput : input))
    return emit(node.primitive, inputs, node.attrs)[0]
  }
  return undefined
}

/** x (a y) = (a x) y, if x can take a up: or (a x) (b y) = (x y) (a b), which has a product less. */
const factorsOut: Rule = (node, rewriter) => {
  if (node.primitive !== multiply) return null
  const [x, y] = node.inputs as readonly [Value, Value]
  const [a, b] = [x, y].map((input) =>
    rewriter.uses(input) > 1 ? undefined : scaled(rewriter.producer(input), rewriter)
  )
  if (a !== undefined && b !== undefined) {
    const product = rewriter.emit(multiply, [a[0], b[0]], {})
    const factor = rewriter.constant({ shape: [], dtype: 'float32', data: Float32Array.of(a[1] * b[1]) })
    return rewriter.emit(multiply, [...product, factor], {})
  }
  const one = a ?? b
  const other = one && absorbed(a === undefined ? x : y, one[1], rewriter)
  return one === undefined || other === undefined ? null : rewriter.emit(multiply, [other, one[0]], {})
}

const intoConstants: Rule = (node, rewriter) => {
  const product = scaled(node, rewriter)
  const result = product && absorbed(product[0], product[1], rewriter)
  return result === undefined ? null : [result]
}

export const factors = rewritePass('factors', on('mul', factorsOut), on('neg mul', intoConstants))
