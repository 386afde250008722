/**
 * The engine that `jit` uses unless told otherwise: WebAssembly of our own for graphs whose many small ops would mostly wait
 * for their dispatch; ONNX Runtime for others, with what is computed around their products in that WebAssembly; where no ONNX Runtime is
 * installed, that WebAssembly or, for ops that it has not, eager execution.
 */
import { aroundEngine } from './around.js'
import { isQuickerOnWasm } from './choice.js'
import { eagerEngine } from './eager.js'
import type { Engine } from './engine.js'
import { isNode, isRuntimeMissing } from './load-runtime.js'
import { onnxEngine } from './onnx-runtime.js'
import { referenceEngine } from './reference.js'
import { unsupportedByWasm, wasmEngine } from './wasm.js'

export type EngineName = 'auto' | 'onnx' | 'wasm' | 'eager' | 'reference'

const ADVICE =
  'jit: no ONNX Runtime loads here, so compiled functions run op by op, slowly. ' +
  'Install onnxruntime-node (Node) or onnxruntime-web (browser).'

/** Tries `first`; where no runtime is installed it warns once and interprets. */
export const withFallback = (first: Engine, warn: (message: string) => void): Engine => {
  let hasWarned = false
  return {
    name: 'auto',
    compile: async (graph, bound, given) => {
      try {
        return await first.compile(graph, bound, given)
      } catch (error) {
        if (!isRuntimeMissing(error)) throw error
        if (!hasWarned) warn(`${ADVICE} (${error instanceof Error ? error.message : String(error)})`)
        hasWarned = true
        return eagerEngine.compile(graph, bound)
      }
    },
    profile: async (graph, inputs, runs) => {
      try {
        return await first.profile?.(graph, inputs, runs)
      } catch (error) {
        if (!isRuntimeMissing(error)) throw error
        return eagerEngine.profile?.(graph, inputs, runs)
      }
    }
  }
}

const onnx = onnxEngine()
const wasm = wasmEngine()
/**
 * A page that is not isolated from other origins has ONNX Runtime with one thread only, and for a large download: all of
 * bench's workloads take it 1.3 to 2.2 times as long as our own WebAssembly.
 */
const isSingleThreadedPage = (): boolean => !isNode() && globalThis.crossOriginIsolated !== true

/** `own` where it promises to be quicker, or where `runtime` does not load and it has all ops; else `runtime`. */
export const autoEngine = (own: Engine, runtime: Engine, warn: (message: string) => void): Engine => {
  const fallback = withFallback(runtime, warn)
  return {
    name: 'auto',
    compile: async (graph, bound, given) => {
      const canAll = unsupportedByWasm(graph).length === 0
      if (canAll && (isSingleThreadedPage() || isQuickerOnWasm(graph))) return own.compile(graph, bound, given)
      if (!canAll) return fallback.compile(graph, bound, given)
      return runtime.compile(graph, bound, given).catch((error: unknown) => {
        if (!isRuntimeMissing(error)) throw error
        return own.compile(graph, bound, given)
      })
    },
    ...(fallback.profile && { profile: fallback.profile })
  }
}

const named: Readonly<Record<EngineName, Engine>> = {
  auto: autoEngine(wasm, aroundEngine(onnx), (message) => console.warn(message)),
  onnx,
  wasm,
  eager: eagerEngine,
  reference: referenceEngine
}

let byDefault: EngineName | Engine = 'auto'

/**
 * Sets the engine of functions that are compiled from now on without one of their own. What is compiled keeps its engine.
 *
 * @example setDefaultEngine('wasm') // no ONNX Runtime from here on
 */
export const setDefaultEngine = (engine: EngineName | Engine): void => {
  byDefault = engine
}

/** @param engine of a function; the default one if it has none */
export const resolveEngine = (engine: EngineName | Engine = byDefault): Engine =>
  typeof engine === 'string' ? named[engine] : engine
