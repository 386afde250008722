/** The peers: JAX and PyTorch in an environment of pinned versions, measured by python/peers.py. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Measurement } from '../measurement'
import type { Contender } from './contender'
import { jsonLines, lastWords, MEASUREMENT_MINUTES, runProcess } from './run-process'

/** From src/contenders and from dist alike: the folder that holds python/peers.py. */
const benchFolder = ['../..', '..']
  .map((up) => fileURLToPath(new URL(up, import.meta.url)))
  .find((folder) => existsSync(join(folder, 'python/peers.py')))!
const requirements = join(benchFolder, 'python/requirements.txt')
const environment = join(benchFolder, '.venv')

const isThere = (command: string): Promise<boolean> =>
  runProcess(command, ['-c', 'import sys; sys.exit(sys.version_info < (3, 11))']).then(
    ({ code }) => code === 0,
    () => false
  )

/** The Python of an environment. */
export const pythonOf = (folder: string, platform: NodeJS.Platform = process.platform): string =>
  platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python')

const succeed = async (command: string, args: readonly string[], what: string): Promise<void> => {
  const finished = await runProcess(command, args)
  if (finished.code !== 0) throw new Error(`${what} failed, ${lastWords(finished)}`)
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

/** The Python of the environment, if it has been made. */
export const findPeers = (): string | undefined => {
  const python = pythonOf(environment)
  return existsSync(python) && existsSync(join(environment, 'requirements.txt')) ? python : undefined
}

interface Line {
  readonly workload: string
  readonly first_s: number
  readonly step_ms: number
  readonly peak_rss_mb: number
}

const isLine = (value: unknown): value is Line =>
  typeof value === 'object' &&
  value !== null &&
  ['first_s', 'step_ms', 'peak_rss_mb'].every((field) => typeof Reflect.get(value, field) === 'number')

/** What python/peers.py printed: one JSON object a line. */
export const parseMeasurements = (contender: string, output: string): readonly Measurement[] =>
  jsonLines(output, (value) => {
    if (!isLine(value)) throw new Error(`python/peers.py printed ${JSON.stringify(value)}`)
    return {
      workload: value.workload,
      contender,
      firstSeconds: value.first_s,
      stepMilliseconds: value.step_ms,
      peakMegabytes: value.peak_rss_mb
    }
  })

/** Those of python/ode_solve.py. */
const solves = ['ode_solve', 'ode_solve_one']

const measureWith =
  (python: string, peer: string) =>
  async (workload: string): Promise<Measurement> => {
    const script = join(benchFolder, 'python', solves.includes(workload) ? 'ode_solve.py' : 'peers.py')
    const finished = await runProcess(python, [script, peer, workload], MEASUREMENT_MINUTES)
    const [measurement] = parseMeasurements(peer, finished.output)
    if (finished.code !== 0 || measurement === undefined) throw new Error(lastWords(finished))
    return measurement
  }

const inTorch = ['realnvp_step', 'bbb_step', 'ensemble_step', 'hmc_bnn', 'ffjord_step']

/** JAX, PyTorch and SciPy, run by the Python of the environment. */
export const pythonContenders = (python: string): readonly Contender[] => [
  {
    name: 'jax',
    title: 'JAX',
    kind: 'peer',
    workloads: [...inTorch, 'nuts_eight_schools', ...solves],
    measure: measureWith(python, 'jax')
  },
  {
    name: 'torch',
    title: 'PyTorch',
    kind: 'peer',
    workloads: [...inTorch, ...solves],
    measure: measureWith(python, 'torch')
  },
  { name: 'scipy', title: 'SciPy', kind: 'peer', workloads: solves, measure: measureWith(python, 'scipy') }
]
