/** A pass is a pure function of closed graphs that keeps what they compute. */
import { subgraphsOf, type Attrs, type Graph, type Node } from '../graph/graph.js'

export interface Pass {
  readonly name: string
  readonly run: (graph: Graph) => Graph
}

/** Whether a node is of a primitive whose attributes are `A`: the caller knows the pair. */
export const isNode = <A extends Attrs>(node: Node, name: string): node is Node & { readonly attrs: A } =>
  node.primitive.name === name

export const countNodes = (graph: Graph): number =>
  graph.nodes.reduce((n, node) => n + 1 + subgraphsOf(node).reduce((m, body) => m + countNodes(body), 0), 0)

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
  const deep = (graph: Graph): Graph => run({ ...graph, nodes: graph.nodes.map((node) => mapSubgraphs(node, deep)) })
  return { name, run: deep }
}
