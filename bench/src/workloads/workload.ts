/** A workload: one step of it, ready to run. What a step computes is stated where it is built, and in python/peers.py. */
import type { JitOptions, JitStats } from '@bdl/compiler'
import type { Tree } from '@bdl/core'

export interface RunOptions {
  /** Default: `jit`'s own, ONNX Runtime. */
  readonly engine?: NonNullable<JitOptions['engine']>
}

export interface Workload {
  readonly name: string
  /** Calls that are timed after the first two. */
  readonly repeats: number
  /** What one call does this many times over; the time is of one of them. 1 if absent. */
  readonly perCall?: number
  /** Makes data and parameters; compiles nothing. */
  readonly start: (options?: RunOptions) => Run
}

export interface Run {
  /** One call from where the last one ended; the number that it reports, read back as a user would. */
  readonly step: () => Promise<number>
  /** What has been trained or sampled so far; lent until the next step. */
  readonly position: () => Tree
  /** What compilation cost; empty before the first step. */
  readonly stats: () => readonly JitStats[]
  readonly dispose: () => Promise<void>
}
