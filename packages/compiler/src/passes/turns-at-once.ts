/**
 * Computes before a loop, for all of its turns at once, what a turn computes from its own row of the inputs alone: random
 * numbers from the turn's key, say. As many small ops a turn become as many long ones in all (a transition of HMC on 1,210
 * weights spent a fifth of its time on drawing its momentum in 350 small ops).
 */
import { sizeOf, type Graph, type Node, type Value } from '../graph/graph.js'
import { parts, type ScanAttrs } from '../primitives/scan-parts.js'
import { traceGraph } from '../trace/trace-graph.js'
import { replayAllBatched } from '../transforms/batching.js'
import { isConstant } from '../primitives/constant.js'
import { COMPUTES, MOVES } from './elementwise-ops.js'
import { isNode, recursive } from './pass.js'

/** A value larger than this in one turn is as quick there, and would be long in memory. */
const MAX_TURN = 2 ** 14
/** Nor may it be larger than this for all turns together: 16 MiB of float32. */
const MAX_TOTAL = 2 ** 22

/** Ops whose result for a member does not depend on how many members there are, with the ONNX nodes that they are worth. */
const WORTH: ReadonlyMap<string, number> = new Map([
  ...[...COMPUTES].map((name) => [name, 1] as const),
  ...[...MOVES].map((name) => [name, 0] as const),
  ['bitsToUnit', 4],
  ['erfinvXla', 50],
  ['threefry2x32', 100]
])

const isSmall = ({ outputs }: Node, length: number): boolean =>
  outputs.every(({ shape }) => sizeOf(shape) <= MAX_TURN && sizeOf(shape) * length <= MAX_TOTAL)

interface Cut {
  readonly moved: ReadonlySet<Node>
  /** Values that the rest of the body reads. */
  readonly frontier: readonly Value[]
}

/** The nodes that depend on rows and constants of the loop alone. */
const cutOf = (body: Graph, rows: readonly Value[], consts: readonly Value[], length: number): Cut => {
  const known = new Set([...rows, ...consts].map(({ id }) => id))
  const moved = new Set<Node>()
  for (const node of body.nodes) {
    const fits = isConstant(node) || (WORTH.has(node.primitive.name) && isSmall(node, length))
    if (!fits || !node.inputs.every(({ id }) => known.has(id))) continue
    moved.add(node)
    for (const { id } of node.outputs) known.add(id)
  }
  const read = new Set(
    [...body.nodes.filter((node) => !moved.has(node)).flatMap(({ inputs }) => inputs), ...body.outputs].map((v) => v.id)
  )
  const frontier = [...moved]
    .filter((node) => !isConstant(node))
    .flatMap(({ outputs }) => outputs)
    .filter(({ id }) => read.has(id))
  return { moved, frontier }
}

/** A row costs the loop one op to fetch: moving must save more than it adds. */
const pays = ({ moved, frontier }: Cut): boolean =>
  [...moved].reduce((total, { primitive }) => total + (WORTH.get(primitive.name) ?? 0), 0) > 2 * frontier.length

/** The moved nodes for all turns, between the values around the loop and the new rows. */
const batchedOver = (
  { moved, frontier }: Cut,
  inner: readonly Value[],
  outer: readonly Value[],
  numConsts: number,
  length: number
): readonly [nodes: readonly Node[], rows: readonly Value[]] => {
  const part: Graph = { inputs: inner, nodes: [...moved], outputs: frontier }
  const flags = inner.map((_, i) => i >= numConsts)
  const { graph } = traceGraph((...args) => replayAllBatched(part, args, flags, length), outer, 'scan')
  const bound = new Map(graph.inputs.map(({ id }, i) => [id, outer[i]!]))
  const resolve = (value: Value): Value => bound.get(value.id) ?? value
  return [graph.nodes.map((node) => ({ ...node, inputs: node.inputs.map(resolve) })), graph.outputs.map(resolve)]
}

const hoistRows = (node: Node & { readonly attrs: ScanAttrs }): readonly Node[] => {
  const { body, length } = node.attrs
  const [inner, outer] = [parts(body.inputs, node.attrs), parts(node.inputs, node.attrs)]
  if (inner.xs.length === 0 || length < 2) return [node]
  const cut = cutOf(body, inner.xs, inner.consts, length)
  if (!pays(cut)) return [node]
  const [nodes, rows] = batchedOver(
    cut,
    [...inner.consts, ...inner.xs],
    [...outer.consts, ...outer.xs],
    inner.consts.length,
    length
  )
  const rest = body.nodes.filter((own) => isConstant(own) || !cut.moved.has(own))
  const next: Graph = { ...body, inputs: [...body.inputs, ...cut.frontier], nodes: rest }
  return [...nodes, { ...node, inputs: [...node.inputs, ...rows], attrs: { ...node.attrs, body: next } }]
}

export const turnsAtOnce = recursive('turnsAtOnce', (graph) => {
  const nodes = graph.nodes.flatMap((node) => (isNode<ScanAttrs>(node, 'scan') ? hoistRows(node) : [node]))
  return nodes.length === graph.nodes.length ? graph : { ...graph, nodes }
})
