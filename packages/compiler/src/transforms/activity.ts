/** Which values of a graph have derivatives at all: what is not reached is never computed. */
import { BdlError } from '../errors.js'
import type { Graph, Node } from '../graph/graph.js'
import type { Primitive } from '../primitives/primitive.js'

export const isDifferentiable = ({ vjp, jvp }: Primitive): boolean => vjp !== undefined || jvp !== undefined

/** An op with a rule for one mode alone is refused in the other: its derivative is not zero. */
export const expectRule = ({ primitive }: Node, mode: 'vjp' | 'jvp'): void => {
  if (primitive[mode] !== undefined || !isDifferentiable(primitive)) return
  const [rule, other] = mode === 'jvp' ? ['tangent', 'cotangent'] : ['cotangent', 'tangent']
  throw new BdlError({
    code: 'UnsupportedOp',
    fn: mode,
    argument: `op ${primitive.name}`,
    expected: `an op with a ${rule} rule`,
    got: `one with a ${other} rule alone`,
    hint: mode === 'jvp' ? 'Use grad or vjp' : 'Use jvp'
  })
}

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
