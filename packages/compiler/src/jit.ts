/**
 * `jit(f)`: the same function, compiled. The first call with arguments of some structure, shapes and dtypes traces `f`,
 * optimises the graph and hands it to an engine; later calls of that signature only run it.
 */
import { backend, type Tensor } from '@tensorflow/tfjs-core'
import { resolveEngine, type EngineName } from './engines/auto.js'
import type { CompileReport, Engine, Executable } from './engines/engine.js'
import { fromTensor, toTensor } from './engines/host-data.js'
import { expectInteger } from './errors.js'
import type { NdArray } from './graph/graph.js'
import { jitCache, type JitCache } from './jit-cache.js'
import { locateFailure } from './locate-failure.js'
import { optimise, type PassReport } from './passes/optimise.js'
import { countNodes, type Pass } from './passes/pass.js'
import { refuseInsideTrace, traceClosed } from './trace/trace-closed.js'
import { describeDef, flatten, leaves as treeLeaves, unflatten, type Tree, type TreeDef } from './tree.js'

export interface JitOptions {
  /** Default: that of `setDefaultEngine`, at first 'auto': ONNX Runtime if one loads, else eager. */
  readonly engine?: EngineName | Engine
  /** How errors and statistics call the function. */
  readonly name?: string
  /** Instead of the default passes. */
  readonly passes?: readonly Pass[]
  /** How many signatures are kept compiled; the least recently used goes first. Default 64. */
  readonly cacheSize?: number
  /**
   * Positions of arguments that a call uses up: their tensors are disposed when it has succeeded, and results may take their
   * memory, or stay in the engine's, which saves large training states an allocation and two copies a step. As
   * `donate_argnums` of JAX. Gotcha: arrays that their `dataSync` gave, or that they were made of, are then written to; the
   * array of a result may be a view of memory that threads share, which a few functions of the host refuse (`slice` copies it).
   * What shares a tensor's memory (a clone) is safe.
   */
  readonly donate?: readonly number[]
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
  /** The error of a run, with the user's line if it can be found. */
  readonly locate: (error: unknown) => unknown
}

const signatureOf = (def: TreeDef, leaves: readonly Tensor[]): string =>
  leaves.reduce((text, { dtype, shape }) => `${text} ${dtype}[${shape.join()}]`, describeDef(def))

/** Traces now, while arguments and captures are alive; compiles later. */
const compile = <Args extends readonly Tree[], R extends Tree>(
  f: (...args: Args) => R,
  options: JitOptions,
  signature: string,
  argsDef: TreeDef,
  inputs: readonly NdArray[],
  given: readonly number[]
): Promise<Compiled> => {
  const name = options.name ?? 'jit'
  const engine = resolveEngine(options.engine)
  const start = performance.now()
  const { traced, graph: closed, bound, captures, resultDef } = traceClosed(f, argsDef, inputs, name)
  const traceMs = performance.now() - start
  const { graph, reports } = optimise(closed, options.passes)
  const avals = inputs.map(({ shape, dtype }) => ({ shape, dtype })) // not their data, which would be kept alive
  const locate = (error: unknown): unknown =>
    locateFailure(error, () => optimise(traceClosed(f, argsDef, avals, name).graph, options.passes).graph)
  return engine.compile(graph, bound, given).then(
    (executable) => ({
      executable,
      resultDef,
      locate,
      stats: {
        ...executable.report,
        signature,
        traceMs,
        tracedNodes: countNodes(traced),
        passes: reports,
        optimisedNodes: countNodes(graph),
        captures
      }
    }),
    (error: unknown) => {
      throw locate(error)
    }
  )
}

/** The arrays of tensors that share theirs with no other one, each once. */
const soleArrays = (
  leaves: readonly Tensor[],
  inputs: readonly NdArray[],
  isGiven: (leaf: Tensor) => boolean
): readonly NdArray['data'][] => {
  const isSole = (leaf: Tensor): boolean => isGiven(leaf) && backend().refCount(leaf.dataId) === 1
  return [...new Set(leaves.flatMap((leaf, i) => (isSole(leaf) ? [inputs[i]!.data] : [])))]
}

/** Positions, among all leaves, of those that a call gives up. */
const givenLeaves = (args: readonly Tree[], donate: readonly number[]): readonly number[] => {
  const owners = args.flatMap((arg, position) => treeLeaves(arg).map(() => position))
  return owners.flatMap((position, leaf) => (donate.includes(position) ? [leaf] : []))
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
  const { cacheSize = 64, donate = [] } = options
  expectInteger(name, { cacheSize }, 1)
  donate.forEach((position) => expectInteger(name, { donate: position }))
  const cache = jitCache<Compiled>(cacheSize, ({ executable }) => executable.dispose())
  const run = async (args: Args): Promise<R> => {
    const [leaves, def] = flatten(args, name)
    const signature = signatureOf(def, leaves)
    const inputs = leaves.map(fromTensor)
    return cache.use(
      signature,
      () => compile(f, options, signature, def, inputs, givenLeaves(args, donate)),
      async ({ executable, resultDef, locate }) => {
        const given = new Set(donate.flatMap((position) => treeLeaves(args[position] ?? [])))
        const spare = soleArrays(leaves, inputs, (leaf) => given.has(leaf))
        const results = await executable.run(inputs, spare).catch((error: unknown) => {
          throw locate(error)
        })
        given.forEach((tensor) => tensor.dispose())
        return unflatten<R>(resultDef, results.map(toTensor))
      }
    )
  }
  // Not async: inside a trace this must throw at once, or the trace would go on without the result.
  const call = (...args: Args): Promise<R> => {
    refuseInsideTrace(name)
    return run(args)
  }
  return Object.freeze(Object.assign(call, { dispose: cache.clear, stats: () => statsOf(cache) }))
}
