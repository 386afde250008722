/**
 * Lets elementwise ops broadcast by themselves: f(broadcast a, b) = broadcast f(a, b), and the outer broadcast is idle
 * when b has the full shape. So a scalar stays a scalar, and what is computed from small tensors is computed small.
 */
import { sameShape } from '../graph/graph.js'
import { binaries, select } from '../primitives/binary.js'
import { broadcastShapes } from '../primitives/broadcasting.js'
import { broadcastTo, type ShapeAttrs } from '../primitives/shape.js'
import { unaries } from '../primitives/unary.js'
import { isNode } from './pass.js'
import { on, rewritePass, type Rule, type RuleFor } from './rewrite.js'
import { underBroadcast } from './views.js'

const ELEMENTWISE: ReadonlySet<string> = new Set([
  ...[...Object.values(unaries), ...Object.values(binaries), select].map(({ name }) => name),
  'cast'
])

const implicitBroadcast: Rule = (node, rewriter) => {
  const [output] = node.outputs
  const inputs = node.inputs.map((input) => underBroadcast(input, rewriter))
  if (inputs.every((input, i) => input === node.inputs[i])) return null
  const [small] = rewriter.emit(node.primitive, inputs, node.attrs)
  return sameShape(small!.shape, output!.shape)
    ? [small!]
    : rewriter.emit(broadcastTo, [small!], { shape: output!.shape })
}

const BROADCASTING: ReadonlySet<string> = new Set([...Object.values(binaries), select].map(({ name }) => name))

/** A reshape that only adds leading ones to an operand is idle where the op aligns shapes from the right. */
const dropLeadingOnes: Rule = (node, { producer, emit }) => {
  const inputs = node.inputs.map((input) => {
    const inner = producer(input)
    if (inner === undefined || !isNode<ShapeAttrs>(inner, 'reshape')) return input
    const source = inner.inputs[0]!
    const added = input.shape.length - source.shape.length
    const isIdle =
      added > 0 &&
      input.shape.slice(0, added).every((n) => n === 1) &&
      sameShape(input.shape.slice(added), source.shape)
    return isIdle ? source : input
  })
  if (inputs.every((input, i) => input === node.inputs[i])) return null
  const keepsShape = sameShape(
    broadcastShapes(node.primitive.name, ...inputs.map(({ shape }) => shape)),
    node.outputs[0]!.shape
  )
  return keepsShape ? emit(node.primitive, inputs, node.attrs) : null
}

export const broadcastRules: readonly RuleFor[] = [
  on(ELEMENTWISE, implicitBroadcast),
  on(BROADCASTING, dropLeadingOnes)
]

export const broadcasts = rewritePass('broadcasts', ...broadcastRules)
