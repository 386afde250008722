/**
 * Some TensorFlow.js ops call several kernels where one primitive says it better. `tf.logSoftmax` records max, sub, exp,
 * sum, log and sub, and its derivative would pass through all of them: a traced graph is searched for that form, whoever
 * wrote it, before any transformation sees it.
 */
import type { Graph, Node, Value } from '../graph/graph.js'
import { NO_ATTRS } from '../primitives/elementwise.js'
import { logSoftmax } from '../primitives/reduce.js'
import type { ReduceAttrs } from '../primitives/reduce.js'

type Makers = ReadonlyMap<number, Node>

const isOverLastAxis = (node: Node, x: Value): boolean => {
  const { axes, keepDims } = node.attrs as ReduceAttrs
  return keepDims && axes.length === 1 && axes[0] === x.shape.length - 1
}

/** The node of that op that makes `value`. */
const made = (makers: Makers, value: Value | undefined, op: string): Node | undefined => {
  const node = value && makers.get(value.id)
  return node?.primitive.name === op ? node : undefined
}

/** x, if `node` is (x − max x) − log Σ exp(x − max x) over the last axis. */
const logSoftmaxInput = (node: Node, makers: Makers): Value | undefined => {
  if (node.primitive.name !== 'sub') return undefined
  const [shifted, logTotal] = node.inputs
  const total = made(makers, made(makers, logTotal, 'log')?.inputs[0], 'sum')
  const powers = made(makers, total?.inputs[0], 'exp')
  const shift = made(makers, shifted, 'sub')
  const [x, top] = shift?.inputs ?? []
  const largest = made(makers, top, 'max')
  if (!total || !x || !largest || powers?.inputs[0]?.id !== shifted?.id || largest.inputs[0]?.id !== x.id)
    return undefined
  return isOverLastAxis(total, x) && isOverLastAxis(largest, x) ? x : undefined
}

/** Nodes whose outputs something needs, in order. */
const neededNodes = (nodes: readonly Node[], outputs: readonly Value[]): readonly Node[] => {
  const needed = new Set(outputs.map((value) => value.id))
  const kept: Node[] = []
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i]!
    if (!node.outputs.some((value) => needed.has(value.id))) continue
    for (const { id } of node.inputs) needed.add(id)
    kept.push(node)
  }
  return kept.reverse()
}

/** Most graphs are small, and have no logarithm of a sum. */
const mayHaveLogSoftmax = (nodes: readonly Node[]): boolean =>
  nodes.some(({ primitive }) => primitive.name === 'log') && nodes.some(({ primitive }) => primitive.name === 'max')

/** The same graph with log-softmaxes as one node each, without the nodes that nothing needs. */
export const recognise = (graph: Graph): Graph => {
  if (!mayHaveLogSoftmax(graph.nodes)) return { ...graph, nodes: neededNodes(graph.nodes, graph.outputs) }
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((value): [number, Node] => [value.id, node])))
  const nodes = graph.nodes.map((node): Node => {
    const x = logSoftmaxInput(node, makers)
    return x === undefined ? node : { ...node, primitive: logSoftmax, inputs: [x], attrs: NO_ATTRS }
  })
  return { ...graph, nodes: neededNodes(nodes, graph.outputs) }
}
