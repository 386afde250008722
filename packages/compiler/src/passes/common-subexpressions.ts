/** Computes equal things once: nodes of one primitive with the same inputs and attributes are merged. */
import type { Graph, Node, Value } from '../graph/graph.js'
import { attrsKey } from './attrs-key.js'
import { recursive } from './pass.js'

export const commonSubexpressions = recursive('commonSubexpressions', (graph: Graph): Graph => {
  const renamed = new Map<number, Value>()
  const resolve = (value: Value): Value => renamed.get(value.id) ?? value
  const known = new Map<string, Node>()
  const nodes: Node[] = []
  for (const original of graph.nodes) {
    const inputs = original.inputs.map(resolve)
    const node = inputs.every((input, i) => input === original.inputs[i]) ? original : { ...original, inputs }
    const key = `${node.primitive.name}(${inputs.map(({ id }) => id).join()})${attrsKey(node.attrs)}`
    const twin = known.get(key)
    if (twin === undefined) {
      known.set(key, node)
      nodes.push(node)
    } else node.outputs.forEach((output, i) => renamed.set(output.id, twin.outputs[i]!))
  }
  return renamed.size === 0 ? graph : { ...graph, nodes, outputs: graph.outputs.map(resolve) }
})
