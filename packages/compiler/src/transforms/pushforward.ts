/**
 * Forward mode on a graph: replay it in the current context and carry a tangent beside each value. Rules are `tf` code
 * recorded (or computed) in the same context, so this nests with itself and with everything else.
 */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError } from '../errors.js'
import type { Graph, Node } from '../graph/graph.js'
import { sameShape } from '../graph/graph.js'
import { bind } from '../trace/context.js'
import { onBehalfOf } from '../trace/sources.js'
import { expectRule } from './activity.js'

type MaybeTensor = tf.Tensor | null

export interface Pushed {
  readonly outputs: readonly tf.Tensor[]
  /** `null` where the output does not depend on a tangent, or is no float32. */
  readonly tangents: readonly MaybeTensor[]
}

/** A rule that returns a tangent of the wrong shape is a bug worth hearing about at once. */
const checked = (node: Node, y: tf.Tensor, dy: MaybeTensor | undefined): MaybeTensor => {
  if (!dy || y.dtype !== 'float32') return null
  if (sameShape(y.shape, dy.shape)) return dy
  throw new BdlError({
    code: 'ShapeMismatch',
    fn: 'jvp',
    argument: `tangent of ${node.primitive.name}`,
    expected: `shape [${y.shape.join(', ')}]`,
    got: `[${dy.shape.join(', ')}]`
  })
}

const pushNode = (node: Node, inputs: readonly tf.Tensor[], tangents: readonly MaybeTensor[]): Pushed => {
  const { primitive, attrs } = node
  const none = node.outputs.map(() => null)
  if (tangents.every((dx) => dx === null)) return { outputs: bind(primitive, inputs, attrs), tangents: none }
  expectRule(node, 'jvp')
  const forward = primitive.forwardWithTangents?.(inputs, tangents, attrs)
  const outputs = forward?.[0] ?? bind(primitive, inputs, attrs)
  const pushed =
    forward?.[1] ?? onBehalfOf(node, () => primitive.jvp?.({ inputs, outputs, tangents, attrs }), 'jvp') ?? none
  return { outputs, tangents: outputs.map((y, i) => checked(node, y, pushed[i])) }
}

/** @param tangents of the inputs; `null` = zero */
export const pushforwardOf = (graph: Graph, inputs: readonly tf.Tensor[], tangents: readonly MaybeTensor[]): Pushed => {
  const env = new Map<number, readonly [tf.Tensor, MaybeTensor]>()
  graph.inputs.forEach(({ id, dtype }, i) => env.set(id, [inputs[i]!, dtype === 'float32' ? tangents[i]! : null]))
  for (const node of graph.nodes) {
    const known = node.inputs.map(({ id }) => env.get(id)!)
    const [xs, dxs] = [known.map(([x]) => x), known.map(([, dx]) => dx)]
    const pushed = onBehalfOf(node, () => pushNode(node, xs, dxs))
    node.outputs.forEach(({ id }, i) => env.set(id, [pushed.outputs[i]!, pushed.tangents[i]!]))
  }
  const results = graph.outputs.map(({ id }) => env.get(id)!)
  return { outputs: results.map(([y]) => y), tangents: results.map(([, dy]) => dy) }
}

/** `pushforwardOf` for loops and branches: tangents of exactly the `active` outputs, zeros where a branch has none. */
export const pushActive = (
  graph: Graph,
  inputs: readonly tf.Tensor[],
  tangents: readonly MaybeTensor[],
  active: readonly boolean[]
): readonly [outputs: readonly tf.Tensor[], tangents: readonly tf.Tensor[]] => {
  const pushed = pushforwardOf(graph, inputs, tangents)
  const present = pushed.outputs.flatMap((y, i) => (active[i] ? [pushed.tangents[i] ?? tf.zeros(y.shape)] : []))
  return [pushed.outputs, present]
}
