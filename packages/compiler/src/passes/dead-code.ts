/** Removes nodes whose outputs nobody uses. Primitives are pure, so nothing else can notice. */
import type { Graph, Node } from '../graph/graph.js'
import { recursive } from './pass.js'

export const removeDead = (graph: Graph): Graph => {
  const live = new Set(graph.outputs.map(({ id }) => id))
  const kept: Node[] = []
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i]!
    if (!node.outputs.some(({ id }) => live.has(id))) continue
    kept.push(node)
    for (const { id } of node.inputs) live.add(id)
  }
  return kept.length === graph.nodes.length ? graph : { ...graph, nodes: kept.reverse() }
}

export const deadCode = recursive('deadCode', removeDead)
