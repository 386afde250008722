/** Finds an ONNX Runtime that loads here. */
import { BdlError } from '../errors.js'

/** What both packages offer alike. */
export type Runtime = Pick<typeof import('onnxruntime-node'), 'InferenceSession' | 'Tensor'>

export interface RuntimeOptions {
  /** Default: the native runtime in Node if its binary loads, else WebAssembly. */
  readonly runtime?: 'native' | 'wasm'
  /** Where the browser finds the `.wasm` and `.mjs` files of onnxruntime-web: a URL that ends in a slash. */
  readonly wasmPaths?: string
  /** Threads of the WebAssembly runtime (needs a cross-origin isolated page). Default 1. */
  readonly wasmThreads?: number
}

const isNode = (): boolean => typeof process !== 'undefined' && typeof process.versions?.node === 'string'

const loadNative = async (): Promise<Runtime> => {
  // A CommonJS package: depending on the loader, its exports are the namespace's or those of its default.
  const module: Partial<Runtime> & { readonly default?: Partial<Runtime> } = await import('onnxruntime-node')
  const { InferenceSession = module.default?.InferenceSession, Tensor = module.default?.Tensor } = module
  if (InferenceSession === undefined || Tensor === undefined)
    throw new Error('onnxruntime-node has no InferenceSession')
  return { InferenceSession, Tensor }
}

const loadWebAssembly = async (options: RuntimeOptions): Promise<Runtime> => {
  const module = await import('onnxruntime-web/wasm')
  module.env.wasm.numThreads = options.wasmThreads ?? 1
  if (options.wasmPaths !== undefined) module.env.wasm.wasmPaths = options.wasmPaths
  return module
}

const message = (cause: unknown): string => (cause instanceof Error ? cause.message.split('\n', 1)[0]! : String(cause))

/** True for the error that `loadRuntime` throws when there is no runtime at all. */
export const isRuntimeMissing = (error: unknown): boolean =>
  error instanceof BdlError && error.argument === 'ONNX Runtime'

/** The native runtime in Node, WebAssembly elsewhere and where the native one does not load. @error EngineFailure */
export const loadRuntime = async (options: RuntimeOptions = {}): Promise<Runtime> => {
  const reasons: string[] = []
  const loaders = {
    native: [loadNative],
    wasm: [loadWebAssembly],
    any: isNode() ? [loadNative, loadWebAssembly] : [loadWebAssembly]
  }[options.runtime ?? 'any']
  for (const load of loaders) {
    try {
      return await load(options)
    } catch (cause) {
      reasons.push(message(cause))
    }
  }
  throw new BdlError({
    code: 'EngineFailure',
    fn: 'jit',
    argument: 'ONNX Runtime',
    expected: 'onnxruntime-node (Node) or onnxruntime-web (browser) to be installed',
    got: reasons.join('; ')
  })
}
