/**
 * `jit(f)`: the same function, compiled. The first call with arguments of some structure, shapes and dtypes traces `f`,
 * optimises the graph and hands it to an engine; later calls of that signature only run it.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { BdlError } from './errors.js'
import { resolveEngine, type EngineName } from './engines/auto.js'
import type { CompileReport, Engine, Executable } from './engines/engine.js'
import { fromTensor, toTensor } from './engines/host-data.js'
import { sizeOf, type Graph, type NdArray } from './graph/graph.js'
import { jitCache, type JitCache } from './jit-cache.js'
import { optimise, type PassReport } from './passes/optimise.js'
import { countNodes, type Pass } from './passes/pass.js'
import { constant } from './primitives/constant.js'
import { isTracing } from './trace/context.js'
import { traceGraph } from './trace/trace-graph.js'
import { describeDef, flatten, unflatten, type Tree, type TreeDef } from './tree.js'

export interface JitOptions {
  /** Default 'auto': ONNX Runtime if one loads, else eager. */
  readonly engine?: EngineName | Engine
  /** How errors and statistics call the function. */
  readonly name?: string
  /** Instead of the default passes. */
  readonly passes?: readonly Pass[]
  /** How many signatures are kept compiled; the least recently used goes first. Default 64. */
  readonly cacheSize?: number
}

/** What one compiled signature cost; times in milliseconds. */
export interface JitStats extends CompileReport {
  readonly signature: string
  readonly traceMs: number
  readonly tracedNodes: number
  readonly passes: readonly PassReport[]
  readonly optimisedNodes: number
  readonly captures: number
}

export interface JitFunction<Args extends readonly Tree[], R extends Tree> {
  (...args: Args): Promise<R>
  /** Releases the engine's memory once running calls have ended. A later call compiles anew. */
  readonly dispose: () => Promise<void>
  /** One record per signature that is compiled now. */
  readonly stats: () => readonly JitStats[]
}

interface Compiled {
  readonly executable: Executable
  readonly resultDef: TreeDef
  readonly stats: JitStats
}

/** Captured tensors up to this size become constants, which passes and engines can fold. */
const INLINE_CAPTURE_SIZE = 256

/** Splits captures into constants of the graph and trailing inputs that are bound to a value for every run. */
const bindCaptures = (
  graph: Graph,
  captured: readonly NdArray[]
): readonly [graph: Graph, bound: readonly NdArray[]] => {
  const free = graph.inputs.length - captured.length
  const isInlined = captured.map(({ shape }) => sizeOf(shape) <= INLINE_CAPTURE_SIZE)
  const constants = captured.flatMap((value, i) =>
    isInlined[i] === true
      ? [{ primitive: constant, inputs: [], attrs: { value }, outputs: [graph.inputs[free + i]!] }]
      : []
  )
  return [
    {
      inputs: graph.inputs.filter((_, i) => i < free || isInlined[i - free] === false),
      nodes: [...constants, ...graph.nodes],
      outputs: graph.outputs
    },
    captured.filter((_, i) => isInlined[i] === false)
  ]
}

const signatureOf = (def: TreeDef, leaves: readonly Tensor[]): string =>
  leaves.reduce((text, { dtype, shape }) => `${text} ${dtype}[${shape.join()}]`, describeDef(def))

/** Traces now, while arguments and captures are alive; compiles later. */
const compile = <Args extends readonly Tree[], R extends Tree>(
  f: (...args: Args) => R,
  options: JitOptions,
  signature: string,
  argsDef: TreeDef,
  inputs: readonly NdArray[]
): Promise<Compiled> => {
  const name = options.name ?? 'jit'
  const engine = resolveEngine(options.engine ?? 'auto')
  const start = performance.now()
  let resultDef: TreeDef | undefined
  const { graph: traced, captures } = traceGraph(
    (...leaves) => {
      const [results, def] = flatten(f(...unflatten<Args>(argsDef, leaves)), name)
      resultDef = def
      return results
    },
    inputs,
    name
  )
  const [closed, bound] = bindCaptures(traced, captures.map(fromTensor))
  const traceMs = performance.now() - start
  const { graph, reports } = optimise(closed, options.passes)
  return engine.compile(graph, bound).then((executable) => ({
    executable,
    resultDef: resultDef!,
    stats: {
      ...executable.report,
      signature,
      traceMs,
      tracedNodes: countNodes(traced),
      passes: reports,
      optimisedNodes: countNodes(graph),
      captures: captures.length
    }
  }))
}

const refuseInsideTrace = (name: string): void => {
  if (isTracing())
    throw new BdlError({
      code: 'NotTraceable',
      fn: name,
      argument: 'context',
      expected: 'a call from outside of jit, grad, vmap and loops',
      got: 'a call inside a trace',
      hint: 'Call the uncompiled function there: the outer jit compiles it along'
    })
}

/** The compiled signatures, oldest use first, with their statistics. */
const statsOf = (cache: JitCache<Compiled>): readonly JitStats[] => cache.values().map(({ stats }) => stats)

/**
 * Compiles a pure function of trees of tensors.
 *
 * `f` runs once per signature (tree structure, shapes, dtypes) on tensors without values; tensors that it closes over are
 * read once, at that time. Arguments are borrowed; results are new tensors on the current backend, owned by the caller.
 *
 * @error NotTraceable if `f` reads a value or calls a compiled function; UnsupportedOp for an op without a rule;
 *   InvalidArgument for an argument or result that is no tree of tensors; EngineFailure if the engine refuses the graph
 * @precision float32, as eager execution; sums may be taken in another order
 * @example
 * const step = jit((x: tf.Tensor) => tf.sum(tf.square(x)))
 * const y = await step(tf.tensor1d([1, 2, 3])) // 14
 */
export const jit = <Args extends readonly Tree[], R extends Tree>(
  f: (...args: Args) => R,
  options: JitOptions = {}
): JitFunction<Args, R> => {
  const name = options.name ?? 'jit'
  const cache = jitCache<Compiled>(options.cacheSize ?? 64, ({ executable }) => executable.dispose())
  const run = async (args: Args): Promise<R> => {
    const [leaves, def] = flatten(args, name)
    const signature = signatureOf(def, leaves)
    const inputs = leaves.map(fromTensor)
    return cache.use(
      signature,
      () => compile(f, options, signature, def, inputs),
      async ({ executable, resultDef }) => unflatten<R>(resultDef, (await executable.run(inputs)).map(toTensor))
    )
  }
  // Not async: inside a trace this must throw at once, or the trace would go on without the result.
  const call = (...args: Args): Promise<R> => {
    refuseInsideTrace(name)
    return run(args)
  }
  return Object.freeze(Object.assign(call, { dispose: cache.clear, stats: () => statsOf(cache) }))
}
