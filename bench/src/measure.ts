/** Measures a workload in this process, by the protocol of python/peers.py. */
import type { JitStats } from '@bdl/compiler'
import type { FirstResult, Measurement } from './measurement'
import type { Stepper, Timing } from './workloads/workload'

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

const timed = async (body: () => Promise<unknown>): Promise<number> => {
  const start = performance.now()
  await body()
  return performance.now() - start
}

const splitOf = (milliseconds: number, { traceMs, passes, emitMs, sessionMs, ...nodes }: JitStats): FirstResult => {
  const passesMs = passes.reduce((sum, { ms }) => sum + ms, 0)
  return {
    trace: traceMs,
    passes: passesMs,
    emission: emitMs,
    session: sessionMs,
    run: milliseconds - traceMs - passesMs - emitMs - sessionMs,
    tracedNodes: nodes.tracedNodes,
    optimisedNodes: nodes.optimisedNodes
  }
}

/** A timed workload with its start; of ours it may be asked what compilation cost. */
export interface Measurable extends Timing {
  readonly start: () => Stepper & { readonly stats?: () => readonly JitStats[] }
  /** Calls between the first and those that are timed; 1, as in python/peers.py. */
  readonly warmUp?: number
}

/** First result (tracing and compilation in it, imports not), some more steps, then the median of many. */
export const measure = async (
  contender: string,
  { name, repeats, warmUp = 1, perCall = 1, start }: Measurable
): Promise<Measurement> => {
  const run = start()
  const first = await timed(run.step)
  const [stats] = run.stats?.() ?? []
  for (let i = 0; i < warmUp; i++) await run.step()
  const times: number[] = []
  for (let i = 0; i < repeats; i++) times.push(await timed(run.step))
  await run.dispose()
  return {
    workload: name,
    contender,
    firstSeconds: first / 1000,
    stepMilliseconds: median(times) / perCall,
    peakMegabytes: Math.floor(process.resourceUsage().maxRSS / 1024),
    ...(stats && { firstResult: splitOf(first, stats) })
  }
}
