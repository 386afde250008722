/** A workload: one step of it, ready to run. What a step computes is stated where it is built, and in python/peers.py. */
import type { JitOptions, JitStats } from '@bdl/compiler'
import type { Tree } from '@bdl/core'

/** Something that can be stepped and timed, in whatever library. */
export interface Stepper {
  /** One call from where the last one ended; the number that it reports, read back as a user would. */
  readonly step: () => Promise<number>
  readonly dispose: () => Promise<void>
}

/** One of ours. */
export interface Run extends Stepper {
  /** What has been trained or sampled so far; lent until the next step. */
  readonly position: () => Tree
  /** What compilation cost; empty before the first step. */
  readonly stats: () => readonly JitStats[]
}

/** How a workload is timed, in python/peers.py and here. */
export interface Timing {
  readonly name: string
  /** Calls that are timed. */
  readonly repeats: number
  /** What one call does this many times over; the time is of one of them. 1 if absent. */
  readonly perCall?: number
}

export interface RunOptions {
  /** Default: `jit`'s own. */
  readonly engine?: NonNullable<JitOptions['engine']>
}

export interface Workload extends Timing {
  /** Makes data and parameters; compiles nothing. */
  readonly start: (options?: RunOptions) => Run
}
