/**
 * Moves out of loop bodies what every turn computes alike: nodes that depend on the loop's constants alone, and carries
 * that the body hands on unchanged, which become constants.
 */
import { newValue, type Graph, type Node, type Value } from '../graph/graph.js'
import type { ScanAttrs } from '../primitives/scan.js'
import type { WhileAttrs } from '../primitives/while-loop.js'
import { isNode, recursive } from './pass.js'
import { isConstant } from '../primitives/constant.js'

interface Hoisted {
  /** Inputs: the old constants, the new ones, then the rest. */
  readonly body: Graph
  /** Nodes for the graph around the loop. */
  readonly nodes: readonly Node[]
  /** Values around the loop that the new constants are bound to. */
  readonly consts: readonly Value[]
}

const usedBy = ({ nodes, outputs }: Graph): ReadonlySet<number> =>
  new Set([...nodes.flatMap(({ inputs }) => inputs), ...outputs].map(({ id }) => id))

const hoist = (body: Graph, numConsts: number, outer: readonly Value[]): Hoisted => {
  const outside = new Map<number, Value>() // value of the body -> its twin around the loop
  body.inputs.slice(0, numConsts).forEach(({ id }, i) => outside.set(id, outer[i]!))
  const invariant = new Set<Node>()
  const stable = new Set(outside.keys())
  for (const node of body.nodes) {
    if (!node.inputs.every(({ id }) => stable.has(id))) continue
    invariant.add(node)
    for (const { id } of node.outputs) stable.add(id)
  }
  const moved = [...invariant].filter((node) => !isConstant(node))
  if (moved.length === 0) return { body, nodes: [], consts: [] }
  const needed = usedBy({ ...body, nodes: moved, outputs: [] })
  const copies = [...invariant].filter((node) => !isConstant(node) || needed.has(node.outputs[0]!.id))
  const nodes = copies.map((node): Node => {
    const outputs = node.outputs.map(newValue)
    const inputs = node.inputs.map(({ id }) => outside.get(id)!)
    node.outputs.forEach(({ id }, i) => outside.set(id, outputs[i]!))
    return { ...node, inputs, outputs }
  })
  const isMoved = new Set(moved)
  const rest: Graph = { ...body, nodes: body.nodes.filter((node) => !isMoved.has(node)) }
  const used = usedBy(rest)
  const fresh = moved.flatMap(({ outputs }) => outputs).filter(({ id }) => used.has(id))
  return {
    body: { ...rest, inputs: [...body.inputs.slice(0, numConsts), ...fresh, ...body.inputs.slice(numConsts)] },
    nodes,
    consts: fresh.map(({ id }) => outside.get(id)!)
  }
}

const hoistScan = (node: Node & { readonly attrs: ScanAttrs }): readonly Node[] => {
  const { body, numConsts } = node.attrs
  const outer = node.inputs.slice(0, numConsts)
  const { body: next, nodes, consts } = hoist(body, numConsts, outer)
  const attrs: ScanAttrs = { ...node.attrs, body: next, numConsts: numConsts + consts.length }
  return [...nodes, { ...node, attrs, inputs: [...outer, ...consts, ...node.inputs.slice(numConsts)] }]
}

const hoistWhile = (node: Node & { readonly attrs: WhileAttrs }): readonly Node[] => {
  const { cond, body, numCondConsts: a, numBodyConsts: b } = node.attrs
  const [condOuter, bodyOuter] = [node.inputs.slice(0, a), node.inputs.slice(a, a + b)]
  const [inCond, inBody] = [hoist(cond, a, condOuter), hoist(body, b, bodyOuter)]
  const attrs: WhileAttrs = {
    cond: inCond.body,
    body: inBody.body,
    numCondConsts: a + inCond.consts.length,
    numBodyConsts: b + inBody.consts.length
  }
  const inputs = [...condOuter, ...inCond.consts, ...bodyOuter, ...inBody.consts, ...node.inputs.slice(a + b)]
  return [...inCond.nodes, ...inBody.nodes, { ...node, attrs, inputs }]
}

/** A scan with its unchanging carries turned into constants, and the outputs of the loop that they stood for. */
const freezeCarries = (
  node: Node & { readonly attrs: ScanAttrs }
): readonly [Node & { readonly attrs: ScanAttrs }, ReadonlyMap<number, Value>] => {
  const { attrs } = node
  const { body, numConsts, numCarry } = attrs
  const renamed = new Map<number, Value>()
  const isFrozen = (i: number): boolean =>
    i >= 0 && i < numCarry && body.outputs[i]!.id === body.inputs[numConsts + i]!.id
  for (let i = 0; i < numCarry; i++) if (isFrozen(i)) renamed.set(node.outputs[i]!.id, node.inputs[numConsts + i]!)
  if (renamed.size === 0) return [node, renamed]
  const reorder = (items: readonly Value[]): readonly Value[] => [
    ...items.slice(0, numConsts),
    ...items.filter((_, i) => isFrozen(i - numConsts)),
    ...items.filter((_, i) => i >= numConsts && !isFrozen(i - numConsts))
  ]
  const frozen: ScanAttrs = {
    ...attrs,
    body: { ...body, inputs: reorder(body.inputs), outputs: body.outputs.filter((_, i) => !isFrozen(i)) },
    numConsts: numConsts + renamed.size,
    numCarry: numCarry - renamed.size
  }
  return [
    { ...node, inputs: reorder(node.inputs), outputs: node.outputs.filter((_, i) => !isFrozen(i)), attrs: frozen },
    renamed
  ]
}

export const loopInvariants = recursive('loopInvariants', (graph: Graph): Graph => {
  const renamed = new Map<number, Value>()
  const resolve = (value: Value): Value => renamed.get(value.id) ?? value
  const nodes = graph.nodes.flatMap((original): readonly Node[] => {
    const node: Node = { ...original, inputs: original.inputs.map(resolve) }
    if (isNode<WhileAttrs>(node, 'whileLoop')) return hoistWhile(node)
    if (!isNode<ScanAttrs>(node, 'scan')) return [node]
    const [scan, frozen] = freezeCarries(node)
    for (const [id, value] of frozen) renamed.set(id, value)
    return hoistScan(scan)
  })
  return { ...graph, nodes, outputs: graph.outputs.map(resolve) }
})
