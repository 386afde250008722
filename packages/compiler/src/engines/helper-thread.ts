/**
 * A thread beside the first, which takes pieces of a module's work (see emit/wasm/forks.ts). It is a convenience: until it
 * runs, and where there can be none, the first thread does all pieces.
 */
import { CONTROL } from '../emit/wasm/forks.js'
import { isNode } from './load-runtime.js'

export interface HelperThread {
  readonly stop: () => void
}

export interface HelperJob {
  readonly module: WebAssembly.Module
  readonly memory: WebAssembly.Memory
  /** Address of the words that threads share. */
  readonly control: number
}

/** Whether memory may be shared between threads here: always in Node, in a page that is isolated from other origins. */
export const canShareMemory = (): boolean =>
  typeof SharedArrayBuffer === 'function' && (isNode() || globalThis.crossOriginIsolated === true)

/** A module that has pieces never calls the others of the host's functions in them. */
const HELP = `async ({ module, memory }) => {
  const { sin, cos, tan } = Math
  const remainder = (a, b) => a % b
  const absent = () => NaN
  const host = { memory, sin, cos, tan, remainder, lgamma: absent, polygamma: absent }
  const { exports } = await WebAssembly.instantiate(module, { host })
  exports.help()
}`

interface Thread {
  readonly terminate: () => void
}

const nodeThread = (job: HelperJob): Thread | undefined => {
  // not an import: bundlers for the browser would look for it
  const threads = process.getBuiltinModule('node:worker_threads')
  const code = `(${HELP})(require('node:worker_threads').workerData)`
  const worker = new threads.Worker(code, { eval: true, workerData: job, execArgv: [], env: {} })
  worker.unref()
  worker.on('error', () => void worker.terminate())
  return { terminate: () => void worker.terminate() }
}

const pageThread = (job: HelperJob): Thread => {
  const code = `onmessage = ({ data }) => (${HELP})(data).finally(close)`
  const url = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }))
  const worker = new Worker(url)
  worker.onerror = (event) => event.preventDefault()
  worker.postMessage(job)
  URL.revokeObjectURL(url)
  return worker
}

/** Tells a thread to stop when it has done its piece; what it waits for is that the ticket changes. */
const stopper =
  ({ memory, control }: HelperJob, thread: Thread): (() => void) =>
  () => {
    const words = new Int32Array(memory.buffer)
    Atomics.store(words, (control + CONTROL.stop) / 4, 1)
    Atomics.store(words, (control + CONTROL.ticket) / 4, -256)
    Atomics.notify(words, (control + CONTROL.ticket) / 4)
    if (!isNode()) return
    thread.terminate()
  }

/** @returns undefined where no thread can be started (a page whose policy forbids it, a machine with one core) */
export const startHelper = (job: HelperJob): HelperThread | undefined => {
  try {
    const thread = isNode() ? nodeThread(job) : pageThread(job)
    return thread && { stop: stopper(job, thread) }
  } catch {
    return undefined
  }
}
