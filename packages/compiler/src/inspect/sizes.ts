/** What the values of a graph weigh. */
import { subgraphsOf, sizeOf, type Aval, type Graph, type Node, type Value } from '../graph/graph.js'

const BYTES = { float32: 4, int32: 4, bool: 1 } as const

export const bytesOf = ({ shape, dtype }: Aval): number => sizeOf(shape) * BYTES[dtype]

const total = (values: readonly Aval[]): number => values.reduce((sum, value) => sum + bytesOf(value), 0)

/** Bytes of all values that nodes make, one turn of each body included: what passes try to shrink. */
export const bytesOfValues = (graph: Graph): number =>
  graph.nodes.reduce(
    (sum, node) =>
      sum + total(node.outputs) + subgraphsOf(node).reduce((inner, body) => inner + bytesOfValues(body), 0),
    0
  )

const lastUses = ({ nodes, outputs }: Graph): ReadonlyMap<number, number> => {
  const last = new Map<number, number>()
  nodes.forEach((node, i) => node.inputs.forEach(({ id }) => last.set(id, i)))
  outputs.forEach(({ id }) => last.set(id, nodes.length))
  return last
}

/** What a body needs beyond its inputs, which lie outside of it. */
const bodyPeak = (node: Node): number =>
  subgraphsOf(node).reduce((most, body) => Math.max(most, peakBytes(body) - total(body.inputs)), 0)

/**
 * The most bytes alive at one time if nodes run in order, every value has its own memory and leaves it after its last use.
 * Inputs are alive throughout. An engine that computes in place needs less, one that pools memory may need more.
 */
export const peakBytes = (graph: Graph): number => {
  const last = lastUses(graph)
  const inputs = new Set(graph.inputs.map(({ id }) => id))
  let alive = total(graph.inputs)
  let peak = alive
  graph.nodes.forEach((node, i) => {
    alive += total(node.outputs)
    peak = Math.max(peak, alive + bodyPeak(node))
    const done = new Map<number, Value>([...node.inputs, ...node.outputs].map((value) => [value.id, value]))
    for (const value of done.values())
      if (!inputs.has(value.id) && (last.get(value.id) ?? i) === i) alive -= bytesOf(value)
  })
  return peak
}
