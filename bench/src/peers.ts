// The same workloads in JAX and PyTorch: a Python environment of pinned versions, made only when asked for, and what the
// script python/peers.py measures in it.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const benchFolder = fileURLToPath(new URL('..', import.meta.url))
const requirements = join(benchFolder, 'python/requirements.txt')
const environment = join(benchFolder, '.venv')

export const peers = ['jax', 'torch'] as const
export type Peer = (typeof peers)[number]

export interface Measurement {
  readonly workload: string
  readonly peer: string
  /** Seconds to the first result: tracing and compilation included, imports excluded. */
  readonly firstSeconds: number
  /** Median milliseconds of a step after that. */
  readonly stepMilliseconds: number
  readonly peakMegabytes: number
}

interface Finished {
  readonly code: number | null
  readonly output: string
}

const run = (command: string, args: readonly string[]): Promise<Finished> =>
  new Promise((done, fail) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const chunks: string[] = []
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk))
    child.on('error', fail)
    child.on('close', (code) => done({ code, output: chunks.join('') }))
  })

const isThere = (command: string): Promise<boolean> =>
  run(command, ['-c', 'import sys; sys.exit(sys.version_info < (3, 11))']).then(
    ({ code }) => code === 0,
    () => false
  )

/** The Python of the environment. */
export const pythonOf = (folder: string, platform: NodeJS.Platform = process.platform): string =>
  platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python')

const succeed = async (command: string, args: readonly string[], what: string): Promise<void> => {
  const { code } = await run(command, args)
  if (code !== 0) throw new Error(`${what} failed with exit code ${code}`)
}

const makeEnvironment = async (): Promise<void> => {
  const candidates = ['python3', 'python']
  const found = await Promise.all(candidates.map(isThere))
  const python = candidates.find((_, i) => found[i])
  if (python === undefined) throw new Error('the peers need Python 3.11 or newer, as python3 or python on the PATH')
  await succeed(python, ['-m', 'venv', environment], 'making a Python environment')
}

/**
 * Makes the environment if it is not there, or installs into it what requirements.txt says by now (some gigabytes).
 *
 * @returns the path of its Python
 */
export const preparePeers = async (): Promise<string> => {
  const python = pythonOf(environment)
  const installed = join(environment, 'requirements.txt')
  const wanted = readFileSync(requirements, 'utf8')
  if (existsSync(python) && existsSync(installed) && readFileSync(installed, 'utf8') === wanted) return python
  console.error('Installing JAX and PyTorch into bench/.venv (once; this takes minutes) ...')
  if (!existsSync(python)) await makeEnvironment()
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements]
  await succeed(python, install, 'pip install')
  writeFileSync(installed, wanted)
  return python
}

const parseLine = (line: string): Measurement => {
  const { workload, peer, first_s, step_ms, peak_rss_mb } = JSON.parse(line)
  return { workload, peer, firstSeconds: first_s, stepMilliseconds: step_ms, peakMegabytes: peak_rss_mb }
}

/** What python/peers.py printed: one JSON object a line; other lines are left out. */
export const parseMeasurements = (output: string): readonly Measurement[] =>
  output
    .split(/\r?\n/)
    .filter((line) => line.startsWith('{'))
    .map(parseLine)

/** The Python of the environment, if it has been made. */
export const findPeers = (): string | undefined => {
  const python = pythonOf(environment)
  return existsSync(python) && existsSync(join(environment, 'requirements.txt')) ? python : undefined
}

/** Runs one of our workloads in a process of its own. */
export const measureOurs = async (main: string, workload: string): Promise<readonly Measurement[]> => {
  const { code, output } = await run(process.execPath, [main, '--measure', workload])
  if (code !== 0) throw new Error(`${workload} failed with exit code ${code}`)
  return output
    .split(/\r?\n/)
    .filter((line) => line.startsWith('{'))
    .map((line): Measurement => JSON.parse(line))
}

/** Runs `workloads` of one peer (all it has, if none is named), in a process of their own. */
export const measurePeer = async (
  python: string,
  peer: Peer,
  workloads: readonly string[]
): Promise<readonly Measurement[]> => {
  const { code, output } = await run(python, [join(benchFolder, 'python/peers.py'), peer, ...workloads])
  if (code !== 0) throw new Error(`python/peers.py ${peer} ${workloads.join(' ')} failed with exit code ${code}`)
  return parseMeasurements(output)
}
