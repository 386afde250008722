/** From single calls of kernels to what a run takes where nothing holds it up. */
import type { KernelTime, Profile } from './engine.js'

/** One call of a kernel. */
export interface KernelCall extends Pick<KernelTime, 'nodes' | 'op' | 'isInside' | 'callsInside'> {
  /** Calls of one key are calls of one kernel. */
  readonly key: string
  /** Without kernels inside. */
  readonly ms: number
}

/** Mean of the faster three quarters: calls alike take equally long, but for those during which the machine did something else. */
export const undisturbed = (times: readonly number[]): number => {
  const kept = [...times].sort((a, b) => a - b).slice(0, Math.ceil((3 / 4) * times.length))
  return kept.length === 0 ? 0 : kept.reduce((sum, time) => sum + time, 0) / kept.length
}

/** @param between of each run, what was in no kernel, in milliseconds */
export const profileOf = (calls: readonly KernelCall[], between: readonly number[], arenaBytes?: number): Profile => {
  const runs = Math.max(1, between.length)
  const kernels = new Map<string, KernelCall[]>()
  for (const call of calls) {
    const known = kernels.get(call.key)
    if (known === undefined) kernels.set(call.key, [call])
    else known.push(call)
  }
  const times = [...kernels.values()].map((all): KernelTime => {
    const { nodes, op, isInside } = all[0]!
    const callsInside = all.reduce((sum, call) => sum + call.callsInside, 0) / runs
    const ms = (undisturbed(all.map((call) => call.ms)) * all.length) / runs
    return { nodes, op, isInside, ms, calls: all.length / runs, callsInside }
  })
  return { runs, betweenMs: undisturbed(between), kernels: times, ...(arenaBytes !== undefined && { arenaBytes }) }
}
