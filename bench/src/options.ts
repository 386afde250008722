/** What the command line asks for. */
import { parseArgs } from 'node:util'

export const USAGE = `npm run bench -- [WORKLOAD...] [--peers] [--rounds N] [--quick] [--only NAME]... [--out FOLDER]

  WORKLOAD      realnvp_step, bbb_step, ensemble_step, hmc_bnn, nuts_eight_schools, ffjord_step,
                ode_solve, ode_solve_one; all of them if none is named
  --peers       makes the environment of JAX and PyTorch first (bench/.venv, some gigabytes, once)
  --rounds N    so many measurements of each (5)
  --quick       one round of a few steps, to see that everything runs; the numbers mean little and are not kept
  --only NAME   only these contenders: ours, wasm, ort-wasm-1, ort-wasm-N, jax, torch, scipy, tfjs-wasm, jax-js
  --out FOLDER  keeps results there instead of in bench/results`

/** In the order of python/peers.py, then those of python/ode_solve.py. */
export const WORKLOADS = [
  'realnvp_step',
  'bbb_step',
  'ensemble_step',
  'hmc_bnn',
  'nuts_eight_schools',
  'ffjord_step',
  'ode_solve',
  'ode_solve_one'
] as const

export interface Options {
  readonly workloads: readonly string[]
  readonly makePeers: boolean
  readonly rounds: number
  readonly isQuick: boolean
  readonly only: readonly string[]
  readonly out: string | undefined
  readonly wantsHelp: boolean
  /** Set in a process that measures this contender on the one workload. */
  readonly measure: string | undefined
  /** Timed calls, instead of the workload's own number. */
  readonly repeats: number | undefined
}

const positive = (flag: string, text: string): number => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${flag} ${text}: expected a positive integer`)
  return value
}

const checkWorkloads = (names: readonly string[]): readonly string[] => {
  const known: readonly string[] = WORKLOADS
  const odd = names.find((name) => !known.includes(name))
  if (odd !== undefined) throw new Error(`no workload is called ${odd}; there are ${known.join(', ')}`)
  return names.length === 0 ? known : known.filter((name) => names.includes(name))
}

/** @throws Error for an unknown flag or workload, or a number that is none */
export const parseOptions = (argv: readonly string[]): Options => {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      peers: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      out: { type: 'string' },
      measure: { type: 'string' },
      repeats: { type: 'string' },
      help: { type: 'boolean', default: false }
    }
  })
  return {
    workloads: checkWorkloads(positionals),
    makePeers: values.peers,
    rounds: positive('rounds', values.rounds ?? (values.quick ? '1' : '5')),
    isQuick: values.quick,
    only: values.only,
    out: values.out,
    wantsHelp: values.help,
    measure: values.measure,
    repeats: values.repeats === undefined ? (values.quick ? 3 : undefined) : positive('repeats', values.repeats)
  }
}
