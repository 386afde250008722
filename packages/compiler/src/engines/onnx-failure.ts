/**
 * What ONNX Runtime complains of, said in terms of our graph. Its messages name the ONNX node at fault, and our emitter
 * names ONNX nodes after ours.
 */
import { BdlError } from '../errors.js'
import { idsInOnnxName } from '../emit/onnx-model.js'
import { allNodes, type Aval, type Graph, type Node } from '../graph/graph.js'

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

/** An engine's failure, said of the node that made value `id`: its op and line, if there is such a node. */
export const failureAt = (
  graph: Graph,
  id: unknown,
  expected: (node: Node | undefined) => string,
  got: string
): BdlError => {
  const nodes = allNodes(graph)
  const index = nodes.findIndex(({ outputs }) => outputs[0]?.id === id)
  const node = nodes[index]
  const error = new BdlError({
    code: 'EngineFailure',
    fn: 'jit',
    argument: node === undefined ? 'graph' : `op ${node.primitive.name}`,
    expected: expected(node),
    got,
    ...(node?.source?.at !== undefined && { at: node.source.at })
  })
  if (node !== undefined) places.set(error, { graph, index })
  return error
}

/** @param doing what ONNX Runtime did not do: 'load', 'run' */
export const onnxFailure = (doing: string, cause: unknown, graph: Graph): BdlError => {
  const message = cause instanceof Error ? cause.message : String(cause)
  const id = idsInOnnxName(message).at(-1) // the innermost, if it is in the body of a loop
  const expected = (node: Node | undefined): string =>
    node === undefined
      ? `ONNX Runtime to ${doing} it`
      : `ONNX Runtime to ${doing} ${node.inputs.map(shapeOf).join(', ')} -> ${node.outputs.map(shapeOf).join(', ')}`
  return failureAt(graph, id, expected, reasonOf(message))
}
