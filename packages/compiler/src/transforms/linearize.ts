/** A function at a point, and its derivative there as a linear map that can be applied many times. */
import * as tf from '@tensorflow/tfjs-core'
import type { Graph, Node } from '../graph/graph.js'
import { avalOf, bind } from '../trace/context.js'
import { onBehalfOf } from '../trace/sources.js'
import { traceGraph } from '../trace/trace-graph.js'
import { flatten, tidyTree, unflatten } from '../tree.js'
import type { Tree } from '../tree.js'
import { tangentLeaves } from './jvp.js'
import { pushforwardOf } from './pushforward.js'
import { traceTree } from './tree-function.js'

type Env = Map<number, tf.Tensor>

const run = (nodes: readonly Node[], env: Env): void => {
  for (const node of nodes) {
    const inputs = node.inputs.map(({ id }) => env.get(id)!)
    const outputs = onBehalfOf(node, () => bind(node.primitive, inputs, node.attrs))
    node.outputs.forEach(({ id }, i) => env.set(id, outputs[i]!))
  }
}

interface Partial {
  /** What is known of the outputs already. */
  readonly outputs: readonly (tf.Tensor | undefined)[]
  readonly rest: (others: readonly tf.Tensor[]) => readonly tf.Tensor[]
}

/** Runs what depends on the known inputs alone, now; what is left is a function of the others. */
const evaluatePartially = (graph: Graph, known: readonly (tf.Tensor | null)[]): Partial => {
  const env: Env = new Map()
  graph.inputs.forEach(({ id }, i) => void (known[i] && env.set(id, known[i])))
  const isKnown = new Set(env.keys())
  const isNow = (node: Node): boolean => node.inputs.every(({ id }) => isKnown.has(id))
  const later: Node[] = []
  for (const node of graph.nodes) {
    if (!isNow(node)) later.push(node)
    else {
      run([node], env)
      node.outputs.forEach(({ id }) => isKnown.add(id))
    }
  }
  const open = graph.inputs.filter((_, i) => known[i] === null)
  return {
    outputs: graph.outputs.map(({ id }) => env.get(id)),
    rest: (others) => {
      const own: Env = new Map(env)
      open.forEach(({ id }, i) => own.set(id, others[i]!))
      run(later, own)
      return graph.outputs.map(({ id }) => own.get(id)!)
    }
  }
}

/**
 * The value of `f` at `x`, and the derivative there as a function of a direction: `jvp(f, x, dx)` for many `dx`, with what
 * does not depend on the direction computed once. (A loop is computed again for each direction.)
 *
 * On real tensors the map holds intermediates of the pass: call `linearize` and the map inside `scoped`.
 *
 * @param f traceable: no reading of values
 * @returns `[y, pushforward]`; `pushforward(dx)` has the structure of `y`
 * @error ShapeMismatch if `dx` has not the form of `x`; NotTraceable and UnsupportedOp as in `jvp`
 * @example const [y, push] = linearize((x) => tf.sin(x), tf.scalar(0)); push(tf.scalar(2)) // => 2
 */
export const linearize = <X extends Tree, Y extends Tree>(
  f: (x: X) => Y,
  x: X
): readonly [y: Y, pushforward: (dx: X) => Y] => {
  const [leaves, def] = flatten(x, 'linearize')
  const { graph, captures, outDef } = traceTree(f, def, leaves, 'linearize')
  const floats = leaves.filter(({ dtype }) => dtype === 'float32')
  const inputs = [...leaves, ...captures]
  const both = traceGraph(
    (...args) => {
      const [primals, dxs] = [args.slice(0, inputs.length), args.slice(inputs.length)]
      const { outputs, tangents } = pushforwardOf(
        graph,
        primals,
        inputs.map((t, i) => (i < leaves.length && t.dtype === 'float32' ? dxs.shift()! : null))
      )
      return [...outputs, ...tangents.map((dy, k) => dy ?? tf.zeros(outputs[k]!.shape, outputs[k]!.dtype))]
    },
    [...inputs, ...floats].map((t) => avalOf(t, 'linearize')),
    'linearize'
  )
  const { outputs, rest } = evaluatePartially(both.graph, [...inputs, ...floats.map(() => null), ...both.captures])
  const count = graph.outputs.length
  // a loop gives values and tangents at once, so that its value needs some direction
  const values = outputs.slice(0, count).filter((t) => t !== undefined)
  const y = values.length === count ? values : rest(floats.map((t) => tf.zerosLike(t))).slice(0, count)
  return [
    unflatten<Y>(outDef, y),
    (dx) =>
      tidyTree(() => {
        const dxs = tangentLeaves('linearize', dx, def, leaves).filter((t) => t !== null)
        return unflatten<Y>(outDef, rest(dxs).slice(count))
      })
  ]
}
