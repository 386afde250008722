/**
 * Cuts a graph in two where it draws many random numbers: a first part that draws them (bits, and what is made of
 * bits alone, such as normal deviates), and the rest. An engine that is quick at long chains of elementwise ops may run
 * the first part, one that is quick at products the rest. The cut is a matter of speed alone: the values are the same.
 */
import { sizeOf, type Graph, type Node } from '../graph/graph.js'
import { removeDead } from './dead-code.js'
import type { Cut } from './cut.js'
import { closedUnder, idsOf, isMove, withAncestors } from './dependence.js'
import { COMPUTES } from './elementwise-ops.js'

/** Fewer random words than these in all are drawn where they are used. */
const MANY_WORDS = 2 ** 15

const isDraw = ({ primitive }: Node): boolean => primitive.name === 'threefry2x32'

const drawsMany = (nodes: readonly Node[]): boolean =>
  nodes.filter(isDraw).reduce((words, { outputs }) => words + sizeOf(outputs[0]!.shape), 0) >= MANY_WORDS

const isElementwise = (node: Node): boolean => isMove(node) || COMPUTES.has(node.primitive.name)

/** The draws, what they need, and what is made of them alone. */
const aroundDraws = (nodes: readonly Node[]): ReadonlySet<Node> => {
  const draws = withAncestors(nodes, isDraw)
  const drawn = [...draws].filter(isDraw).flatMap(({ outputs }) => outputs)
  const seeds = new Set([...draws, ...closedUnder(nodes, drawn, isElementwise)])
  return withAncestors(nodes, (node) => seeds.has(node))
}

/** undefined where there is nothing to cut: few numbers are drawn, or from keys that products lead to. */
export const randomFirst = (graph: Graph): Cut | undefined => {
  const free = closedUnder(graph.nodes, graph.inputs, isElementwise)
  if (!drawsMany(free)) return undefined
  const found = aroundDraws(free)
  const firstNodes = graph.nodes.filter((node) => found.has(node))
  // what only views inputs or is constant is made on both sides rather than handed over
  const views = new Set(closedUnder(graph.nodes, graph.inputs, isMove))
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
