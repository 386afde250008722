/** Puts the body of a function with a derivative rule of its own in its place: derivatives were taken before the passes. */
import { newValue, type Graph, type Node, type Value } from '../graph/graph.js'
import { recursive, subgraphsOf } from './pass.js'

export const inlineCalls = recursive('inlineCalls', (graph: Graph): Graph => {
  const renamed = new Map<number, Value>()
  const resolve = (value: Value): Value => renamed.get(value.id) ?? value
  const nodes = graph.nodes.flatMap((original): readonly Node[] => {
    const inputs = original.inputs.map(resolve)
    const [body] = subgraphsOf(original)
    if (original.primitive.name !== 'customVjp' || body === undefined) return [{ ...original, inputs }]
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
