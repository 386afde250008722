/** Measures one of our workloads in this process, by the protocol of python/peers.py. */
import { onnxEngine } from '@bdl/compiler'
import type { Measurement } from './peers'
import type { Workload } from './workloads/workload'

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

/** Starts ONNX Runtime, as python/peers.py starts JAX's by making the data before the clock runs. */
export const startRuntime = async (): Promise<void> => {
  const scalar = { id: 0, shape: [], dtype: 'float32' } as const
  const nothing = await onnxEngine().compile({ inputs: [scalar], nodes: [], outputs: [scalar] }, [])
  await nothing.dispose()
}

/** First result (tracing and compilation in it, imports not), one more step, then the median of many. */
export const measureWorkload = async ({ name, start, repeats, perCall = 1 }: Workload): Promise<Measurement> => {
  const run = start()
  const first = await timed(run.step)
  await run.step()
  const times: number[] = []
  for (let i = 0; i < repeats; i++) times.push(await timed(run.step))
  await run.dispose()
  return {
    workload: name,
    peer: 'ours',
    firstSeconds: first / 1000,
    stepMilliseconds: median(times) / perCall,
    peakMegabytes: Math.floor(process.resourceUsage().maxRSS / 1024)
  }
}
