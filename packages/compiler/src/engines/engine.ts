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
   */
  readonly run: (inputs: readonly NdArray[]) => Promise<readonly NdArray[]>
  readonly dispose: () => Promise<void>
  readonly report: CompileReport
}

export interface Engine {
  readonly name: string
  /** @param bound values of the graph's last inputs, the same for every run */
  readonly compile: (graph: Graph, bound: readonly NdArray[]) => Promise<Executable>
}

/** The report of engines that interpret: nothing is emitted. */
export const noReport = (engine: string, graph: Graph): CompileReport => ({
  engine,
  emitMs: 0,
  sessionMs: 0,
  engineNodes: graph.nodes.length
})
