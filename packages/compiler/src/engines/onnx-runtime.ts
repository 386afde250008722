/**
 * Runs graphs with ONNX Runtime: `onnxruntime-node` where its native binary loads, else `onnxruntime-web` (WebAssembly).
 * Neither is imported before the first compilation, and a browser bundle never contains the former (`browser` field of
 * package.json).
 */
import type { InferenceSession, Tensor } from 'onnxruntime-node'
import { isFusedByRuntime } from '../emit/onnx-fusions.js'
import { emitOnnx, type OnnxModel } from '../emit/onnx-model.js'
import type { Graph, NdArray } from '../graph/graph.js'
import type { Engine, Executable } from './engine.js'
import { isShared } from './host-data.js'
import { inTurn } from './in-turn.js'
import { loadRuntime, type Runtime, type RuntimeOptions } from './load-runtime.js'
import { onnxFailure } from './onnx-failure.js'
import { profileOnnx, type ProfiledSession } from './onnx-profile.js'
import { quicker } from './quicker.js'
import { withSecondChoice } from './second-choice.js'
import { refuseOnWebGpu } from './webgpu-limits.js'
import { isWorthATrial, MOST_THREADS, threadsFor } from './threads.js'

export interface OnnxOptions extends RuntimeOptions {
  /**
   * Threads within one operator. Default: one for a graph of small ops, two where an op is heavy enough to share; between
   * them, and whether waiting threads keep their core, by what turns out to be quicker while a function is called again and
   * again; the bits of the results have been the same in all that was measured.
   */
  readonly threads?: number
  /**
   * How hard ONNX Runtime optimises on its own, after our passes. Default 'disabled', where those leave it nothing to do and
   * a session starts in half the time, and 'extended' for graphs with convolutions and other ops that it fuses with their
   * surroundings, and on WebGPU; 'all' adds layouts for convolutions and takes longer to start.
   */
  readonly optimisation?: 'disabled' | 'basic' | 'extended' | 'all'
}

interface Threads {
  readonly count: number
  /** Whether a thread that waits for the others of a run keeps its core; between runs none does. */
  readonly isSpinning: boolean
}

/** Win a fifth where the cores are idle, and cost threefold where they are not: only for `quicker` to choose. */
const SPINNING: Threads = { count: MOST_THREADS, isSpinning: true }

const threadOptions = ({ count, isSpinning }: Threads): InferenceSession.SessionOptions => ({
  intraOpNumThreads: count,
  ...(count > 1 && {
    extra: { session: isSpinning ? { force_spinning_stop: '1' } : { intra_op: { allow_spinning: '0' } } }
  })
})

const sessionOptions = (
  { executionProviders }: Runtime,
  threads: Threads,
  optimisation: NonNullable<OnnxOptions['optimisation']>,
  profilePrefix: string | undefined
): InferenceSession.SessionOptions => ({
  ...(executionProviders !== undefined && { executionProviders: [...executionProviders] }),
  graphOptimizationLevel: optimisation,
  ...threadOptions(threads),
  interOpNumThreads: 1,
  executionMode: 'sequential',
  enableMemPattern: true,
  enableCpuMemArena: true,
  logSeverityLevel: 4, // what goes wrong is in the error
  ...(profilePrefix !== undefined && { enableProfiling: true, profileFilePrefix: profilePrefix })
})

/** ONNX Runtime has no Float64Array behind a float32 tensor, and refuses memory that threads share, a Uint8ClampedArray and the like. */
const toRuntime = (runtime: Runtime, { data, shape, dtype }: NdArray): Tensor => {
  switch (dtype) {
    case 'float32':
      return new runtime.Tensor(
        'float32',
        data instanceof Float32Array && !isShared(data) ? data : Float32Array.from(data),
        shape
      )
    case 'int32':
      return new runtime.Tensor('int32', data instanceof Int32Array ? data : Int32Array.from(data), shape)
    case 'bool':
      return new runtime.Tensor('bool', data instanceof Uint8Array ? data : Uint8Array.from(data), shape)
  }
}

/** Results must outlive the session's buffers and be of the type that TensorFlow.js stores. */
const fromRuntime = ({ data, type }: Tensor, graph: Graph, i: number): NdArray => {
  const { dtype, shape } = graph.outputs[i]!
  if (data instanceof Float32Array || data instanceof Int32Array || data instanceof Uint8Array)
    return { shape, dtype, data }
  throw onnxFailure(`return ${dtype} data for`, type, graph)
}

/**
 * The WebAssembly runtime cannot start two sessions at a time, and the WebGPU one cannot do two things of any kind. There
 * is one of each in a process, whichever engines use it.
 */
const alone = inTurn()

const executable = (
  runtime: Runtime,
  session: InferenceSession,
  model: OnnxModel,
  graph: Graph,
  bound: readonly NdArray[],
  report: Executable['report']
): Executable => {
  const free = graph.inputs.length - bound.length
  const schedule: typeof alone = runtime.executionProviders === undefined ? (task) => task() : alone
  const boundFeeds = bound.map((value, i) => [model.inputNames[free + i]!, toRuntime(runtime, value)] as const)
  return {
    report,
    dispose: () => schedule(() => session.release()),
    run: async (inputs) => {
      const feeds: Record<string, Tensor> = {}
      for (let i = 0; i < free; i++) feeds[model.inputNames[i]!] = toRuntime(runtime, inputs[i]!)
      for (const [name, value] of boundFeeds) feeds[name] = value
      const results = await schedule(() => session.run(feeds)).catch((cause: unknown) => {
        throw onnxFailure('run', cause, graph)
      })
      return graph.outputs.map((_, i) => fromRuntime(results[model.outputNames[i]!]!, graph, i))
    }
  }
}

const sessionEngine = (options: OnnxOptions): Engine => {
  const open = async (graph: Graph, bound: readonly NdArray[], profilePrefix?: string): Promise<ProfiledSession> => {
    const start = performance.now()
    const runtime = await loadRuntime(options)
    const loaded = performance.now()
    const isProcessor = runtime.executionProviders === undefined
    if (!isProcessor) refuseOnWebGpu(graph)
    const model = emitOnnx(graph, { contributed: isProcessor })
    const emitMs = performance.now() - loaded
    const isFinished = isProcessor && !isFusedByRuntime(graph)
    const { optimisation = isFinished ? 'disabled' : 'extended' } = options
    const create = (threads: Threads): Promise<InferenceSession> =>
      alone(() =>
        runtime.InferenceSession.create(model.bytes, sessionOptions(runtime, threads, optimisation, profilePrefix))
      ).catch((cause: unknown) => {
        throw onnxFailure('load', cause, graph)
      })
    const session = await create({ count: options.threads ?? threadsFor(graph), isSpinning: false })
    const report = {
      engine: 'onnx',
      emitMs,
      sessionMs: performance.now() - start - emitMs,
      engineNodes: model.nodeCount
    }
    const from = (made: InferenceSession): Executable => executable(runtime, made, model, graph, bound, report)
    const isNative = runtime.profilesToFile === true
    const isTried = isNative && options.threads === undefined && profilePrefix === undefined && isWorthATrial(graph)
    return {
      executable: isTried ? quicker(from(session), async () => from(await create(SPINNING))) : from(session),
      endProfiling: () => session.endProfiling()
    }
  }
  return {
    name: 'onnx',
    compile: async (graph, bound) => (await open(graph, bound)).executable,
    profile: async (graph, inputs, runs) => {
      const { profilesToFile = false } = await loadRuntime(options)
      return profilesToFile ? profileOnnx((filePrefix) => open(graph, [], filePrefix), inputs, runs) : undefined
    }
  }
}

const warnOfWebGpu = (error: unknown): void =>
  console.warn(`jit: WebGPU refuses a graph, which runs in WebAssembly instead (${String(error)})`)

/** @error EngineFailure if neither runtime loads, or the runtime refuses the model or fails to run it */
export const onnxEngine = (options: OnnxOptions = {}): Engine =>
  options.runtime === 'webgpu'
    ? withSecondChoice(sessionEngine(options), sessionEngine({ ...options, runtime: 'wasm' }), warnOfWebGpu)
    : sessionEngine(options)
