/**
 * Cuts a graph in two where it draws many random numbers: a first part that draws them (bits, and what is made of
 * bits alone, such as normal deviates), and the rest. An engine that is quick at long chains of elementwise ops may run
 * the first part, one that is quick at products the rest. The cut is a matter of speed alone: the values are the same.
 */
import { sizeOf, type Graph, type Node, type Value } from '../graph/graph.js'
import { removeDead } from './dead-code.js'
import type { Cut } from './cut.js'
import { COMPUTES, MOVES } from './elementwise-ops.js'
import { isConstant } from '../primitives/constant.js'

/** Fewer random words than these in all are drawn where they are used. */
const MANY_WORDS = 2 ** 15

const isDraw = ({ primitive }: Node): boolean => primitive.name === 'threefry2x32'

const drawsMany = (nodes: readonly Node[]): boolean =>
  nodes.filter(isDraw).reduce((words, { outputs }) => words + sizeOf(outputs[0]!.shape), 0) >= MANY_WORDS

const idsOf = (values: readonly Value[]): readonly number[] => values.map(({ id }) => id)

/** Nodes that need nothing but what `isGiven` says and each other, in order. */
const closedUnder = (
  nodes: readonly Node[],
  given: readonly Value[],
  isEligible: (node: Node) => boolean
): readonly Node[] => {
  const known = new Set(idsOf(given))
  return nodes.filter((node) => {
    if (!isEligible(node) || !node.inputs.every(({ id }) => known.has(id))) return false
    for (const id of idsOf(node.outputs)) known.add(id)
    return true
  })
}

const isElementwise = (node: Node): boolean =>
  isConstant(node) || MOVES.has(node.primitive.name) || COMPUTES.has(node.primitive.name)

/** The seeds and what they need. */
const withAncestors = (nodes: readonly Node[], seeds: ReadonlySet<Node>): ReadonlySet<Node> => {
  const found = new Set(seeds)
  const needed = new Set([...seeds].flatMap(({ inputs }) => idsOf(inputs)))
  for (const node of [...nodes].reverse()) {
    if (!node.outputs.some(({ id }) => needed.has(id))) continue
    found.add(node)
    for (const id of idsOf(node.inputs)) needed.add(id)
  }
  return found
}

/** The draws, what they need, and what is made of them alone. */
const aroundDraws = (nodes: readonly Node[]): ReadonlySet<Node> => {
  const draws = withAncestors(nodes, new Set(nodes.filter(isDraw)))
  const drawn = [...draws].filter(isDraw).flatMap(({ outputs }) => outputs)
  return withAncestors(nodes, new Set([...draws, ...closedUnder(nodes, drawn, isElementwise)]))
}

/** undefined where there is nothing to cut: few numbers are drawn, or from keys that products lead to. */
export const randomFirst = (graph: Graph): Cut | undefined => {
  const free = closedUnder(graph.nodes, graph.inputs, isElementwise)
  if (!drawsMany(free)) return undefined
  const found = aroundDraws(free)
  const firstNodes = graph.nodes.filter((node) => found.has(node))
  // what only views inputs or is constant is made on both sides rather than handed over
  const views = new Set(
    closedUnder(graph.nodes, graph.inputs, (node) => isConstant(node) || MOVES.has(node.primitive.name))
  )
  const restNodes = graph.nodes.filter((node) => !found.has(node) || views.has(node))
  const own = new Set(restNodes.flatMap(({ outputs }) => idsOf(outputs)))
  const read = new Set([...restNodes.flatMap(({ inputs }) => idsOf(inputs)), ...idsOf(graph.outputs)])
  const handed = firstNodes.flatMap(({ outputs }) => outputs).filter(({ id }) => read.has(id) && !own.has(id))
  const used = new Set(firstNodes.flatMap(({ inputs }) => idsOf(inputs)))
  const rest = removeDead({ inputs: [...graph.inputs, ...handed], nodes: restNodes, outputs: graph.outputs })
  return {
    before: removeDead({ inputs: graph.inputs.filter(({ id }) => used.has(id)), nodes: firstNodes, outputs: handed }),
    middle: rest,
    after: { inputs: rest.outputs, nodes: [], outputs: graph.outputs }
  }
}
