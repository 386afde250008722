/** What ONNX Runtime's WebGPU kernels compute wrongly, found by running every primitive on them. */
import { BdlError } from '../errors.js'
import { allNodes, type Graph, type Node } from '../graph/graph.js'

/** 1.30: a ConvTranspose of several groups is right in the first group or two only. */
const isGroupedTransposition = ({ primitive, attrs }: Node): boolean =>
  primitive.name === 'convolution' && attrs['of'] === 'image' && Number(attrs['groups']) > 1

/** @error UnsupportedOp for a graph that WebGPU would compute wrongly */
export const refuseOnWebGpu = (graph: Graph): void => {
  if (allNodes(graph).some(isGroupedTransposition))
    throw new BdlError({
      code: 'UnsupportedOp',
      fn: 'jit',
      argument: 'op convolution',
      expected: 'ops that ONNX Runtime computes rightly on WebGPU',
      got: 'the gradient of a convolution of several groups in its image'
    })
}
