/**
 * Contenders that run in Node: our engines, and what a user of TypeScript has today. Each is measured in a process of its own,
 * this very program started with --measure; libraries are imported by the process that needs them.
 */
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import { onnxEngine, wasmEngine, type Engine } from '@bdl/compiler'
import { measure, type Measurable } from '../measure'
import type { Measurement } from '../measurement'
import type { OtherWorkload } from '../others/other-workload'
import { workloads } from '../workloads/index'
import type { RunOptions, Timing } from '../workloads/workload'
import type { Contender } from './contender'
import { jsonLines, lastWords, MEASUREMENT_MINUTES, runProcess } from './run-process'

/** Makes a workload ready to be started, its library's runtime up: imports and that are not measured. */
type Prepare = (workload: string) => Promise<Measurable>

interface Local extends Omit<Contender, 'measure'> {
  readonly prepare: Prepare
  /** It runs WebAssembly, which V8 compiles twice, first fast and later well: some hundred steps later, on a busy machine. */
  readonly isWebAssembly?: boolean
}

const named = <T extends Timing>(all: readonly T[], name: string): T => {
  const found = all.find((workload) => workload.name === name)
  if (found === undefined)
    throw new Error(`no workload is called ${name}; there are ${all.map((workload) => workload.name).join(', ')}`)
  return found
}

/** As python/peers.py starts JAX's runtime by making the data before the clock runs. */
const startRuntime = async (engine: Engine): Promise<void> => {
  const scalar = { id: 0, shape: [], dtype: 'float32' } as const
  const nothing = await engine.compile({ inputs: [scalar], nodes: [], outputs: [scalar] }, [])
  await nothing.dispose()
}

const ours =
  (runtime: Engine, options: RunOptions = {}): Prepare =>
  async (name) => {
    const workload = named(workloads, name)
    await startRuntime(runtime)
    return { ...workload, start: () => workload.start(options) }
  }

/** In Node, ONNX Runtime's threads start only if they are told where its files lie. */
const wasmPaths = `${dirname(createRequire(import.meta.url).resolve('onnxruntime-web/wasm'))}/`

/** Loops of many turns over few numbers: ONNX Runtime, which pays for each node of each turn, takes seconds a call. */
const LOOPS = ['nuts_eight_schools', 'ode_solve', 'ode_solve_one']

/** ONNX Runtime's WebAssembly build: what runs in browsers. */
const ortWasm = (threads: number): Local => {
  const engine = onnxEngine({ runtime: 'wasm', wasmThreads: threads, threads, wasmPaths })
  return {
    name: `ort-wasm-${threads}`,
    title: `ORT WebAssembly, ${threads} thread${threads === 1 ? '' : 's'}`,
    kind: 'engine',
    workloads: workloads.map(({ name }) => name).filter((name) => !LOOPS.includes(name)),
    prepare: ours(engine, { engine }),
    isWebAssembly: true
  }
}

const other =
  (load: () => Promise<readonly OtherWorkload[]>): Prepare =>
  async (name) => {
    const workload = named(await load(), name)
    await workload.prepare()
    return workload
  }

const cores = availableParallelism()

const locals: readonly Local[] = [
  {
    name: 'ours',
    title: 'ours',
    kind: 'ours',
    workloads: workloads.map(({ name }) => name),
    prepare: ours(onnxEngine())
  },
  {
    name: 'wasm',
    title: 'our WebAssembly',
    kind: 'engine',
    workloads: workloads.map(({ name }) => name),
    prepare: ours(wasmEngine(), { engine: wasmEngine() }),
    isWebAssembly: true
  },
  ortWasm(1),
  ...(cores > 1 ? [ortWasm(cores)] : []),
  {
    name: 'tfjs-wasm',
    title: 'TensorFlow.js',
    kind: 'typescript',
    workloads: ['realnvp_step', 'ensemble_step'],
    prepare: other(async () => (await import('../others/tfjs')).tfjsWorkloads),
    isWebAssembly: true
  },
  {
    name: 'jax-js',
    title: 'jax-js',
    kind: 'typescript',
    workloads: ['realnvp_step', 'ensemble_step'],
    prepare: other(async () => (await import('../others/jax-js')).jaxJsWorkloads),
    isWebAssembly: true
  }
]

/** Measures in this process. @param fewer timed calls, instead of the workload's own number */
export const measureHere = async (contender: string, workload: string, fewer?: number): Promise<Measurement> => {
  const local = locals.find(({ name }) => name === contender)
  if (local === undefined) throw new Error(`no contender is called ${contender}`)
  const ready = await local.prepare(workload)
  const repeats = fewer ?? ready.repeats
  // WebAssembly is compiled well only after some hundred steps; ours finds out meanwhile how many threads are quicker here
  return measure(contender, { ...ready, repeats, warmUp: local.isWebAssembly === true ? 2 * repeats : repeats })
}

const isMeasurement = (value: unknown): value is Measurement =>
  typeof value === 'object' && value !== null && 'stepMilliseconds' in value

/** @param program the file that calls `measureHere` when it is started with --measure */
export const localContenders = (program: string, repeats?: number): readonly Contender[] =>
  locals.map(({ prepare: _, isWebAssembly: __, ...contender }) => ({
    ...contender,
    measure: async (workload) => {
      const few = repeats === undefined ? [] : ['--repeats', String(repeats)]
      const finished = await runProcess(
        process.execPath,
        [program, workload, '--measure', contender.name, ...few],
        MEASUREMENT_MINUTES
      )
      const [measurement] = jsonLines(finished.output, (value) => {
        if (!isMeasurement(value)) throw new Error(`the measurement printed ${JSON.stringify(value)}`)
        return value
      })
      if (finished.code !== 0 || measurement === undefined) throw new Error(lastWords(finished))
      return measurement
    }
  }))
