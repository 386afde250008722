/** Short names for the values of a graph, `%0`, `%1`, ... in the order in which a reader meets them, bodies included. */
import { subgraphsOf, type Graph, type Node, type Value } from '../graph/graph.js'
import type { TreeDef } from '../tree.js'

export interface Labels {
  readonly of: (value: Value) => string
  /** Name of a node: that of its first output. */
  readonly node: (node: Node) => string
}

export interface Body {
  /** What the loop or branch calls it: `body`, `cond`, `onTrue`, ... */
  readonly role: string
  readonly graph: Graph
}

/** Bodies of a loop or branch with their roles. */
export const bodiesOf = (node: Node): readonly Body[] =>
  subgraphsOf(node).map((graph, i) => ({
    graph,
    role: Object.keys(node.attrs).find((key) => node.attrs[key] === graph) ?? `body ${i}`
  }))

export const labelsOf = (graph: Graph): Labels => {
  const numbers = new Map<number, number>()
  const add = ({ id }: Value): void => {
    if (!numbers.has(id)) numbers.set(id, numbers.size)
  }
  const visit = ({ inputs, nodes }: Graph): void => {
    inputs.forEach(add)
    for (const node of nodes) {
      node.outputs.forEach(add)
      bodiesOf(node).forEach((body) => visit(body.graph))
    }
  }
  visit(graph)
  const of = ({ id }: Value): string => `%${numbers.get(id) ?? '?'}`
  return { of, node: ({ outputs }) => of(outputs[0]!) }
}

/** Where each leaf of a tree is, as one would write it: `w[0].bias`; the root is the empty text. */
export const leafPaths = (def: TreeDef, prefix = ''): readonly string[] => {
  switch (def.kind) {
    case 'leaf':
      return [prefix]
    case 'array':
      return def.children.flatMap((child, i) => leafPaths(child, `${prefix}[${i}]`))
    case 'record':
      return def.keys.flatMap((key, i) => leafPaths(def.children[i]!, prefix === '' ? key : `${prefix}.${key}`))
  }
}

/** `file:line` without folders and column: what fits into a table. */
export const shortPlace = (at: string): string => at.replace(/:\d+$/, '').split(/[/\\]/).pop() ?? at
