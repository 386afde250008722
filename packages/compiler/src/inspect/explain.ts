/** `explain(f, ...args)`: what the compiler makes of a program, and where its time goes. */
import { resolveEngine, type EngineName } from '../engines/auto.js'
import type { Engine } from '../engines/engine.js'
import { fromTensor } from '../engines/host-data.js'
import { undisturbed } from '../engines/profile.js'
import type { Graph, NdArray } from '../graph/graph.js'
import { defaultPasses, optimise } from '../passes/optimise.js'
import { countNodes, type Pass } from '../passes/pass.js'
import { recordingSources } from '../trace/sources.js'
import { refuseInsideTrace, traceClosed } from '../trace/trace-closed.js'
import { flatten, type Tree } from '../tree.js'
import { graphDot } from './graph-dot.js'
import { graphText } from './graph-text.js'
import { labelsOf, leafPaths } from './labels.js'
import { nodeTimes, placedNodes, type NodeTime } from './node-times.js'
import { bytesOfValues, peakBytes } from './sizes.js'
import { isConstant } from '../primitives/constant.js'

export interface ExplainOptions {
  /** Default 'onnx'. */
  readonly engine?: EngineName | Engine
  /** Instead of the default passes. */
  readonly passes?: readonly Pass[]
  /** Runs that are timed. Default 20. */
  readonly runs?: number
  /** How the report calls the function. */
  readonly name?: string
  /** Boxes of the picture; a larger graph has its loops as boxes, or the lines of the program. Default 200. */
  readonly mostDrawn?: number
}

/** What one pass did. */
export interface ExplainedPass {
  readonly name: string
  /** Nodes, those of loop and branch bodies included. */
  readonly before: number
  readonly after: number
  /** Bytes of the values that nodes make, one turn of each loop. */
  readonly bytesBefore: number
  readonly bytesAfter: number
  readonly ms: number
}

/** What `explain` finds out. Times in milliseconds, memory in bytes. */
export interface Explanation {
  readonly name: string
  readonly engine: string
  readonly tracedNodes: number
  readonly tracedBytes: number
  readonly traceMs: number
  readonly passes: readonly ExplainedPass[]
  readonly nodes: number
  readonly bytes: number
  /** The most bytes alive at a time if every value has its own memory until its last use. */
  readonly peakBytes: number
  readonly emitMs: number
  /** Making the session, and loading the runtime if it was not loaded. */
  readonly sessionMs: number
  /** What the engine was given: ONNX nodes. */
  readonly engineNodes: number
  /** One call, without the profile: the mean of the faster three quarters, as others may have been held up. */
  readonly runMs: number
  /** Runs of the profile; none if the engine has none here. */
  readonly profile?: {
    readonly runs: number
    /** One profiled run that nothing held up: the sum of the times of all nodes and of the next two. */
    readonly runMs: number
    /** In no kernel. */
    readonly betweenMs: number
    /** What profiling itself seems to cost, from the difference to a run without. */
    readonly costMs: number
    /** The most bytes that the engine's arena held, if it says. */
    readonly arenaBytes?: number
  }
  /** The slowest first; empty without a profile. */
  readonly times: readonly NodeTime[]
  /** Nodes that no kernel is named after: fused into another, or removed by the engine. */
  readonly absorbed: readonly string[]
  /** The optimised graph, one line a node. */
  readonly graph: string
  /** The same for Graphviz, coloured by time; a note instead of the graph if it is too large to be drawn. */
  readonly dot: string
}

interface Sized {
  readonly nodes: number
  readonly bytes: number
}

const sizeOf = (graph: Graph): Sized => ({ nodes: countNodes(graph), bytes: bytesOfValues(graph) })

/** Runs the passes as `jit` does; sizes are taken afterwards, so that they cost no pass any time. */
const explainPasses = (
  graph: Graph,
  passes: readonly Pass[]
): readonly [optimised: Graph, explained: readonly ExplainedPass[]] => {
  const stages: Graph[] = [graph]
  const watched = passes.map(({ name, run }): Pass => ({
    name,
    run: (before) => {
      const after = run(before)
      stages.push(after)
      return after
    }
  }))
  const { graph: optimised, reports } = optimise(graph, watched)
  const sizes = stages.map(sizeOf)
  return [
    optimised,
    reports.map((report, i) => ({ ...report, bytesBefore: sizes[i]!.bytes, bytesAfter: sizes[i + 1]!.bytes }))
  ]
}

interface Timed {
  readonly engine: string
  readonly emitMs: number
  readonly sessionMs: number
  readonly engineNodes: number
  readonly runMs: number
}

const timeRuns = async (engine: Engine, graph: Graph, inputs: readonly NdArray[], runs: number): Promise<Timed> => {
  const executable = await engine.compile(graph, [])
  try {
    await executable.run(inputs) // the first run fetches memory
    const times: number[] = []
    for (let i = 0; i < runs; i++) {
      const start = performance.now()
      await executable.run(inputs)
      times.push(performance.now() - start)
    }
    return { ...executable.report, runMs: undisturbed(times) }
  } finally {
    await executable.dispose()
  }
}

/** Traces while arguments and captures are alive. Twice: looking for the user's lines takes time that `jit` does not spend. */
const begin = <Args extends readonly Tree[], R extends Tree>(f: (...args: Args) => R, args: Args, name: string) => {
  const [leaves, def] = flatten(args, name)
  const inputs = leaves.map(fromTensor)
  const start = performance.now()
  traceClosed(f, def, inputs, name)
  const traceMs = performance.now() - start
  const { traced, graph, bound, resultDef } = recordingSources(() => traceClosed(f, def, inputs, name))
  const paths = { inputs: leafPaths(def), outputs: leafPaths(resultDef) }
  return { traced, graph, inputs: [...inputs, ...bound], paths, traceMs }
}

const profiled = async (engine: Engine, graph: Graph, inputs: readonly NdArray[], runs: number, plainMs: number) => {
  const labels = labelsOf(graph)
  const profile = await engine.profile?.(graph, inputs, runs)
  if (profile === undefined) return { times: [], absorbed: [] }
  const { times, runMs, betweenMs, costMs } = nodeTimes(graph, labels, profile, plainMs)
  const seen = new Set(times.flatMap(({ ids }) => ids))
  return {
    profile: {
      runs: profile.runs,
      runMs,
      betweenMs,
      costMs,
      ...(profile.arenaBytes !== undefined && { arenaBytes: profile.arenaBytes })
    },
    times,
    absorbed: placedNodes(graph, labels)
      .filter(({ node }) => !isConstant(node))
      .map(({ node }) => labels.node(node))
      .filter((id) => !seen.has(id))
  }
}

const run = async <Args extends readonly Tree[], R extends Tree>(
  f: (...args: Args) => R,
  args: Args,
  options: ExplainOptions
): Promise<Explanation> => {
  const {
    engine: wanted = 'onnx',
    passes: wantedPasses = defaultPasses,
    runs = 20,
    name = 'explain',
    mostDrawn: most
  } = options
  const { traced, graph: closed, inputs, paths, traceMs } = begin(f, args, name)
  const engine = resolveEngine(wanted)
  const [graph, passes] = explainPasses(closed, wantedPasses)
  const before = sizeOf(traced)
  const timed = await timeRuns(engine, graph, inputs, runs)
  const found = await profiled(engine, graph, inputs, runs, timed.runMs)
  return {
    name,
    tracedNodes: before.nodes,
    tracedBytes: before.bytes,
    traceMs,
    passes,
    ...sizeOf(graph),
    peakBytes: peakBytes(graph),
    engine: timed.engine,
    emitMs: timed.emitMs,
    sessionMs: timed.sessionMs,
    engineNodes: timed.engineNodes,
    runMs: timed.runMs,
    ...found,
    graph: graphText(graph),
    dot: graphDot(graph, { ...paths, name, times: found.times, ...(most !== undefined && { most }) })
  }
}

/**
 * `explain` with options.
 *
 * @example const explanation = await explainWith({ runs: 100 })(f, x)
 */
export const explainWith =
  (options: ExplainOptions = {}) =>
  <Args extends readonly Tree[], R extends Tree>(f: (...args: Args) => R, ...args: Args): Promise<Explanation> => {
    refuseInsideTrace(options.name ?? 'explain')
    return run(f, args, options)
  }

/**
 * Compiles `f` as `jit` would and tells what came of it: the optimised graph, what each pass did to it, what every stage took,
 * and how long each node runs, from ONNX Runtime's profile (by the clock on engines that interpret; not at all in WebAssembly,
 * where the runtime keeps none).
 *
 * @param f traceable, of trees of tensors
 * @returns plain data; `formatExplanation` makes text of it, `graphPicture` of `@bdl/report` a picture of its `dot`
 * @error NotTraceable as in `jit`; EngineFailure if the engine refuses the graph
 * @example console.log(formatExplanation(await explain((x) => tf.sum(tf.tanh(x)), tf.ones([256, 64]))))
 */
export const explain = explainWith()
