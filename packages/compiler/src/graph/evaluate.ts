/** Replays a graph in the current context: on real tensors it computes, inside a trace it records. */
import * as tf from '@tensorflow/tfjs-core'
import { bind, isTracing } from '../trace/context.js'
import { onBehalfOf } from '../trace/sources.js'
import type { Graph, NdArray, Node } from './graph.js'

type Env<T> = Map<number, T>

const lookup = <T>(env: Env<T>, id: number): T => {
  const found = env.get(id)
  if (found === undefined) throw new Error(`malformed graph: value ${id} is used before it is made`)
  return found
}

/** Called before a node is interpreted; what it returns is called after. */
type Observer = (node: Node) => () => void

let observer: Observer | undefined

/** Lets `each` see every node that `body` interprets, synchronously: for profiles. */
export const observing = <A>(each: Observer, body: () => A): A => {
  const before = observer
  observer = each
  try {
    return body()
  } finally {
    observer = before
  }
}

const run = <T>(
  graph: Graph,
  inputs: readonly T[],
  step: (node: Node, args: readonly T[]) => readonly T[]
): readonly T[] => {
  const env: Env<T> = new Map()
  graph.inputs.forEach((value, i) => env.set(value.id, inputs[i]!))
  for (const node of graph.nodes) {
    const done = observer?.(node)
    const outputs = step(
      node,
      node.inputs.map((value) => lookup(env, value.id))
    )
    done?.()
    node.outputs.forEach((value, i) => env.set(value.id, outputs[i]!))
  }
  return graph.outputs.map((value) => lookup(env, value.id))
}

/** Replays without releasing intermediates: the caller's scope does. */
export const replay = (graph: Graph, inputs: readonly tf.Tensor[]): readonly tf.Tensor[] =>
  run(graph, inputs, (node, args) => onBehalfOf(node, () => bind(node.primitive, args, node.attrs)))

/** Replays and keeps only the results, which never alias an input on real tensors. */
export const evaluate = (graph: Graph, inputs: readonly tf.Tensor[]): readonly tf.Tensor[] =>
  isTracing()
    ? replay(graph, inputs)
    : tf.tidy(() => replay(graph, inputs).map((t) => (inputs.includes(t) ? tf.clone(t) : t)))

/** The float64 truth: every primitive in plain TypeScript. */
export const evaluateReference = (graph: Graph, inputs: readonly NdArray[]): readonly NdArray[] =>
  run(graph, inputs, (node, args) => node.primitive.reference(args, node.attrs))
