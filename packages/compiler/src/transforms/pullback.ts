/**
 * Reverse mode on a graph: replay it in the current context, then walk it backwards calling each primitive's rule. Rules
 * are `tf` code recorded (or computed) in the same context, so derivatives of derivatives need nothing more.
 */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError } from '../errors.js'
import type { Graph, Node, Value } from '../graph/graph.js'
import { contractionOrder } from '../passes/contraction-order.js'
import { bind } from '../trace/context.js'
import { onBehalfOf } from '../trace/sources.js'
import { activeValues, expectRule } from './activity.js'

type MaybeTensor = tf.Tensor | null

export type Pullback = (cotangents: readonly MaybeTensor[]) => readonly MaybeTensor[]

interface Step {
  readonly node: Node
  readonly inputs: readonly tf.Tensor[]
  readonly outputs: readonly tf.Tensor[]
}

const forward = (
  graph: Graph,
  inputs: readonly tf.Tensor[],
  active: ReadonlySet<number>
): readonly [Map<number, tf.Tensor>, Step[]] => {
  const env = new Map<number, tf.Tensor>()
  graph.inputs.forEach((value, i) => env.set(value.id, inputs[i]!))
  const steps: Step[] = []
  for (const node of graph.nodes) {
    const args = node.inputs.map((value) => env.get(value.id)!)
    const isActive = node.outputs.some((value) => active.has(value.id))
    const { forwardWithResiduals } = node.primitive
    if (isActive && forwardWithResiduals) {
      const [outputs, residuals] = onBehalfOf(node, () => forwardWithResiduals.call(node.primitive, args, node.attrs))
      node.outputs.forEach((value, i) => env.set(value.id, outputs[i]!))
      steps.push({ node, inputs: args, outputs: [...outputs, ...residuals] })
    } else {
      const outputs = onBehalfOf(node, () => bind(node.primitive, args, node.attrs))
      node.outputs.forEach((value, i) => env.set(value.id, outputs[i]!))
      if (isActive) steps.push({ node, inputs: args, outputs })
    }
  }
  return [env, steps]
}

const accumulate = (cotangents: Map<number, tf.Tensor>, value: Value, cotangent: tf.Tensor): void => {
  const known = cotangents.get(value.id)
  cotangents.set(value.id, known === undefined ? cotangent : tf.add(known, cotangent))
}

/**
 * Sums of products are put in their best order first: afterwards what that would save has readers of its own.
 *
 * @param needs which inputs want a cotangent
 * @returns the outputs, and the map from cotangents of the outputs (`null` = zero) to those of the inputs (`null` = none
 *   was needed, or it is zero)
 */
export const pullbackOf = (
  written: Graph,
  inputs: readonly tf.Tensor[],
  needs: readonly boolean[]
): readonly [outputs: readonly tf.Tensor[], pullback: Pullback] => {
  const graph = contractionOrder.run(written)
  const active = activeValues(graph, needs)
  const [env, steps] = forward(graph, inputs, active)
  const pullback: Pullback = (seeds) => {
    const cotangents = new Map<number, tf.Tensor>()
    graph.outputs.forEach((value, i) => {
      const seed = seeds[i]
      if (seed && active.has(value.id)) accumulate(cotangents, value, seed)
    })
    for (const { node, inputs: args, outputs } of [...steps].reverse()) {
      const dys = node.outputs.map((value) => cotangents.get(value.id) ?? null)
      if (dys.every((dy) => dy === null)) continue
      expectRule(node, 'vjp')
      const needed = node.inputs.map((value) => active.has(value.id))
      const context = { inputs: args, outputs, cotangents: dys, needs: needed, attrs: node.attrs }
      const dxs = onBehalfOf(node, () => node.primitive.vjp!(context), 'vjp')
      node.inputs.forEach((value, i) => {
        const dx = dxs[i]
        if (!dx || !active.has(value.id)) return
        onBehalfOf(node, () => accumulate(cotangents, value, checked(node, args[i]!, dx)), 'vjp')
      })
    }
    return graph.inputs.map((value) => cotangents.get(value.id) ?? null)
  }
  return [graph.outputs.map((value) => env.get(value.id)!), pullback]
}

/** A rule that returns a cotangent of the wrong shape is a bug worth hearing about at once. */
const checked = (node: Node, x: tf.Tensor, dx: tf.Tensor): tf.Tensor => {
  if (x.shape.length === dx.shape.length && x.shape.every((n, i) => n === dx.shape[i])) return dx
  throw new BdlError({
    code: 'ShapeMismatch',
    fn: 'vjp',
    argument: `cotangent of ${node.primitive.name}`,
    expected: `shape [${x.shape.join(', ')}]`,
    got: `[${dx.shape.join(', ')}]`
  })
}
