/**
 * Products and the function of their result as one node, an op of ONNX Runtime's own: a tanh of [256, 64] costs no pass over memory.
 * The runtime would do the same after a search for it, and for much else that our passes have left nothing of, in every
 * session: half of the time that one takes to start.
 */
import { allNodes, countUses, type Graph, type Node } from '../graph/graph.js'
import { isOfMatrices, transposeFlags } from './onnx-products.js'
import type { OnnxScope } from './onnx-scope.js'

/** What FusedGemm calls them. */
const ACTIVATIONS: Readonly<Record<string, string>> = { relu: 'Relu', tanh: 'Tanh', sigmoid: 'Sigmoid' }

/** Emitted as Gemm. */
const isGemm = ({ primitive: { name }, inputs }: Node): boolean =>
  (name === 'gemm' || name === 'matMul') && isOfMatrices(inputs)

/** By activation, the product whose result nothing else reads. */
export const activationsOfProducts = (graph: Graph): ReadonlyMap<Node, Node> => {
  const products = new Map(graph.nodes.filter(isGemm).map((node) => [node.outputs[0]!.id, node]))
  if (products.size === 0) return new Map()
  const uses = countUses(graph)
  const pairs = graph.nodes.flatMap((node): readonly (readonly [Node, Node])[] => {
    const product = node.primitive.name in ACTIVATIONS ? products.get(node.inputs[0]!.id) : undefined
    return product !== undefined && uses.get(product.outputs[0]!.id) === 1 ? [[node, product]] : []
  })
  return new Map(pairs)
}

/** @param inputs of the product */
export const emitActivated = (scope: OnnxScope, product: Node, activation: Node, inputs: readonly string[]): string =>
  scope.node('com.microsoft:FusedGemm', inputs, {
    ...transposeFlags(product.attrs),
    activation: { string: ACTIVATIONS[activation.primitive.name]! }
  })

/** Ops that the runtime fuses with what is around them: convolutions with activations, erf in a GELU. */
const FUSED_BY_RUNTIME: ReadonlySet<string> = new Set(['convolution', 'biasedConvolution', 'erf'])

/** Whether the runtime's own optimiser finds something to do in a graph of ours. */
export const isFusedByRuntime = (graph: Graph): boolean =>
  allNodes(graph).some(({ primitive }) => FUSED_BY_RUNTIME.has(primitive.name))
