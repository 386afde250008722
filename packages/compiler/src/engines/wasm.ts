/**
 * Runs graphs as WebAssembly of our own: one module a graph, no runtime. Small values live in locals, loops are loops of
 * the machine, so that a turn of a loop over a handful of numbers takes nanoseconds.
 */
import type { BdlError } from '../errors.js'
import { lower, withoutRule } from '../emit/wasm/lower.js'
import { TINY } from '../emit/wasm/program.js'
import type { Graph, NdArray } from '../graph/graph.js'
import type { Engine } from './engine.js'
import { failureAt } from './onnx-failure.js'
import { loadModule, type ModuleOptions } from './wasm-module.js'

export interface WasmOptions extends ModuleOptions {
  /**
   * Loops over at most so many elements are written out in full, and their values kept in locals. Default, and most, 16; 0
   * sends everything through memory.
   */
  readonly unrolled?: number
}

/** Names of the primitives in a graph, bodies of loops and branches included, that this engine has no rule for. */
export const unsupportedByWasm = (graph: Graph): readonly string[] => withoutRule(graph)

/** What is said of an index that names nothing. */
export const faultOf = (graph: Graph, id: number): BdlError =>
  failureAt(graph, id, () => 'indices within the axis', 'one outside')

/**
 * An engine that encodes each graph as one WebAssembly module.
 *
 * @error UnsupportedOp for a primitive without a rule (`unsupportedByWasm` names them beforehand); EngineFailure where
 *   WebAssembly with SIMD does not load
 */
export const wasmEngine = ({ unrolled = TINY, ...options }: WasmOptions = {}): Engine => ({
  name: 'wasm',
  compile: async (graph, bound, given = []) => {
    const start = performance.now()
    const program = lower(graph, bound, { unrolled: Math.min(unrolled, TINY), given })
    const loweredMs = performance.now() - start
    const module = await loadModule(program, options)
    const runNow = (values: readonly NdArray[], spare: readonly NdArray['data'][]): readonly NdArray[] => {
      module.enter(values, spare)
      const fault = module.run(0)
      if (fault !== 0) throw faultOf(graph, fault)
      const results = module.leave(spare)
      return graph.outputs.map(({ shape, dtype }, i) => ({ shape, dtype, data: results[i]! }))
    }
    return {
      report: {
        engine: 'wasm',
        emitMs: loweredMs + module.emitMs,
        sessionMs: module.sessionMs,
        engineNodes: program.stages.flat().length
      },
      run: (values, spare = []) => new Promise((resolve) => resolve(runNow(values, spare))),
      dispose: () => {
        module.dispose()
        return Promise.resolve()
      }
    }
  }
})
