/** Finds an ONNX Runtime that loads here. */
import { BdlError } from '../errors.js'

/** What all packages offer alike. */
export type Runtime = Pick<typeof import('onnxruntime-node'), 'InferenceSession' | 'Tensor'> & {
  /** Where sessions run their nodes, the best first; absent: on the processor. */
  readonly executionProviders?: readonly string[]
  /** Whether it writes its profile to a file; WebAssembly prints it to the console. */
  readonly profilesToFile?: boolean
}

export interface RuntimeOptions {
  /**
   * Default: the native runtime in Node if its binary loads, else WebAssembly. 'webgpu' is for browsers: it falls back to
   * WebAssembly, with one warning, where the page has no graphics adapter; nodes that the adapter cannot run stay on the
   * processor.
   */
  readonly runtime?: 'native' | 'wasm' | 'webgpu'
  /** Where the browser finds the `.wasm` and `.mjs` files of onnxruntime-web: a URL that ends in a slash. */
  readonly wasmPaths?: string
  /**
   * Threads of the WebAssembly runtime. Default 1 in Node and in a page that is not cross-origin isolated, else as many as
   * there are cores, up to 2. All sessions of a page share them: the first session decides.
   */
  readonly wasmThreads?: number
}

export const isNode = (): boolean => typeof process !== 'undefined' && typeof process.versions?.node === 'string'

const loadNative = async (): Promise<Runtime> => {
  // A CommonJS package: depending on the loader, its exports are the namespace's or those of its default.
  const module: Partial<Runtime> & { readonly default?: Partial<Runtime> } = await import('onnxruntime-node')
  const { InferenceSession = module.default?.InferenceSession, Tensor = module.default?.Tensor } = module
  if (InferenceSession === undefined || Tensor === undefined)
    throw new Error('onnxruntime-node has no InferenceSession')
  return { InferenceSession, Tensor, profilesToFile: true }
}

/**
 * Measured in Chromium on two cores, milliseconds with one thread, two and four: a gradient with products of 2e7
 * multiply-adds 11.2, 6.6 and 13.8; one with 2e6 1.47, 0.97 and 1.03; of small ops 0.195, 0.175 and 0.195; 478,410 numbers
 * elementwise 4.6, 4.0 and 5.4. So never more threads than cores, and no more than were measured.
 */
const MOST_THREADS = 2

const defaultThreads = (): number =>
  !isNode() && globalThis.crossOriginIsolated === true ? Math.min(MOST_THREADS, navigator.hardwareConcurrency ?? 1) : 1

interface WebRuntime extends Runtime {
  readonly env: { readonly wasm: { numThreads?: number; wasmPaths?: unknown } }
}

const configured = ({ env, InferenceSession, Tensor }: WebRuntime, options: RuntimeOptions): Runtime => {
  env.wasm.numThreads = options.wasmThreads ?? defaultThreads()
  if (options.wasmPaths !== undefined) env.wasm.wasmPaths = options.wasmPaths
  return { InferenceSession, Tensor }
}

const loadWebAssembly = async (options: RuntimeOptions): Promise<Runtime> =>
  configured(await import('onnxruntime-web/wasm'), options)

let hasWarned = false

const warnOnce = (reason: string): void => {
  if (!hasWarned) console.warn(`jit: no WebGPU here (${reason}), so compiled functions run in WebAssembly.`)
  hasWarned = true
}

const hasAdapter = async (): Promise<boolean> => {
  const gpu: unknown = typeof navigator === 'undefined' ? undefined : Reflect.get(navigator, 'gpu')
  if (typeof gpu !== 'object' || gpu === null || !('requestAdapter' in gpu)) return false
  return typeof gpu.requestAdapter === 'function' && (await gpu.requestAdapter.call(gpu)) !== null
}

const loadWebGpu = async (options: RuntimeOptions): Promise<Runtime> => {
  if (!(await hasAdapter())) {
    warnOnce('navigator.gpu has no adapter')
    return loadWebAssembly(options)
  }
  const runtime = configured(await import('onnxruntime-web/webgpu'), options)
  return { ...runtime, executionProviders: ['webgpu', 'wasm'] }
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
    webgpu: [loadWebGpu],
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
