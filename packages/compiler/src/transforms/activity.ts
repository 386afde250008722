/** Which values of a graph have derivatives at all: what is not reached is never computed. */
import type { Graph } from '../graph/graph.js'
import type { Primitive } from '../primitives/primitive.js'

export const isDifferentiable = ({ vjp, jvp }: Primitive): boolean => vjp !== undefined || jvp !== undefined

/** Float32 values that a needed input reaches through differentiable ops. */
export const activeValues = (graph: Graph, needs: readonly boolean[]): ReadonlySet<number> => {
  const active = new Set<number>()
  graph.inputs.forEach((value, i) => {
    if (needs[i] && value.dtype === 'float32') active.add(value.id)
  })
  for (const node of graph.nodes)
    if (isDifferentiable(node.primitive) && node.inputs.some((value) => active.has(value.id)))
      for (const output of node.outputs) if (output.dtype === 'float32') active.add(output.id)
  return active
}

/** Same, for the outputs in order. */
export const activeOutputs = (graph: Graph, needs: readonly boolean[]): readonly boolean[] => {
  const active = activeValues(graph, needs)
  return graph.outputs.map(({ id }) => active.has(id))
}
