/** Functions of trees as functions of leaves, for everything that traces. */
import type * as tf from '@tensorflow/tfjs-core'
import type { Graph } from '../graph/graph.js'
import { avalOf } from '../trace/context.js'
import { traceGraph } from '../trace/trace-graph.js'
import { flatten, unflatten } from '../tree.js'
import type { Tree, TreeDef } from '../tree.js'

export interface TracedTree {
  readonly graph: Graph
  readonly captures: readonly tf.Tensor[]
  /** Structure of the result. */
  readonly outDef: TreeDef
}

/** Traces `f` on a tree of the structure `def` whose leaves look like `like`. */
export const traceTree = <A extends Tree>(
  f: (args: A) => Tree,
  def: TreeDef,
  like: readonly tf.Tensor[],
  fn: string
): TracedTree => {
  let outDef: TreeDef | undefined
  const traced = traceGraph(
    (...leaves) => {
      const [outputs, out] = flatten(f(unflatten<A>(def, leaves)), fn)
      outDef = out
      return outputs
    },
    like.map((leaf) => avalOf(leaf, fn)),
    fn
  )
  return { ...traced, outDef: outDef! }
}
