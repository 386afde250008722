/** Graphs that show what an engine does inside: every value of a graph, or every op by itself. */
import type { Engine } from '../engines/engine.js'
import { newValue, type Graph, type NdArray, type Node, type Value } from '../graph/graph.js'
import { bytesOf } from './sizes.js'
import { isConstant } from '../primitives/constant.js'

export type Values = ReadonlyMap<number, NdArray>

/** Values of one run that are held at a time, beyond those that are kept. */
const MOST_BYTES = 64 * 2 ** 20

export const valueOf = (values: Values, { id }: Value): NdArray => {
  const found = values.get(id)
  if (found === undefined) throw new Error(`malformed graph: value ${id} is used before it is made`)
  return found
}

/** Compiles, uses and releases. */
export const withExecutable = async <A>(
  engine: Engine,
  graph: Graph,
  use: (run: (inputs: readonly NdArray[]) => Promise<readonly NdArray[]>) => Promise<A>
): Promise<A> => {
  const executable = await engine.compile(graph, [])
  try {
    return await use(executable.run)
  } finally {
    await executable.dispose()
  }
}

/** Nodes in groups whose `weight` stays within the bound; constants are left out, they are what they are. */
const groups = (nodes: readonly Node[], values: (node: Node) => readonly Value[]): readonly (readonly Node[])[] => {
  const all: Node[][] = []
  let room = 0
  for (const node of nodes) {
    if (isConstant(node)) continue
    const weight = values(node).reduce((sum, value) => sum + bytesOf(value), 0)
    if (weight > room) {
      all.push([])
      room = MOST_BYTES
    }
    room -= weight
    all[all.length - 1]!.push(node)
  }
  return all
}

const constantsOf = (nodes: readonly Node[]): Map<number, NdArray> =>
  new Map(nodes.filter(isConstant).map((node) => [node.outputs[0]!.id, node.primitive.reference([], node.attrs)[0]!]))

const runOn = async (engine: Engine, graph: Graph, inputs: readonly NdArray[], values: Map<number, NdArray>) => {
  const results = await withExecutable(engine, graph, (run) => run(inputs))
  graph.outputs.forEach(({ id }, i) => values.set(id, results[i]!))
}

/** Every value of `graph` as an engine computes it. Values that it would have fused away are kept, one by one. */
export const engineValues = async (engine: Engine, graph: Graph, inputs: readonly NdArray[]): Promise<Values> => {
  const values = constantsOf(graph.nodes)
  graph.inputs.forEach(({ id }, i) => values.set(id, inputs[i]!))
  for (const nodes of groups(graph.nodes, ({ outputs }) => outputs)) {
    const outputs = nodes.flatMap((node) => node.outputs)
    await runOn(engine, { ...graph, outputs }, inputs, values)
  }
  return values
}

/** Every value of `graph` in float64. */
export const exactValues = (graph: Graph, inputs: readonly NdArray[]): Values => {
  const values = new Map(graph.inputs.map(({ id }, i) => [id, inputs[i]!]))
  for (const node of graph.nodes) {
    const args = node.inputs.map((value) => valueOf(values, value))
    const results = node.primitive.reference(args, node.attrs)
    node.outputs.forEach(({ id }, i) => values.set(id, results[i]!))
  }
  return values
}

/** A graph in which each of `nodes` stands alone: what it takes from another is an input of the graph. */
const isolated = (nodes: readonly Node[]): readonly [graph: Graph, inputs: readonly Value[]] => {
  const fresh = new Map<number, readonly [given: Value, original: Value]>()
  const inputOf = (value: Value): Value => {
    const known = fresh.get(value.id)?.[0] ?? newValue(value)
    fresh.set(value.id, [known, value])
    return known
  }
  const alone = nodes.map((node): Node => ({ ...node, inputs: node.inputs.map(inputOf) }))
  const pairs = [...fresh.values()]
  const graph = { inputs: pairs.map(([given]) => given), nodes: alone, outputs: nodes.flatMap((node) => node.outputs) }
  return [graph, pairs.map(([, original]) => original)]
}

/** What an engine makes of each node by itself, when its inputs are `given`. */
export const isolatedValues = async (
  engine: Engine,
  graph: Graph,
  given: (value: Value) => NdArray
): Promise<Values> => {
  const values = constantsOf(graph.nodes)
  for (const nodes of groups(graph.nodes, ({ inputs, outputs }) => [...inputs, ...outputs])) {
    const [alone, inputs] = isolated(nodes)
    await runOn(engine, alone, inputs.map(given), values)
  }
  return values
}

/** Outputs of `graph` in float64 if `changed` takes the place of what one node makes: only what depends on it is computed. */
export const exactOutputsWith = (graph: Graph, exact: Values, changed: Values): readonly NdArray[] => {
  const values = new Map(changed)
  const read = (value: Value): NdArray => values.get(value.id) ?? valueOf(exact, value)
  for (const node of graph.nodes) {
    if (node.outputs.some(({ id }) => changed.has(id)) || !node.inputs.some(({ id }) => values.has(id))) continue
    const results = node.primitive.reference(node.inputs.map(read), node.attrs)
    node.outputs.forEach(({ id }, i) => values.set(id, results[i]!))
  }
  return graph.outputs.map(read)
}
