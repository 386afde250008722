/**
 * Cuts a graph in three where much is computed number by number around products: what comes before, a middle with all
 * products and what lies between them, and what comes after. An engine that is quick at long chains of elementwise ops may
 * run the outer parts (the draw of a network's weights, the divergence from their prior, the step of an optimiser), one that
 * is quick at products the middle. The cut is a matter of speed alone: the values are the same.
 */
import { numbersIn, type Graph, type Node, type Value } from '../graph/graph.js'
import type { Cut } from './cut.js'
import { removeDead } from './dead-code.js'
import { closedUnder, idsOf, isMove, withAncestors, withDescendants } from './dependence.js'
import { COMPUTES, FUNCTIONS } from './elementwise-ops.js'

const isSum = ({ primitive }: Node): boolean => primitive.name === 'sum'

const isOuter = (node: Node): boolean => isMove(node) || isSum(node) || COMPUTES.has(node.primitive.name)

const without = (nodes: readonly Node[], some: ReadonlySet<Node>): readonly Node[] =>
  nodes.filter((node) => !some.has(node))

const readBy = (nodes: readonly Node[]): readonly number[] => nodes.flatMap(({ inputs }) => idsOf(inputs))

/** A part as a graph: reads what others make, makes what others or the outputs read. */
const partOf = (nodes: readonly Node[], given: readonly Value[], read: ReadonlySet<number>): Graph => {
  const made = nodes.flatMap(({ outputs }) => outputs).filter(({ id }) => read.has(id))
  const part = removeDead({ inputs: given, nodes, outputs: made })
  const used = new Set(readBy(part.nodes)) // not by what was dead: an engine keeps what another one also reads
  return { ...part, inputs: given.filter(({ id }) => used.has(id)) }
}

const cutInto = (graph: Graph, isMiddle: (node: Node) => boolean, isBefore: (node: Node) => boolean): Cut => {
  // what only moves inputs, and constants, are made by each part for itself rather than handed over
  const free = new Set(closedUnder(graph.nodes, graph.inputs, isMove))
  const partNodes = (isOwn: (node: Node) => boolean): readonly Node[] =>
    graph.nodes.filter((node) => free.has(node) || isOwn(node))
  const [first, second, third] = [
    partNodes(isBefore),
    partNodes(isMiddle),
    partNodes((node) => !isBefore(node) && !isMiddle(node))
  ]
  const freeIds = new Set([...free].flatMap(({ outputs }) => idsOf(outputs)))
  const wanted = (ids: readonly number[]): ReadonlySet<number> => new Set(ids.filter((id) => !freeIds.has(id)))
  const results = idsOf(graph.outputs)
  const before = partOf(
    first,
    graph.inputs,
    wanted([...readBy(without(second, free)), ...readBy(without(third, free)), ...results])
  )
  const middle = partOf(
    second,
    [...graph.inputs, ...before.outputs],
    wanted([...readBy(without(third, free)), ...results])
  )
  const given = [...graph.inputs, ...before.outputs, ...middle.outputs]
  const after = removeDead({ inputs: given, nodes: third, outputs: graph.outputs })
  const used = new Set([...readBy(after.nodes), ...results])
  return { before, middle, after: { ...after, inputs: given.filter(({ id }) => used.has(id)) } }
}

/** What a number costs in an op, in passes over memory. */
const weightOf = ({ primitive: { name } }: Node): number =>
  name === 'threefry2x32' ? 30 : FUNCTIONS.has(name) || name === 'sqrt' || name === 'div' ? 4 : 1

const passesOf = ({ nodes }: Graph): number =>
  nodes.reduce((n, node) => {
    if (isMove(node)) return n
    return n + weightOf(node) * numbersIn(isSum(node) ? node.inputs : node.outputs)
  }, 0)

/** Passes over numbers from which on the outer parts may be worth an engine of their own, and how many for each number handed over. */
const [LEAST_PASSES, PASSES_EACH] = [2 ** 22, 4]

const isWorthIt = ({ before, middle, after }: Cut): boolean => {
  const passes = passesOf(before) + passesOf(after)
  const crossing =
    numbersIn(before.inputs) + numbersIn(after.inputs) + numbersIn(after.outputs) + numbersIn(middle.outputs)
  return passes > LEAST_PASSES && passes > PASSES_EACH * crossing
}

/** undefined where there is nothing to gain: little is computed around products, or more would be handed over. */
export const aroundProducts = (graph: Graph): Cut | undefined => {
  const isSeed = (node: Node): boolean => !isOuter(node)
  const [below, above] = [withDescendants(graph.nodes, isSeed), withAncestors(graph.nodes, isSeed)]
  const isMiddle = (node: Node): boolean => below.has(node) && above.has(node)
  const cut = cutInto(graph, isMiddle, (node) => above.has(node) && !isMiddle(node))
  return cut.middle.nodes.some(isSeed) && isWorthIt(cut) ? cut : undefined
}
