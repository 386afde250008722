/** Removes what no output depends on. Primitives are pure, so nothing else can notice. */
import type { Graph, Node } from '../graph/graph.js'
import type { Pass } from './pass.js'
import { pruneBodies } from './prune-bodies.js'

export const removeDead = (graph: Graph): Graph => {
  const live = new Set(graph.outputs.map(({ id }) => id))
  const kept: Node[] = []
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i]!
    if (!node.outputs.some(({ id }) => live.has(id))) continue
    const pruned = pruneBodies(node, ({ id }) => live.has(id), removeDead)
    kept.push(pruned)
    for (const { id } of pruned.inputs) live.add(id)
  }
  kept.reverse()
  const isSame = kept.length === graph.nodes.length && kept.every((node, i) => node === graph.nodes[i])
  return isSame ? graph : { ...graph, nodes: kept }
}

export const deadCode: Pass = { name: 'deadCode', run: removeDead }
