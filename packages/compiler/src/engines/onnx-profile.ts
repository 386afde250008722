/**
 * ONNX Runtime's own profile: it writes one line per kernel and call to a file, here in a folder of its own that is removed.
 * Its clock has whole microseconds, rounded down, so what many tiny kernels take shows up between them.
 */
import { idsInOnnxName } from '../emit/onnx-model.js'
import type { NdArray } from '../graph/graph.js'
import type { Executable, Profile } from './engine.js'
import { profileOf, type KernelCall } from './profile.js'

/** A session that writes a profile. */
export interface ProfiledSession {
  readonly executable: Executable
  readonly endProfiling: () => void
}

interface Call {
  readonly name: string
  readonly op: string
  readonly start: number
  readonly us: number
  /** Time and number of kernels directly inside, for a loop or branch. */
  usInside: number
  callsInside: number
  isInside: boolean
}

interface Trace {
  readonly calls: readonly Call[]
  /** Whole calls of the session, in microseconds of the profile's clock. */
  readonly runs: readonly { readonly start: number; readonly us: number }[]
  readonly arenaBytes: number
}

interface Line {
  readonly cat: string
  readonly name: string
  readonly ts: number
  readonly dur: number
  readonly args: { readonly op_name?: string; readonly mem_in_use_peak?: string }
}

const KERNEL = '_kernel_time'

/** Node's own modules, where there are any: a browser has neither files nor this profile. */
const nodeModules = () =>
  typeof process === 'undefined' || typeof process.getBuiltinModule !== 'function'
    ? undefined
    : {
        fs: process.getBuiltinModule('node:fs'),
        os: process.getBuiltinModule('node:os'),
        path: process.getBuiltinModule('node:path'),
        readline: process.getBuiltinModule('node:readline')
      }

type NodeModules = NonNullable<ReturnType<typeof nodeModules>>

/** Reads line by line: a long loop writes hundreds of megabytes. */
const readTrace = async ({ fs, readline }: NodeModules, file: string): Promise<Trace> => {
  const calls: Call[] = []
  const runs: { start: number; us: number }[] = []
  let arenaBytes = 0
  for await (const text of readline.createInterface({ input: fs.createReadStream(file) })) {
    const isKernel = text.includes(KERNEL)
    if (!isKernel && !text.includes('"model_run"')) continue
    const line = JSON.parse(text.replace(/,\s*$/, '')) as Line
    if (!isKernel) runs.push({ start: line.ts, us: line.dur })
    else {
      const name = line.name.slice(0, -KERNEL.length)
      calls.push({
        name,
        op: line.args.op_name ?? name,
        start: line.ts,
        us: line.dur,
        usInside: 0,
        callsInside: 0,
        isInside: false
      })
      arenaBytes = Math.max(arenaBytes, Number(line.args.mem_in_use_peak ?? 0))
    }
  }
  return { calls: calls.sort((a, b) => a.start - b.start || b.us - a.us), runs, arenaBytes }
}

const HAS_BODY = ['Loop', 'If', 'Scan']

/** Takes the time of kernels inside a loop or branch away from it. */
const findInside = (calls: readonly Call[]): void => {
  const open: Call[] = []
  for (const call of calls) {
    while (open.length > 0 && open[open.length - 1]!.start + open[open.length - 1]!.us <= call.start) open.pop()
    const around = open[open.length - 1]
    if (around !== undefined) {
      around.usInside += call.us
      around.callsInside++
      call.isInside = true
    }
    if (HAS_BODY.includes(call.op)) open.push(call)
  }
}

/** The first run fetches memory and the like: it does not count if there is another. */
const countedRuns = ({ calls, runs, arenaBytes }: Trace): Profile => {
  const counted = runs.length > 1 ? runs.slice(1) : runs
  const from = counted[0]?.start ?? 0
  const kept = calls.filter(({ start }) => start >= from)
  findInside(kept)
  const between = counted.map(({ start, us }) => {
    const outermost = kept.filter((call) => !call.isInside && call.start >= start && call.start <= start + us)
    return Math.max(0, us - outermost.reduce((sum, call) => sum + call.us, 0)) / 1000
  })
  const all = kept.map(({ name, op, us, usInside, callsInside, isInside }): KernelCall => {
    const ms = Math.max(0, us - usInside) / 1000
    return { key: `${name} ${op}`, nodes: idsInOnnxName(name), op, ms, callsInside, isInside }
  })
  return profileOf(all, between, arenaBytes)
}

/** Kernel calls that are worth reading; ONNX Runtime stops at a million. */
const MOST_CALLS = 60_000

const trace = async (
  modules: NodeModules,
  open: (filePrefix: string) => Promise<ProfiledSession>,
  inputs: readonly NdArray[],
  runs: number
): Promise<Trace | undefined> => {
  const { fs, os, path } = modules
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bdl-profile-'))
  try {
    const { executable, endProfiling } = await open(path.join(folder, 'onnx'))
    try {
      for (let i = 0; i < runs; i++) await executable.run(inputs)
      endProfiling()
    } finally {
      await executable.dispose()
    }
    const [file] = fs.readdirSync(folder)
    return file === undefined ? undefined : await readTrace(modules, path.join(folder, file))
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * Profiles `runs` runs, fewer if a run has very many calls; undefined where the runtime writes no file (WebAssembly).
 *
 * @param open makes a session that writes its profile to a file whose name begins with the prefix
 */
export const profileOnnx = async (
  open: (filePrefix: string) => Promise<ProfiledSession>,
  inputs: readonly NdArray[],
  runs: number
): Promise<Profile | undefined> => {
  const modules = nodeModules()
  if (modules === undefined) return undefined
  const first = await trace(modules, open, inputs, 1)
  if (first === undefined) return undefined
  const affordable = Math.min(runs, Math.floor(MOST_CALLS / Math.max(1, first.calls.length)) - 1)
  if (first.runs.length === 0) return undefined // more kernels in one run than the runtime records
  if (affordable < 1) return countedRuns(first)
  return countedRuns((await trace(modules, open, inputs, affordable + 1)) ?? first)
}
