/**
 * Elementwise work on the parts of a vector, done on the vector: concat(f(x₁, y₁), f(x₂, y₂), ...) = f(concat(x₁, x₂, ...), y)
 * where y₁, y₂, ... are the pieces that y was split into. So parameters of many leaves that are raveled anyway cost one op
 * instead of one a leaf, and what else is joined stays next to its neighbours.
 */
import { sameShape, sizeOf, type Node, type Value } from '../graph/graph.js'
import { concat, reshape, type ConcatAttrs, type SplitAttrs } from '../primitives/shape.js'
import { COMPUTES } from './elementwise-ops.js'
import { isNode } from './pass.js'
import { on, rewritePass, type Rewriter, type Rule, type RuleFor } from './rewrite.js'

/** The value whose numbers, in the same order, this one holds. */
const underReshapes = (value: Value, { producer }: Rewriter): Value => {
  const node = producer(value)
  return node?.primitive.name === reshape.name ? node.inputs[0]! : value
}

/** What was split into exactly these pieces, in order, if they are pieces of one vector. */
const wholeOf = (parts: readonly Value[], rewriter: Rewriter): Value | undefined => {
  const pieces = parts.map((part) => underReshapes(part, rewriter))
  const node = rewriter.producer(pieces[0]!)
  if (node === undefined || !isNode<SplitAttrs>(node, 'split') || node.inputs[0]!.shape.length !== 1) return undefined
  const isWhole = node.outputs.length === pieces.length && node.outputs.every((piece, i) => piece.id === pieces[i]!.id)
  return isWhole ? node.inputs[0]! : undefined
}

const isNumber = ({ shape }: Value): boolean => shape.length === 0

/** An operand of all parts as one: a number that is the same for all, or the vector that was split. */
const commonOperand = (operands: readonly Value[], rewriter: Rewriter): Value | undefined => {
  const [first] = operands as readonly [Value]
  if (!isNumber(first)) return wholeOf(operands, rewriter)
  const known = rewriter.constantOf(first)?.data[0]
  const isCommon = operands.every(
    (operand) =>
      operand.id === first.id ||
      (isNumber(operand) && known !== undefined && Object.is(rewriter.constantOf(operand)?.data[0], known))
  )
  return isCommon ? first : undefined
}

/** Whether the parts are one op on operands that are numbers or have the op's shape. */
const areAlike = ([first, ...rest]: readonly Node[]): boolean =>
  first !== undefined &&
  COMPUTES.has(first.primitive.name) &&
  rest.every(({ primitive }) => primitive === first.primitive) &&
  [first, ...rest].every(
    ({ inputs, outputs }) =>
      outputs.length === 1 && inputs.every((input) => isNumber(input) || sameShape(input.shape, outputs[0]!.shape))
  )

const flat = (value: Value, { emit }: Rewriter): Value => emit(reshape, [value], { shape: [sizeOf(value.shape)] })[0]!

export const joinElementwise: Rule = (node, rewriter) => {
  if (!isNode<ConcatAttrs>(node, 'concat') || node.inputs.length < 2) return null
  const { producer, uses, emit } = rewriter
  if (node.inputs.some((value) => value.shape.length !== 1 || uses(value) > 1)) return null
  const sources = node.inputs.map((value) => underReshapes(value, rewriter))
  const parts = sources.flatMap((source) => producer(source) ?? [])
  const [first] = parts
  if (
    first === undefined ||
    parts.length < sources.length ||
    !areAlike(parts) ||
    sources.some((source) => uses(source) > 1)
  )
    return null
  const operands = first.inputs.map((_, k) => parts.map(({ inputs }) => inputs[k]!))
  const common = operands.map((operand) => commonOperand(operand, rewriter))
  const others = operands.filter((_, k) => common[k] === undefined)
  // two concats would take the place of one, and numbers that differ have no vector
  if (others.length > 1 || others.flat().some(isNumber)) return null
  if (!common.some((operand) => operand !== undefined && !isNumber(operand))) return null
  const joined = common.map(
    (operand, k) =>
      operand ??
      emit(
        concat,
        operands[k]!.map((part) => flat(part, rewriter)),
        { axis: 0 }
      )[0]!
  )
  return emit(first.primitive, joined, first.attrs)
}

export const joinRules: readonly RuleFor[] = [on('concat', joinElementwise)]

export const joins = rewritePass('joins', ...joinRules)
