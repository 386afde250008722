/**
 * Runs graphs as WebAssembly of our own: one module a graph, no runtime. Small values live in locals, loops are loops of
 * the machine, so that a turn of a loop over a handful of numbers takes nanoseconds.
 */
import { BdlError } from '../errors.js'
import { encode } from '../emit/wasm/encode.js'
import { hostFunctions } from '../emit/wasm/lanes.js'
import { bitsOf, lower, withoutRule } from '../emit/wasm/lower.js'
import { encodeModule } from '../emit/wasm/module.js'
import { codeFor } from '../emit/wasm/code.js'
import { V128, simd } from '../emit/wasm/opcodes.js'
import { TINY, type Buffer, type Program } from '../emit/wasm/program.js'
import type { Graph, NdArray } from '../graph/graph.js'
import type { Engine, Executable } from './engine.js'
import { failureAt } from './onnx-failure.js'

export interface WasmOptions {
  /**
   * Whether products and sums are fused with one rounding (relaxed SIMD). Default: where the machine has it; results then
   * differ in the last digits from machines that have not.
   */
  readonly isFused?: boolean
  /**
   * Loops over at most so many elements are written out in full, and their values kept in locals. Default, and most, 16; 0
   * sends everything through memory.
   */
  readonly unrolled?: number
}

/** Whether this machine takes relaxed SIMD's multiply-add. */
const hasFused = (): boolean => {
  const code = codeFor([])
  const zero = (): void => code.v128([0, 0, 0, 0])
  zero()
  zero()
  zero()
  code.simd(simd.f32x4RelaxedMadd)
  return WebAssembly.validate(
    encodeModule({
      imports: [],
      functions: [{ parameters: [], results: [V128], body: code.bytes() }],
      globals: 0,
      memoryBytes: 0,
      run: 0
    })
  )
}

/** Names of the primitives in a graph, bodies of loops and branches included, that this engine has no rule for. */
export const unsupportedByWasm = (graph: Graph): readonly string[] => withoutRule(graph)

type Words = Float32Array | Int32Array

/** Copies a host array into memory, where a boolean is a mask of 32 bits. */
const copyIn = (memory: ArrayBuffer, address: number, { size, dtype }: Buffer, data: ArrayLike<number>): void => {
  if (dtype === 'float32') new Float32Array(memory, address, size).set(data)
  else if (dtype === 'int32') new Int32Array(memory, address, size).set(data)
  else {
    const words = new Int32Array(memory, address, size)
    for (let i = 0; i < size; i++) words[i] = bitsOf(data[i]!, dtype)
  }
}

const copyOut = (memory: ArrayBuffer, address: number, { size, dtype }: Buffer): NdArray['data'] => {
  if (dtype === 'float32') return new Float32Array(memory, address, size).slice()
  const words: Words = new Int32Array(memory, address, size)
  return dtype === 'int32' ? words.slice() : Uint8Array.from(words, (mask) => (mask === 0 ? 0 : 1))
}

const failure = (expected: string, cause: unknown): BdlError =>
  new BdlError({
    code: 'EngineFailure',
    fn: 'jit',
    argument: 'graph',
    expected,
    got: cause instanceof Error ? cause.message : String(cause)
  })

interface Parts {
  readonly memory: WebAssembly.Memory
  readonly run: () => void
  /** Id of the node whose data were at fault, or 0. */
  readonly fault: WebAssembly.Global
}

/** The exports of our modules, as far as types know them. */
const partsOf = ({ exports }: WebAssembly.Instance): Parts => {
  const { memory, run, fault } = exports
  if (!(memory instanceof WebAssembly.Memory) || typeof run !== 'function' || !(fault instanceof WebAssembly.Global))
    throw failure('a module with memory, run and fault', Object.keys(exports).join())
  return { memory, fault, run: () => void run() }
}

/** What is said of an index that names nothing. */
const faultOf = (graph: Graph, id: unknown): BdlError =>
  failureAt(graph, id, () => 'indices within the axis', 'one outside')

const instantiate = (bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Instance> =>
  WebAssembly.instantiate(bytes, { host: hostFunctions }).then(
    ({ instance }) => instance,
    (cause: unknown) => {
      throw failure('WebAssembly with SIMD to load it', cause)
    }
  )

const executable = (
  graph: Graph,
  program: Program,
  addressOf: (buffer: Buffer) => number,
  instance: WebAssembly.Instance,
  report: Executable['report']
): Executable => {
  let parts: Parts | undefined = partsOf(instance)
  const { buffer: memory } = parts.memory
  program.constants.forEach(({ buffer, data }) => copyIn(memory, addressOf(buffer), buffer, data))
  const results = graph.outputs.map(({ shape, dtype }, i) => ({ shape, dtype, buffer: program.outputs[i]! }))
  const inputs = program.inputs.map((buffer) => ({ buffer, address: addressOf(buffer) }))
  const runNow = (values: readonly NdArray[]): readonly NdArray[] => {
    if (parts === undefined) throw failure('an engine that was not disposed', 'a disposed one')
    const { buffer: bytes } = parts.memory
    inputs.forEach(({ buffer, address }, i) => copyIn(bytes, address, buffer, values[i]!.data))
    parts.run()
    const { value: fault } = parts.fault
    if (fault !== 0) {
      parts.fault.value = 0
      throw faultOf(graph, fault)
    }
    return results.map(({ shape, dtype, buffer }) => ({
      shape,
      dtype,
      data: copyOut(bytes, addressOf(buffer), buffer)
    }))
  }
  return {
    report,
    run: (values) => new Promise((resolve) => resolve(runNow(values))),
    dispose: () => {
      parts = undefined
      return Promise.resolve()
    }
  }
}

/**
 * An engine that encodes each graph as one WebAssembly module.
 *
 * @error UnsupportedOp for a primitive without a rule (`unsupportedByWasm` names them beforehand); EngineFailure where
 *   WebAssembly with SIMD does not load
 */
export const wasmEngine = ({ isFused = hasFused(), unrolled = TINY }: WasmOptions = {}): Engine => ({
  name: 'wasm',
  compile: async (graph, bound) => {
    const start = performance.now()
    const program = lower(graph, bound, Math.min(unrolled, TINY))
    const { bytes, address } = encode(program, { isFused })
    const emitted = performance.now()
    const instance = await instantiate(bytes)
    return executable(graph, program, address, instance, {
      engine: 'wasm',
      emitMs: emitted - start,
      sessionMs: performance.now() - emitted,
      engineNodes: program.block.length
    })
  }
})
