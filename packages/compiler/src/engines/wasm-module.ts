/** A program of emit/wasm, loaded: its memory, its stages, and a second thread where its work can be shared. */
import { codeFor } from '../emit/wasm/code.js'
import { encode, type EncodedProgram } from '../emit/wasm/encode.js'
import { hostFunctions } from '../emit/wasm/lanes.js'
import { bitsOf } from '../emit/wasm/lower.js'
import { encodeModule, pagesOf } from '../emit/wasm/module.js'
import { V128, simd } from '../emit/wasm/opcodes.js'
import type { Buffer, Program } from '../emit/wasm/program.js'
import { shareWork } from '../emit/wasm/share.js'
import { BdlError } from '../errors.js'
import type { NdArray } from '../graph/graph.js'
import { canShareMemory, startHelper, type HelperThread } from './helper-thread.js'
import { isNode } from './load-runtime.js'
import { spareArrays } from './spare.js'
import { cores } from './threads.js'

export interface ModuleOptions {
  /**
   * Whether products and sums are fused with one rounding (relaxed SIMD). Default: where the machine has it; results then
   * differ in the last digits from machines that have not.
   */
  readonly isFused?: boolean
  /**
   * Threads that share large loops. Default 2 where memory can be shared (Node; a page that is isolated from other origins):
   * loops are cut into pieces, which one thread does alone until runs have taken a while and the second starts. Long sums
   * round otherwise than with 1; who does which piece changes nothing.
   */
  readonly threads?: 1 | 2
}

export interface WasmModule {
  /**
   * Begins a run: copies its inputs into memory, where they are not there already, lent by the run before and given back.
   * @param spare arrays that the caller gives up
   */
  readonly enter: (inputs: readonly NdArray[], spare: readonly NdArray['data'][]) => void
  /** Copies a host array into memory. */
  readonly write: (buffer: Buffer, data: ArrayLike<number>) => void
  /** A copy of what a buffer holds; `into` has room for it, if given. */
  readonly read: (buffer: Buffer, into?: Float32Array) => NdArray['data']
  /** The outputs of a run: in place, lent until they are given back to `enter`, or copies, in arrays that the caller gave up. */
  readonly leave: (spare: readonly NdArray['data'][]) => readonly NdArray['data'][]
  /** Returns the id of the node whose data were at fault, or 0. */
  readonly run: (stage: number) => number
  readonly dispose: () => void
  readonly emitMs: number
  readonly sessionMs: number
}

/** Whether this machine takes relaxed SIMD's multiply-add: to find out takes a module. */
const validatesFused = (): boolean => {
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
      stages: [0]
    })
  )
}

let fused: boolean | undefined

const hasFused = (): boolean => (fused ??= validatesFused())

type Words = Float32Array | Int32Array

const copyIn = (memory: ArrayBufferLike, address: number, { size, dtype }: Buffer, data: ArrayLike<number>): void => {
  if (dtype === 'float32') new Float32Array(memory, address, size).set(data)
  else if (dtype === 'int32') new Int32Array(memory, address, size).set(data)
  else {
    const words = new Int32Array(memory, address, size)
    for (let i = 0; i < size; i++) words[i] = bitsOf(data[i]!, dtype)
  }
}

/** Copies for the caller, whose array is never shared between threads, though the memory may be. */
const copyOut = (
  memory: ArrayBufferLike,
  address: number,
  { size, dtype }: Buffer,
  into?: Float32Array
): NdArray['data'] => {
  if (dtype === 'float32') {
    const floats = new Float32Array(memory, address, size)
    if (into === undefined) return floats.slice()
    into.set(floats)
    return into
  }
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
  readonly stages: readonly (() => void)[]
  /** Id of the node whose data were at fault, or 0. */
  readonly fault: WebAssembly.Global
}

interface Loaded extends Parts {
  readonly helper: ReturnType<typeof helperFor>
}

/** The exports of our modules, as far as types know them. */
const partsOf = ({ exports }: WebAssembly.Instance, count: number): Parts => {
  const { memory, fault } = exports
  const stages = Array.from({ length: count }, (_, k) => exports[k === 0 ? 'run' : `run${k}`])
  const isStage = (stage: unknown): stage is () => void => typeof stage === 'function'
  if (!(memory instanceof WebAssembly.Memory) || !stages.every(isStage) || !(fault instanceof WebAssembly.Global))
    throw failure('a module with memory, run and fault', Object.keys(exports).join())
  return { memory, fault, stages }
}

/** The host's functions, and memory where threads share it. */
const importsFor = ({ control, memoryBytes }: EncodedProgram): WebAssembly.Imports => {
  const pages = pagesOf(memoryBytes)
  const shared =
    control === undefined ? undefined : new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  return { host: { ...hostFunctions, ...(shared && { memory: shared }) } }
}

/**
 * At once in Node: a module of 8 kB takes it half a millisecond, and 12 to 40 where threads of V8 do it when they have done what
 * else they have. Pages are not held up, and refuse to be by large modules.
 */
const instantiate = async (encoded: EncodedProgram): Promise<WebAssembly.WebAssemblyInstantiatedSource> => {
  try {
    if (!isNode()) return await WebAssembly.instantiate(encoded.bytes, importsFor(encoded))
    const module = new WebAssembly.Module(encoded.bytes)
    return { module, instance: new WebAssembly.Instance(module, importsFor(encoded)) }
  } catch (cause) {
    throw failure('WebAssembly with SIMD to load it', cause)
  }
}

/** Runs take so many milliseconds in all before a second thread is worth starting. */
const PATIENCE = 10

/** The second thread of a module whose work can be shared: starts when runs have taken a while. */
const helperFor = (
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  { control }: EncodedProgram
): ((ms: number) => HelperThread | undefined) => {
  let [spent, helper, isTried]: [number, HelperThread | undefined, boolean] = [0, undefined, false]
  return (ms) => {
    spent += ms
    if (!isTried && spent > PATIENCE && control !== undefined && cores() > 1) {
      isTried = true
      helper = startHelper({ module, memory, control })
    }
    return helper
  }
}

/** Stops the threads of modules that nobody holds any more. */
const forgotten = new FinalizationRegistry((stop: () => void) => stop())

/** @error EngineFailure where WebAssembly with SIMD does not load */
export const loadModule = async (lowered: Program, options: ModuleOptions): Promise<WasmModule> => {
  const { isFused = hasFused(), threads = canShareMemory() ? 2 : 1 } = options
  const start = performance.now()
  const program = threads === 1 ? lowered : shareWork(lowered)
  const encoded = encode(program, { isFused })
  const emitted = performance.now()
  const { module, instance } = await instantiate(encoded)
  const open = (one: WebAssembly.Instance): Loaded => {
    const parts = partsOf(one, program.stages.length)
    program.constants.forEach(({ buffer, data }) => copyIn(parts.memory.buffer, encoded.address(buffer), buffer, data))
    return { ...parts, helper: helperFor(module, parts.memory, encoded) }
  }
  // what a finalizer stops must not hold `made`
  const current: { loaded: Loaded | undefined } = { loaded: open(instance) }
  const stop = (): void => current.loaded?.helper(0)?.stop()
  const alive = (): Loaded => {
    if (current.loaded === undefined) throw failure('an engine that was not disposed', 'a disposed one')
    return current.loaded
  }
  const write: WasmModule['write'] = (buffer, data) =>
    copyIn(alive().memory.buffer, encoded.address(buffer), buffer, data)
  const read: WasmModule['read'] = (buffer, into) =>
    copyOut(alive().memory.buffer, encoded.address(buffer), buffer, into)
  const lent = new Map<Buffer, NdArray['data']>()
  let isLending = true
  const lend = (input: Buffer): NdArray['data'] => {
    const view = new Float32Array(alive().memory.buffer, encoded.address(input), input.size)
    lent.set(input, view)
    return view
  }
  const places = new Map(program.inPlace.map(({ input, output }) => [output, input]))
  /** Leaves the memory to whoever still holds a part of it, and goes on with another; copies from now on. */
  const moveOut = (): void => {
    stop()
    current.loaded = open(new WebAssembly.Instance(module, importsFor(encoded)))
    isLending = false
  }
  const made: WasmModule = {
    enter: (inputs, spare) => {
      const isBack = (buffer: Buffer, { data }: NdArray): boolean => lent.get(buffer) === data && spare.includes(data)
      const back = program.inputs.filter((buffer, i) => isBack(buffer, inputs[i]!))
      const isAll = [...lent.keys()].every((buffer) => back.includes(buffer))
      if (!isAll) moveOut()
      program.inputs.forEach((buffer, i) => {
        if (!isAll || !back.includes(buffer)) write(buffer, inputs[i]!.data)
      })
      lent.clear()
    },
    write,
    read,
    leave: (spare) => {
      const { buffer: memory } = alive().memory
      const take = spareArrays(spare.filter(({ buffer }) => buffer !== memory))
      return program.outputs.map((buffer) => {
        const place = isLending ? places.get(buffer) : undefined
        return place === undefined ? read(buffer, take(buffer)) : lend(place)
      })
    },
    run: (stage) => {
      const { stages, fault, helper } = alive()
      const begun = performance.now()
      stages[stage]!()
      helper(performance.now() - begun)
      const at = Number(fault.value)
      fault.value = 0
      return at
    },
    dispose: () => {
      stop()
      current.loaded = undefined
    },
    emitMs: emitted - start,
    sessionMs: performance.now() - emitted
  }
  forgotten.register(made, stop)
  return made
}
