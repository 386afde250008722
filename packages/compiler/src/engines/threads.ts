/**
 * How many threads a session should have. A graph of small ops loses more to waking threads than it gains; large products
 * and what goes with them are worth a second core. The graph tells which it is, since its shapes are static.
 *
 * Measured with ONNX Runtime 1.30 on two cores that were idle, milliseconds with one thread and with two: a gradient with
 * products of 3.3e7 multiply-adds 3.3 and 2.5, one with 8.4e6 44.7 and 35.4 (2700 ops), one with 3.3e6 1.94 and 2.09. Where
 * other processes keep the second core busy, two threads cost the first of these a twentieth to a tenth.
 */
import { allNodes, numbersIn, sizeOf } from '../graph/graph.js'
import type { Graph, Node, Value } from '../graph/graph.js'
import { convolution } from '../primitives/convolution.js'
import { sizesOf, type ConvolutionAttrs } from '../primitives/convolution-form.js'

/** Multiply-adds of a convolution, whichever of image, kernel and output it computes. */
const convolutionWork = (inputs: readonly Value[], attrs: ConvolutionAttrs): number => {
  const { examples, groups, inner, outer, positions } = sizesOf(inputs, attrs)
  return examples * groups * inner * outer * sizeOf(positions) * sizeOf(attrs.kernel)
}

/** Multiply-adds of one op; ops that only move or combine numbers count their outputs. */
export const workOf = ({ primitive, inputs, outputs, attrs }: Node): number => {
  const out = numbersIn(outputs)
  if (primitive.name === convolution.name) return convolutionWork(inputs, attrs as ConvolutionAttrs)
  if (primitive.name !== 'matMul' && primitive.name !== 'gemm') return out
  const [a] = inputs
  const rank = a!.shape.length
  const inner = attrs['transposeA'] === true ? a!.shape[rank - 2]! : a!.shape[rank - 1]!
  return out * inner
}

/** Work of the heaviest op of a graph, the bodies of its loops included. */
export const heaviestOp = (graph: Graph): number =>
  allNodes(graph).reduce((most, node) => Math.max(most, workOf(node)), 0)

/** Multiply-adds above which a second thread pays. */
const WORTH_A_THREAD = 8e6

/** What was measured. More may help on a machine with more cores: `onnxEngine({ threads })`. */
export const MOST_THREADS = 2

export const cores = (): number => {
  if (typeof process !== 'undefined' && typeof process.getBuiltinModule === 'function')
    return process.getBuiltinModule('node:os').availableParallelism()
  return typeof navigator === 'undefined' ? 1 : (navigator.hardwareConcurrency ?? 1)
}

/** Threads for a graph on this machine. */
export const threadsFor = (graph: Graph): number =>
  heaviestOp(graph) < WORTH_A_THREAD ? 1 : Math.min(MOST_THREADS, cores())

/**
 * Multiply-adds from which a second thread may pay if it does not have to be woken: steps of a flow with products of 1e6 take
 * 1.05 instead of 1.21 ms, of an ensemble with 8e6 1.21 instead of 1.52, where the second core is idle.
 */
const WORTH_A_TRIAL = 2.5e5

/** Whether it should be found out at run time how many threads are best. */
export const isWorthATrial = (graph: Graph): boolean => heaviestOp(graph) >= WORTH_A_TRIAL && cores() >= MOST_THREADS
