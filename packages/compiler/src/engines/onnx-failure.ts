/**
 * What ONNX Runtime complains of, said in terms of our graph. Its messages name the ONNX node at fault, and our emitter
 * names ONNX nodes after ours.
 */
import { BdlError } from '../errors.js'
import { idsInOnnxName } from '../emit/onnx-model.js'
import type { Aval, Graph, Node } from '../graph/graph.js'
import { subgraphsOf } from '../passes/pass.js'

/** Nodes in order, each before those of its bodies. */
export const allNodes = (graph: Graph): readonly Node[] =>
  graph.nodes.flatMap((node) => [node, ...subgraphsOf(node).flatMap(allNodes)])

const shapeOf = ({ dtype, shape }: Aval): string => `${dtype}[${shape.join()}]`

/** The complaint alone: who reports it and what node it names is said elsewhere. */
const reasonOf = (message: string): string => {
  const reason = message.split('\n', 1)[0]!.replace(/^.*(?:Status Message|ERROR_MESSAGE): /, '')
  return reason.replace(/^\S+\.(?:cc|h):\d+ (?:.*?\) )?/, '')
}

const places = new WeakMap<Error, { readonly graph: Graph; readonly index: number }>()

/** The graph whose running failed, and the position of the node at fault among `allNodes` of it, if it is known. */
export const placeOfFailure = (error: unknown): { readonly graph: Graph; readonly index: number } | undefined =>
  error instanceof Error ? places.get(error) : undefined

/** Says which node an error is about. */
export const placeFailure = (error: Error, graph: Graph, index: number): void =>
  void places.set(error, { graph, index })

/** @param doing what ONNX Runtime did not do: 'load', 'run' */
export const onnxFailure = (doing: string, cause: unknown, graph: Graph): BdlError => {
  const message = cause instanceof Error ? cause.message : String(cause)
  const id = idsInOnnxName(message).at(-1) // the innermost, if it is in the body of a loop
  const nodes = allNodes(graph)
  const index = nodes.findIndex(({ outputs }) => outputs[0]?.id === id)
  const node = nodes[index]
  const error = new BdlError({
    code: 'EngineFailure',
    fn: 'jit',
    argument: node === undefined ? 'graph' : `op ${node.primitive.name}`,
    expected:
      node === undefined
        ? `ONNX Runtime to ${doing} it`
        : `ONNX Runtime to ${doing} ${node.inputs.map(shapeOf).join(', ')} -> ${node.outputs.map(shapeOf).join(', ')}`,
    got: reasonOf(message),
    ...(node?.source?.at !== undefined && { at: node.source.at })
  })
  if (node !== undefined) places.set(error, { graph, index })
  return error
}
