/** Computes equal things once: nodes of one primitive with the same inputs and attributes are merged. */
import type { Graph, Node, Value } from '../graph/graph.js'
import { attrsKey } from './attrs-key.js'
import { recursive } from './pass.js'

/** Nodes by what they compute. Texts of attributes are long: they are made where another node has the same op and inputs. */
const distinctNodes = (): { readonly findOrAdd: (node: Node) => Node | undefined } => {
  const alike = new Map<string, { readonly first: Node; byAttrs?: Map<string, Node> }>()
  return {
    findOrAdd: (node) => {
      const { primitive, inputs } = node
      const key = inputs.reduce((text, { id }) => `${text},${id}`, primitive.name)
      const found = alike.get(key)
      if (found === undefined) return void alike.set(key, { first: node })
      if (found.first.attrs === node.attrs) return found.first
      found.byAttrs ??= new Map([[attrsKey(found.first.attrs), found.first]])
      const text = attrsKey(node.attrs)
      const twin = found.byAttrs.get(text)
      if (twin === undefined) found.byAttrs.set(text, node)
      return twin
    }
  }
}

export const commonSubexpressions = recursive('commonSubexpressions', (graph: Graph): Graph => {
  const renamed = new Map<number, Value>()
  const resolve = (value: Value): Value => renamed.get(value.id) ?? value
  const known = distinctNodes()
  const nodes: Node[] = []
  for (const original of graph.nodes) {
    const node = original.inputs.some(({ id }) => renamed.has(id))
      ? { ...original, inputs: original.inputs.map(resolve) }
      : original
    const twin = known.findOrAdd(node)
    if (twin === undefined) nodes.push(node)
    else node.outputs.forEach((output, i) => renamed.set(output.id, twin.outputs[i]!))
  }
  return renamed.size === 0 ? graph : { ...graph, nodes, outputs: graph.outputs.map(resolve) }
})
