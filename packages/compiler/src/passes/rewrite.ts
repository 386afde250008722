/**
 * The frame of the local rewrites: one forward sweep in which a rule sees each node after its inputs have been rewritten,
 * may look at what produces them, and may answer with other values in place of the node's outputs.
 */
import { newValue, type Attrs, type Graph, type NdArray, type Node, type Source, type Value } from '../graph/graph.js'
import { constant, type ConstantAttrs } from '../primitives/constant.js'
import type { Primitive } from '../primitives/primitive.js'
import { removeDead } from './dead-code.js'
import { isNode, recursive, type Pass } from './pass.js'

export interface Rewriter {
  /** The node that makes `value`; none for inputs of the graph. */
  readonly producer: (value: Value) => Node | undefined
  /** The data of a constant; undefined for everything else. */
  readonly constantOf: (value: Value) => NdArray | undefined
  /** How many nodes and graph outputs of the graph before this pass use `value`. */
  readonly uses: (value: Value) => number
  /** Appends a node, simplified by the rules of this pass. */
  readonly emit: <A extends Attrs>(primitive: Primitive<A>, inputs: readonly Value[], attrs: A) => readonly Value[]
  readonly constant: (value: NdArray) => Value
}

/** Values to use instead of the node's outputs, of the same shapes and dtypes; null to keep the node. */
export type Rule = (node: Node, rewriter: Rewriter) => readonly Value[] | null

const countUses = (graph: Graph): ReadonlyMap<number, number> => {
  const uses = new Map<number, number>()
  const add = ({ id }: Value): unknown => uses.set(id, (uses.get(id) ?? 0) + 1)
  for (const node of graph.nodes) node.inputs.forEach(add)
  graph.outputs.forEach(add)
  return uses
}

/** Rules that would undo each other forever stop here. */
const MAX_DEPTH = 8

const sweep = (graph: Graph, rule: Rule): Graph => {
  const nodes: Node[] = []
  const producers = new Map<number, Node>()
  const renamed = new Map<number, Value>()
  const uses = countUses(graph)
  const resolve = (value: Value): Value => renamed.get(value.id) ?? value
  const push = (node: Node): void => {
    nodes.push(node)
    for (const { id } of node.outputs) producers.set(id, node)
  }
  let depth = 0
  /** Of the node whose place is being taken. */
  let source: Source | undefined
  /** What a rule emits is offered to the rules again: a composed reshape may turn out to be idle. */
  const emit: Rewriter['emit'] = (primitive, inputs, attrs) => {
    const outputs = primitive.infer(inputs, attrs).map(newValue)
    const node: Node = { primitive, inputs, attrs, outputs, ...(source && { source }) }
    depth++
    const instead = depth <= MAX_DEPTH ? rule(node, rewriter) : null
    depth--
    if (instead === null) push(node)
    return instead ?? node.outputs
  }
  const rewriter: Rewriter = {
    producer: (value) => producers.get(value.id),
    constantOf: (value) => {
      const node = producers.get(value.id)
      return node === undefined ? undefined : constantValue(node)
    },
    uses: (value) => uses.get(value.id) ?? 1,
    emit,
    constant: (value) => emit(constant, [], { value })[0]!
  }
  for (const original of graph.nodes) {
    source = original.source
    const inputs = original.inputs.map(resolve)
    const node = inputs.every((input, i) => input === original.inputs[i]) ? original : { ...original, inputs }
    const instead = rule(node, rewriter)
    if (instead === null) push(node)
    else node.outputs.forEach((output, i) => renamed.set(output.id, instead[i]!))
  }
  return renamed.size === 0 ? graph : removeDead({ ...graph, nodes, outputs: graph.outputs.map(resolve) })
}

const constantValue = (node: Node): NdArray | undefined =>
  isNode<ConstantAttrs>(node, constant.name) ? node.attrs.value : undefined

/** A pass that tries the rules in order at every node. */
export const rewritePass = (name: string, ...rules: readonly Rule[]): Pass =>
  recursive(name, (graph) =>
    sweep(graph, (node, rewriter) => {
      for (const rule of rules) {
        const instead = rule(node, rewriter)
        if (instead !== null) return instead
      }
      return null
    })
  )
