/** vmap on a graph: replay it with each primitive's batching rule; what does not depend on the batch stays unbatched. */
import type * as tf from '@tensorflow/tfjs-core'
import type { Graph } from '../graph/graph.js'
import type { Batched } from '../primitives/primitive.js'
import { batchAll } from '../primitives/shape.js'
import { bind } from '../trace/context.js'
import { onBehalfOf } from '../trace/sources.js'

/** Replays `graph` for `size` members at once; a batched tensor has the members as its leading axis. */
export const replayBatched = (
  graph: Graph,
  inputs: readonly tf.Tensor[],
  batched: readonly boolean[],
  size: number
): Batched => {
  const env = new Map<number, { readonly tensor: tf.Tensor; readonly isBatched: boolean }>()
  graph.inputs.forEach((value, i) => env.set(value.id, { tensor: inputs[i]!, isBatched: batched[i]! }))
  for (const node of graph.nodes) {
    const { primitive, inputs: args, attrs, outputs } = node
    const entries = args.map((value) => env.get(value.id)!)
    const tensors = entries.map((entry) => entry.tensor)
    const flags = entries.map((entry) => entry.isBatched)
    const result: Batched = onBehalfOf(node, () =>
      flags.some(Boolean)
        ? primitive.batch({ inputs: tensors, batched: flags, size, attrs })
        : { outputs: bind(primitive, tensors, attrs), batched: outputs.map(() => false) }
    )
    outputs.forEach((value, i) => env.set(value.id, { tensor: result.outputs[i]!, isBatched: result.batched[i]! }))
  }
  const results = graph.outputs.map((value) => env.get(value.id)!)
  return { outputs: results.map((entry) => entry.tensor), batched: results.map((entry) => entry.isBatched) }
}

/** Same, with every output batched. */
export const replayAllBatched = (
  graph: Graph,
  inputs: readonly tf.Tensor[],
  batched: readonly boolean[],
  size: number
): readonly tf.Tensor[] => {
  const result = replayBatched(graph, inputs, batched, size)
  return batchAll(result.outputs, result.batched, size)
}
