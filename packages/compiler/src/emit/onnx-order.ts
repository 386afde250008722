/**
 * The order in which nodes are written into a model. ONNX Runtime runs nodes in an order of its own: from those that nothing
 * reads it walks back to what they need, and of what one node needs it takes first what was written last. A training step that
 * is written as it was traced thus runs with all derivatives of activations taken on the way forward, and all gradients of
 * weights at its end, when what they read has left the caches: [256, 64]ᵀ times [256, 64] takes 35 µs there and 25 where it
 * belongs, a step of a flow with sixteen such layers 1.36 ms and 1.27. So nodes are written in such an order that this walk
 * finds the graph's own: of what one node needs, what comes first is written last.
 */
import type { Graph, Node } from '../graph/graph.js'

/** Which place a node should have. A reshape, which gradients that are raveled end in, belongs to what makes its numbers. */
const placesOf = ({ nodes }: Graph): ReadonlyMap<Node, number> => {
  const places = new Map<Node, number>()
  const made = new Map<number, number>()
  nodes.forEach((node, i) => {
    const place = node.primitive.name === 'reshape' ? (made.get(node.inputs[0]!.id) ?? i) : i
    places.set(node, place)
    for (const { id } of node.outputs) made.set(id, place)
  })
  return places
}

/** The nodes that each node reads from, each once. */
const sourcesOf = ({ nodes }: Graph): ReadonlyMap<Node, readonly Node[]> => {
  const makers = new Map(nodes.flatMap((node) => node.outputs.map(({ id }) => [id, node] as const)))
  return new Map(nodes.map((node) => [node, [...new Set(node.inputs.flatMap(({ id }) => makers.get(id) ?? []))]]))
}

/** Nodes of which the one with the first place is taken first; of two with one place, the one that was added last. */
const queueOf = (places: ReadonlyMap<Node, number>) => {
  const queue: Node[] = [] // the first one at its end
  return {
    take: () => queue.pop(),
    add: (node: Node): void => {
      const place = places.get(node)!
      let [low, high] = [0, queue.length]
      while (low < high) {
        const middle = (low + high) >> 1
        if (places.get(queue[middle]!)! >= place) low = middle + 1
        else high = middle
      }
      queue.splice(low, 0, node)
    }
  }
}

/** The nodes of a graph, each after those that it reads from. */
export const emissionOrder = (graph: Graph): readonly Node[] => {
  const sources = sourcesOf(graph)
  const readers = new Map<Node, number>()
  for (const source of [...sources.values()].flat()) readers.set(source, (readers.get(source) ?? 0) + 1)
  const { take, add } = queueOf(placesOf(graph))
  graph.nodes.filter((node) => !readers.has(node)).forEach(add)
  const backwards: Node[] = []
  for (let node = take(); node !== undefined; node = take()) {
    backwards.push(node)
    for (const source of sources.get(node)!) {
      const left = readers.get(source)! - 1
      readers.set(source, left)
      if (left === 0) add(source)
    }
  }
  return backwards.reverse()
}
