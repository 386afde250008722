/** Traces a function of tensors into a closed graph. */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError } from '../errors.js'
import { newValue } from '../graph/graph.js'
import type { Aval, Graph } from '../graph/graph.js'
import { isTensor } from '../tree.js'
import { recognise } from './recognise.js'
import { enterTraceBackend } from './backend.js'
import { popBuilder, pushBuilder, resolve, tensorOf } from './context.js'
import { callUser } from './thrown.js'
import { whereabouts } from './user-line.js'

export interface TracedGraph {
  /** Its inputs are the arguments, followed by one per captured tensor. */
  readonly graph: Graph
  /** Tensors of the surrounding context that the function closes over. */
  readonly captures: readonly tf.Tensor[]
}

/**
 * Runs `f` once on tensors without values and records what it does.
 *
 * @param fn the public function on whose behalf this happens, for messages
 * @error NotTraceable if `f` reads a value, or returns something that is no tensor; UnsupportedOp if an op has no rule
 */
export const traceGraph = (
  f: (...inputs: tf.Tensor[]) => readonly tf.Tensor[],
  avals: readonly Aval[],
  fn: string
): TracedGraph => {
  const leave = enterTraceBackend()
  const builder = pushBuilder(fn)
  tf.engine().startScope(fn)
  try {
    builder.inputs.push(...avals.map(newValue))
    const results = callUser(
      f,
      builder.inputs.map((value) => tensorOf(builder, value)),
      fn
    )
    const outputs = results.map((result) => {
      if (isTensor(result)) return resolve(builder, result)
      throw new BdlError({
        code: 'NotTraceable',
        fn,
        argument: 'result',
        expected: 'tensors',
        got: String(result),
        hint:
          result !== null && typeof result === 'object' && 'then' in result ? 'A traced function cannot be async' : '',
        ...whereabouts()
      })
    })
    const captured = [...builder.captures]
    const graph: Graph = {
      inputs: [...builder.inputs, ...captured.map((capture) => capture.value)],
      nodes: builder.nodes,
      outputs
    }
    return { graph: recognise(graph), captures: captured.map((capture) => capture.tensor) }
  } finally {
    tf.engine().endScope()
    popBuilder()
    leave()
  }
}
