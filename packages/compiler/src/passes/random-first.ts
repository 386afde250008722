/**
 * Cuts a graph in two where it draws many random numbers: a first part that draws them and makes of them what needs no
 * matrix product (a sample of weights, say), and the rest. An engine that is quick at long chains of elementwise ops may run
 * the first part, one that is quick at products the rest. The cut is a matter of speed alone: the values are the same.
 */
import { sizeOf, type Graph, type Node, type Value } from '../graph/graph.js'
import { constant } from '../primitives/constant.js'
import type { ReduceAttrs } from '../primitives/reduce.js'
import { removeDead } from './dead-code.js'
import { COMPUTES, MOVES } from './elementwise-ops.js'
import { isNode } from './pass.js'

export interface Cut {
  /** Its inputs are some of the whole graph's. */
  readonly first: Graph
  /** Its inputs are the whole graph's, then the outputs of `first`. */
  readonly rest: Graph
}

/** Fewer random words than these are drawn where they are used. */
const MANY_WORDS = 2 ** 14

const drawsMany = (node: Node): boolean =>
  node.primitive.name === 'threefry2x32' && sizeOf(node.outputs[0]!.shape) >= MANY_WORDS

/** A sum of everything ends a chain of elementwise ops in one number. */
const isTotal = (node: Node): boolean =>
  isNode<ReduceAttrs>(node, 'sum') && node.attrs.axes.length === node.inputs[0]!.shape.length

const isConstant = ({ primitive }: Node): boolean => primitive.name === constant.name

const isCheap = (node: Node): boolean =>
  isConstant(node) || MOVES.has(node.primitive.name) || COMPUTES.has(node.primitive.name) || isTotal(node)

const idsOf = (values: readonly Value[]): readonly number[] => values.map(({ id }) => id)

/** Nodes that need nothing but inputs of the graph and each other, in order. */
const closedUnder = (graph: Graph, isEligible: (node: Node) => boolean): readonly Node[] => {
  const known = new Set(idsOf(graph.inputs))
  return graph.nodes.filter((node) => {
    if (!isEligible(node) || !node.inputs.every(({ id }) => known.has(id))) return false
    for (const id of idsOf(node.outputs)) known.add(id)
    return true
  })
}

/** The draws, all that follows from them among `cheap`, and all that these need, until nothing is added. */
const aroundDraws = (cheap: readonly Node[]): ReadonlySet<Node> => {
  const found = new Set(cheap.filter(drawsMany))
  const made = new Set<number>()
  const needed = new Set<number>()
  const add = (node: Node): void => {
    found.add(node)
    if (!isConstant(node)) for (const id of idsOf(node.outputs)) made.add(id)
    for (const id of idsOf(node.inputs)) needed.add(id)
  }
  found.forEach(add)
  for (let before = -1; before !== found.size;) {
    before = found.size
    for (const node of cheap) if (!isConstant(node) && node.inputs.some(({ id }) => made.has(id))) add(node)
    for (const node of [...cheap].reverse()) if (node.outputs.some(({ id }) => needed.has(id))) add(node)
  }
  return found
}

/** undefined where there is nothing to cut: few numbers are drawn, or from keys that products lead to. */
export const randomFirst = (graph: Graph): Cut | undefined => {
  const found = aroundDraws(closedUnder(graph, isCheap))
  if (found.size === 0) return undefined
  const firstNodes = graph.nodes.filter((node) => found.has(node))
  // what only views inputs or is constant is made on both sides rather than handed over
  const views = new Set(closedUnder(graph, (node) => isConstant(node) || MOVES.has(node.primitive.name)))
  const restNodes = graph.nodes.filter((node) => !found.has(node) || views.has(node))
  const own = new Set(restNodes.flatMap(({ outputs }) => idsOf(outputs)))
  const read = new Set([...restNodes.flatMap(({ inputs }) => idsOf(inputs)), ...idsOf(graph.outputs)])
  const handed = firstNodes.flatMap(({ outputs }) => outputs).filter(({ id }) => read.has(id) && !own.has(id))
  const used = new Set(firstNodes.flatMap(({ inputs }) => idsOf(inputs)))
  return {
    first: removeDead({ inputs: graph.inputs.filter(({ id }) => used.has(id)), nodes: firstNodes, outputs: handed }),
    rest: removeDead({ inputs: [...graph.inputs, ...handed], nodes: restNodes, outputs: graph.outputs })
  }
}
