/** Puts bodies in the place of calls that only derivatives tell from them: those were taken before the passes. */
import { subgraphsOf, newValue, type Graph, type Node, type Value } from '../graph/graph.js'
import type { RematAttrs } from '../transforms/remat.js'
import { isNode, recursive } from './pass.js'

/** The derivative of a `remat` stays a body of its own. */
const isCall = (node: Node): boolean =>
  node.primitive.name === 'customVjp' || (isNode<RematAttrs>(node, 'remat') && node.attrs.after === null)

export const inlineCalls = recursive('inlineCalls', (graph: Graph): Graph => {
  const renamed = new Map<number, Value>()
  const resolve = (value: Value): Value => renamed.get(value.id) ?? value
  const nodes = graph.nodes.flatMap((original): readonly Node[] => {
    const inputs = original.inputs.map(resolve)
    const [body] = subgraphsOf(original)
    if (body === undefined || !isCall(original)) return [{ ...original, inputs }]
    // fresh values: one body may be called more than once
    const own = new Map(body.inputs.map(({ id }, i) => [id, inputs[i]!]))
    const inner = body.nodes.map((node): Node => {
      const outputs = node.outputs.map(newValue)
      const copy = { ...node, inputs: node.inputs.map(({ id }) => own.get(id)!), outputs }
      node.outputs.forEach(({ id }, i) => own.set(id, outputs[i]!))
      return copy
    })
    original.outputs.forEach(({ id }, i) => renamed.set(id, own.get(body.outputs[i]!.id)!))
    return inner
  })
  return renamed.size === 0 ? graph : { ...graph, nodes, outputs: graph.outputs.map(resolve) }
})
