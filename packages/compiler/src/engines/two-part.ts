/** One engine for the random numbers of a graph, another for the rest, where there are enough of them to pay. */
import { BdlError } from '../errors.js'
import type { Graph, NdArray, Value } from '../graph/graph.js'
import { randomFirst, type Cut } from '../passes/random-first.js'
import type { Engine, Executable, KernelTime, Profile } from './engine.js'
import { undisturbed } from './profile.js'

/** Values of some inputs of a graph, given those of all in order. */
const picked = (from: Graph, some: readonly Value[], values: readonly NdArray[]): readonly NdArray[] => {
  const at = new Map(from.inputs.map(({ id }, i) => [id, values[i]!]))
  return some.map(({ id }) => at.get(id)!)
}

/** What was drawn goes between the inputs of a call and those that are bound. */
const restOf = ({ rest }: Cut, graph: Graph, bound: number): Graph => {
  const [own, drawn] = [rest.inputs.slice(0, graph.inputs.length), rest.inputs.slice(graph.inputs.length)]
  const free = own.length - bound
  return { ...rest, inputs: [...own.slice(0, free), ...drawn, ...own.slice(free)] }
}

const executable = (
  graph: Graph,
  cut: Cut,
  bound: readonly NdArray[],
  first: Executable,
  rest: Executable
): Executable => ({
  report: {
    engine: rest.report.engine,
    emitMs: first.report.emitMs + rest.report.emitMs,
    sessionMs: first.report.sessionMs + rest.report.sessionMs,
    engineNodes: first.report.engineNodes + rest.report.engineNodes
  },
  run: async (inputs) => {
    const drawn = await first.run(picked(graph, cut.first.inputs, [...inputs, ...bound]))
    return rest.run([...inputs, ...drawn])
  },
  dispose: async () => {
    await Promise.all([first.dispose(), rest.dispose()])
  }
})

/** The draws as one kernel, by the clock, beside what the engine of the rest says of it. */
const profileOf = async (
  cut: Cut,
  graph: Graph,
  draws: Engine,
  products: Engine,
  inputs: readonly NdArray[],
  runs: number
): Promise<Profile | undefined> => {
  const first = await draws.compile(cut.first, [])
  const given = picked(graph, cut.first.inputs, inputs)
  let drawn = await first.run(given)
  const times: number[] = []
  for (let run = 0; run < runs; run++) {
    const start = performance.now()
    drawn = await first.run(given)
    times.push(performance.now() - start)
  }
  await first.dispose()
  const rest = await products.profile?.(cut.rest, [...inputs, ...drawn], runs)
  const kernel: KernelTime = {
    nodes: cut.first.nodes.map(({ outputs }) => outputs[0]!.id),
    op: `draws (${draws.name})`,
    ms: undisturbed(times),
    calls: 1,
    callsInside: 0,
    isInside: false
  }
  return rest && { ...rest, kernels: [kernel, ...rest.kernels] }
}

/**
 * `draws` makes the random numbers of graphs that need many, `products` runs all else. Where the former cannot, the latter
 * runs everything.
 */
export const twoPartEngine = (draws: Engine, products: Engine): Engine => ({
  name: products.name,
  compile: async (graph, bound) => {
    const cut = randomFirst(graph)
    if (cut === undefined) return products.compile(graph, bound)
    const [first, rest] = await Promise.allSettled([
      draws.compile(cut.first, []),
      products.compile(restOf(cut, graph, bound.length), bound)
    ])
    if (first.status === 'fulfilled' && rest.status === 'fulfilled')
      return executable(graph, cut, bound, first.value, rest.value)
    await Promise.all([first, rest].map((made) => made.status === 'fulfilled' && made.value.dispose()))
    const failed = [rest, first].find((made) => made.status === 'rejected')
    if (failed === first && failed.reason instanceof BdlError) return products.compile(graph, bound)
    throw failed?.reason
  },
  profile: async (graph, inputs, runs) => {
    const cut = randomFirst(graph)
    return cut === undefined
      ? products.profile?.(graph, inputs, runs)
      : profileOf(cut, graph, draws, products, inputs, runs)
  }
})
