/**
 * Which of two engines would take less time for a graph: ONNX Runtime, whose kernels are faster and whose every node costs a
 * dispatch, or WebAssembly of our own, which has no dispatch, fuses, and copies its inputs and outputs.
 *
 * The model is linear in what a graph does, and rough: it need only be right where the difference is large. Its constants, in
 * microseconds, were measured with ONNX Runtime 1.30, one thread, AVX2, against 128-bit vectors without fused multiply-adds:
 * forty ops on 4 numbers took 20.4 and 2.3, on 1000 numbers 26.7 and 4.1, on 100,000 numbers 517 and 166; tanh of 100,000
 * numbers 68 and 225; a product of 1.7e7 multiply-adds 340 and 1190; 100 turns of a loop of twelve ops 337 and 3.8. With the
 * threads that they have by default, a number of 100,000 took, in nanoseconds: exp, tanh, sigmoid 0.6 to 0.8 and 1.3 to 1.7; log,
 * sin 2.4 and 1.5; softplus 3.6 and 2.0; a maximum along an axis 1.2 to 1.9 and 0.4; select 0.65 and 0.2.
 */
import { numbersIn, sizeOf, subgraphsOf, type Graph, type Node } from '../graph/graph.js'
import { isConstant } from '../primitives/constant.js'
import { FUNCTIONS } from '../passes/elementwise-ops.js'
import { unsupportedByWasm } from './wasm.js'
import { workOf } from './threads.js'

/** What running a graph once amounts to. */
interface Work {
  readonly nodes: number
  /** Numbers made by cheap ops, and by functions with a polynomial in them. */
  readonly plain: number
  readonly functions: number
  /** Of these, how many two threads of ours share. */
  readonly shared: number
  readonly multiplyAdds: number
  /** Microseconds that ONNX Runtime takes beyond those of such numbers, for ops that are slow there. */
  readonly slow: number
}

const NOTHING: Work = { nodes: 0, plain: 0, functions: 0, shared: 0, multiplyAdds: 0, slow: 0 }

const PRODUCTS = new Set(['matMul', 'gemm', 'convolution', 'biasedConvolution'])

/** Factorisations by how often a turn, one for each column, passes over the matrix: loops in ONNX, kernels of our own here. */
const PASSES: Readonly<Record<string, number>> = { cholesky: 1, triangularSolve: 1, qr: 2 }
/** What a turn and a pass cost ONNX Runtime: 200 x 200 took 7.1, 25.8 (1000 columns) and 21 ms; here 0.5, 4.9 and 6.2. */
const TURN_NODES = 32
const PASS_OPS = 5

const sum = (a: Work, b: Work, times = 1): Work => ({
  nodes: a.nodes + times * b.nodes,
  plain: a.plain + times * b.plain,
  functions: a.functions + times * b.functions,
  shared: a.shared + times * b.shared,
  multiplyAdds: a.multiplyAdds + times * b.multiplyAdds,
  slow: a.slow + times * b.slow
})

/** Functions for which ONNX Runtime has vectors; others are scalar code, or several kernels. */
const QUICK = new Set(['exp', 'tanh', 'sigmoid', 'erf', 'softmax', 'logSoftmax'])

/** Microseconds a number, beyond the usual. */
const slownessOf = ({ primitive: { name } }: Node): number => {
  if (name === 'max' || name === 'min') return 1.2e-3
  if (name === 'select') return 4e-4
  return FUNCTIONS.has(name) && !QUICK.has(name) ? 1.8e-3 : 0
}

/** Numbers of an op from which on two threads of ours share a function. */
const SHARED = 2 ** 14

/** Turns of a loop whose length depends on data: what a solver or a tree takes, by order of magnitude. */
const TURNS = 100

const turnsOf = ({ primitive, attrs }: Node): number => {
  const { length } = attrs
  return primitive.name === 'whileLoop' ? TURNS : primitive.name === 'scan' && typeof length === 'number' ? length : 1
}

const ownWork = (node: Node): Work => {
  const { primitive, outputs } = node
  const size = numbersIn(outputs)
  if (isConstant(node)) return NOTHING
  if (PRODUCTS.has(primitive.name)) return { ...NOTHING, nodes: 1, multiplyAdds: workOf(node) }
  const read = node.inputs.reduce((n, { shape }) => Math.max(n, sizeOf(shape)), size)
  const passes = PASSES[primitive.name]
  if (passes !== undefined) {
    const turns = passes * node.inputs[0]!.shape[node.inputs[0]!.shape.length - 1]!
    return { ...NOTHING, nodes: TURN_NODES * turns, plain: PASS_OPS * turns * read }
  }
  const slow = slownessOf(node) * read
  return FUNCTIONS.has(primitive.name)
    ? { ...NOTHING, nodes: 1, functions: size, shared: size >= SHARED ? size : 0, slow }
    : { ...NOTHING, nodes: 1, plain: read, slow }
}

const workIn = ({ nodes }: Graph): Work =>
  nodes.reduce((total, node) => {
    const bodies = subgraphsOf(node)
    // the body of a loop passes over its own values, not over the whole of what the loop is given
    const own = bodies.length === 0 ? ownWork(node) : { ...NOTHING, nodes: 1 }
    return bodies.reduce((all, body) => sum(all, workIn(body), turnsOf(node)), sum(total, own))
  }, NOTHING)

const onnxTime = ({ nodes, plain, functions, multiplyAdds, slow }: Work): number =>
  10 + 0.25 * nodes + 1.3e-4 * plain + 6e-4 * functions + 2e-5 * multiplyAdds + slow

/** @param crossing numbers that are copied in and out */
const wasmTime = ({ nodes, plain, functions, shared, multiplyAdds }: Work, crossing: number): number =>
  2.5 + 0.01 * nodes + 4e-5 * plain + 1.8e-3 * (functions - 0.4 * shared) + 7e-5 * multiplyAdds + 8e-4 * crossing

/** How much quicker it must promise to be, since the model is rough. */
const MARGIN = 0.7

/** Whether a graph runs on our own WebAssembly, and clearly quicker than on ONNX Runtime's native build. */
export const isQuickerOnWasm = (graph: Graph): boolean => {
  if (unsupportedByWasm(graph).length > 0) return false
  const work = workIn(graph)
  return wasmTime(work, numbersIn(graph.inputs) + numbersIn(graph.outputs)) < MARGIN * onnxTime(work)
}
