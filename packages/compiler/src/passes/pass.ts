/** A pass is a pure function of closed graphs that keeps what they compute. */
import { subgraphsOf, type Attrs, type Graph, type Node } from '../graph/graph.js'

export interface Pass {
  readonly name: string
  readonly run: (graph: Graph) => Graph
}

/** Whether a node is of a primitive whose attributes are `A`: the caller knows the pair. */
export const isNode = <A extends Attrs>(node: Node, name: string): node is Node & { readonly attrs: A } =>
  node.primitive.name === name

/** Whether a node is a loop, a branch or a call: most are not, and every pass asks it of every node. */
const mayHaveBodies = ({ primitive }: Node): boolean => primitive.subgraphs !== undefined

export const countNodes = (graph: Graph): number =>
  graph.nodes.length +
  graph.nodes
    .filter(mayHaveBodies)
    .flatMap(subgraphsOf)
    .reduce((n, body) => n + countNodes(body), 0)

/** Applies `change` to the bodies of one node's loops and branches. */
export const mapSubgraphs = (node: Node, change: (graph: Graph) => Graph): Node => {
  const bodies = subgraphsOf(node)
  if (bodies.length === 0 || node.primitive.withSubgraphs === undefined) return node
  const changed = bodies.map(change)
  return changed.every((body, i) => body === bodies[i])
    ? node
    : { ...node, attrs: node.primitive.withSubgraphs(node.attrs, changed) }
}

/** A pass that treats the bodies of loops and branches before the graph around them. */
export const recursive = (name: string, run: (graph: Graph) => Graph): Pass => {
  const deep = (graph: Graph): Graph => {
    if (!graph.nodes.some(mayHaveBodies)) return run(graph)
    const nodes = graph.nodes.map((node) => (mayHaveBodies(node) ? mapSubgraphs(node, deep) : node))
    return run(nodes.every((node, i) => node === graph.nodes[i]) ? graph : { ...graph, nodes })
  }
  return { name, run: deep }
}
