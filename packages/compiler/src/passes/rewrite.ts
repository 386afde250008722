/**
 * The frame of the local rewrites: one forward sweep in which a rule sees each node after its inputs have been rewritten,
 * may look at what produces them, and may answer with other values in place of the node's outputs.
 */
import {
  countUses,
  newValue,
  type Attrs,
  type Graph,
  type NdArray,
  type Node,
  type Source,
  type Value
} from '../graph/graph.js'
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

/** A rule for nodes of some primitives, by name: others are not offered to it, and a pass without any of them not begun. */
export interface RuleFor {
  readonly ops: ReadonlySet<string>
  readonly rule: Rule
}

export const on = (ops: string | ReadonlySet<string>, rule: Rule): RuleFor => ({
  ops: typeof ops === 'string' ? new Set(ops.split(' ')) : ops,
  rule
})

/** Rules that would undo each other forever stop here. */
const MAX_DEPTH = 8

/** Tries rules in order. */
const firstOf = (rules: readonly Rule[]): Rule => {
  if (rules.length === 1) return rules[0]!
  return (node, rewriter) => {
    for (const rule of rules) {
      const instead = rule(node, rewriter)
      if (instead !== null) return instead
    }
    return null
  }
}

/** The rules for a primitive as one; undefined if there is none. */
type RulesFor = (name: string) => Rule | undefined

const tableOf = (rules: readonly (Rule | RuleFor)[]): RulesFor => {
  const known = new Map<string, Rule | undefined>()
  return (name) => {
    if (known.has(name)) return known.get(name)
    const own = rules.flatMap((rule) => (typeof rule === 'function' ? rule : rule.ops.has(name) ? rule.rule : []))
    const found = own.length === 0 ? undefined : firstOf(own)
    known.set(name, found)
    return found
  }
}

const sweep = (graph: Graph, rulesFor: RulesFor): Graph => {
  if (!graph.nodes.some(({ primitive }) => rulesFor(primitive.name) !== undefined)) return graph
  const nodes: Node[] = []
  const producers = new Map<number, Node>()
  const renamed = new Map<number, Value>()
  let uses: ReadonlyMap<number, number> | undefined
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
    const instead = depth <= MAX_DEPTH ? (rulesFor(primitive.name)?.(node, rewriter) ?? null) : null
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
    uses: (value) => (uses ??= countUses(graph)).get(value.id) ?? 1,
    emit,
    constant: (value) => emit(constant, [], { value })[0]!
  }
  for (const original of graph.nodes) {
    source = original.source
    const node = original.inputs.some(({ id }) => renamed.has(id))
      ? { ...original, inputs: original.inputs.map(resolve) }
      : original
    const instead = rulesFor(node.primitive.name)?.(node, rewriter) ?? null
    if (instead === null) push(node)
    else node.outputs.forEach((output, i) => renamed.set(output.id, instead[i]!))
  }
  return renamed.size === 0 ? graph : removeDead({ ...graph, nodes, outputs: graph.outputs.map(resolve) })
}

const constantValue = (node: Node): NdArray | undefined =>
  isNode<ConstantAttrs>(node, constant.name) ? node.attrs.value : undefined

/** A pass that tries the rules in order at every node. */
export const rewritePass = (name: string, ...rules: readonly (Rule | RuleFor)[]): Pass => {
  const rulesFor = tableOf(rules)
  return recursive(name, (graph) => sweep(graph, rulesFor))
}
