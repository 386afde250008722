/** Which nodes of a graph depend on which: for cuts. Nodes are in order, each after those that make what it reads. */
import type { Node, Value } from '../graph/graph.js'
import { isConstant } from '../primitives/constant.js'
import { MOVES } from './elementwise-ops.js'

export const idsOf = (values: readonly Value[]): readonly number[] => values.map(({ id }) => id)

/** Whether a node is cheap to make twice: a constant, or the numbers of its inputs elsewhere. */
export const isMove = (node: Node): boolean => isConstant(node) || MOVES.has(node.primitive.name)

/** Eligible nodes that need nothing but `given` and each other. */
export const closedUnder = (
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

/** Nodes that `isFound` names, and those that read what one of them, or another one found, makes. */
export const withDescendants = (nodes: readonly Node[], isFound: (node: Node) => boolean): ReadonlySet<Node> => {
  const made = new Set<number>()
  return new Set(
    nodes.filter((node) => {
      if (!isFound(node) && !node.inputs.some(({ id }) => made.has(id))) return false
      for (const id of idsOf(node.outputs)) made.add(id)
      return true
    })
  )
}

/** Nodes that `isFound` names, and those that make what one of them, or another one found, reads. */
export const withAncestors = (nodes: readonly Node[], isFound: (node: Node) => boolean): ReadonlySet<Node> => {
  const read = new Set<number>()
  return new Set(
    [...nodes].reverse().filter((node) => {
      if (!isFound(node) && !node.outputs.some(({ id }) => read.has(id))) return false
      for (const id of idsOf(node.inputs)) read.add(id)
      return true
    })
  )
}
