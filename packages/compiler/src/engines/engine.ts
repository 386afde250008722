/** An engine turns a closed graph into something that runs. Data go in and out as host arrays. */
import type { Graph, NdArray } from '../graph/graph.js'

/** Milliseconds that the parts of a compilation took, and how many nodes the engine was left with. */
export interface CompileReport {
  /** What runs the graph in the end: 'auto' may have fallen back. */
  readonly engine: string
  readonly emitMs: number
  readonly sessionMs: number
  readonly engineNodes: number
}

export interface Executable {
  /**
   * Runs on the graph's leading inputs; the trailing ones were bound when it was compiled. Inputs are read at once or not
   * at all after the promise settles, and are never written to; results are the caller's and alias no input.
   *
   * @param spare arrays that the caller gives up, inputs among them: results may be in them once all inputs have been read
   */
  readonly run: (inputs: readonly NdArray[], spare?: readonly NdArray['data'][]) => Promise<readonly NdArray[]>
  readonly dispose: () => Promise<void>
  readonly report: CompileReport
}

/** What one kernel of the engine takes in a run that nothing holds up. */
export interface KernelTime {
  /** Ids of the first values of the nodes that it computes: none for what the engine put in, several if it fused them. */
  readonly nodes: readonly number[]
  /** What the engine calls the op. */
  readonly op: string
  /** Milliseconds in all calls of a run, without kernels inside (those of a loop's body). */
  readonly ms: number
  /** Calls a run. */
  readonly calls: number
  /** Calls of kernels directly inside, for a loop or branch: the profile's own cost of each is in `ms`. */
  readonly callsInside: number
  /** Whether it runs inside of another one. */
  readonly isInside: boolean
}

export interface Profile {
  /** How many were profiled. */
  readonly runs: number
  readonly kernels: readonly KernelTime[]
  /** Milliseconds of a run that are in no kernel. */
  readonly betweenMs: number
  /** The most bytes that the engine held at a time, if it says. */
  readonly arenaBytes?: number
}

export interface Engine {
  readonly name: string
  /**
   * @param bound values of the graph's last inputs, the same for every run
   * @param given positions of inputs whose arrays runs are given as `spare`, most of the time
   */
  readonly compile: (graph: Graph, bound: readonly NdArray[], given?: readonly number[]) => Promise<Executable>
  /** Times every kernel while the graph runs on `inputs`, all of them; undefined where the engine cannot tell here. */
  readonly profile?: (graph: Graph, inputs: readonly NdArray[], runs: number) => Promise<Profile | undefined>
}

/** The report of engines that interpret: nothing is emitted. */
export const noReport = (engine: string, graph: Graph): CompileReport => ({
  engine,
  emitMs: 0,
  sessionMs: 0,
  engineNodes: graph.nodes.length
})
