/** What the loops have in common: a body that is run turn after turn, and is given some values once and for all. */
import type { Graph, Node, Value } from '../graph/graph.js'
import type { ScanAttrs } from '../primitives/scan-parts.js'
import type { WhileAttrs } from '../primitives/while-loop.js'
import { isNode } from './pass.js'

export interface LoopBody {
  readonly body: Graph
  /** Inputs of the body that are the same in every turn. */
  readonly constants: readonly Value[]
}

/** undefined for a node that is no loop. */
export const loopBodyOf = (node: Node): LoopBody | undefined => {
  const first = ({ body }: { readonly body: Graph }, count: number): LoopBody => ({
    body,
    constants: body.inputs.slice(0, count)
  })
  if (isNode<ScanAttrs>(node, 'scan')) return first(node.attrs, node.attrs.numConsts)
  return isNode<WhileAttrs>(node, 'whileLoop') ? first(node.attrs, node.attrs.numBodyConsts) : undefined
}
