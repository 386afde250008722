import '@tensorflow/tfjs-backend-cpu'
import { test } from 'vitest'
import { onnxEngine, wasmEngine } from '@bdl/compiler'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { workloads } from '../src/workloads/index'
const wasmPaths = `${dirname(createRequire(import.meta.url).resolve('onnxruntime-web/wasm'))}/`
const only = process.env['W']?.split(',')
const rounds = Number(process.env['R'] ?? 5)
test.each(workloads.filter((w) => !only || only.includes(w.name)))('$name', async (w) => {
  const engines = {
    wasm: wasmEngine(),
    native: onnxEngine({ threads: 1 }),
    web: onnxEngine({ runtime: 'wasm', wasmPaths, wasmThreads: 1, threads: 1 })
  }
  const names = (process.env['E']?.split(',') ?? Object.keys(engines)) as (keyof typeof engines)[]
  const runs = names.map((n) => w.start({ engine: engines[n] }))
  const first: number[] = [],
    values: number[][] = []
  for (const r of runs) {
    const t = performance.now()
    const v = [await r.step()]
    first.push(performance.now() - t)
    for (let i = 0; i < 3; i++) v.push(await r.step())
    values.push(v)
  }
  const best = runs.map(() => Infinity)
  const n = Math.max(3, Math.ceil(Math.min(w.repeats, 40) / (w.perCall ?? 1)))
  for (let k = 0; k < rounds; k++)
    for (const [i, r] of runs.entries())
      for (let j = 0; j < n; j++) {
        const t = performance.now()
        await r.step()
        best[i] = Math.min(best[i]!, performance.now() - t)
      }
  console.log(
    w.name,
    names
      .map(
        (nm, i) =>
          `${nm} ${(best[i]! / (w.perCall ?? 1)).toFixed(3)} ms first ${first[i]!.toFixed(0)} [${values[i]!.map((v) => v.toPrecision(6)).join(' ')}]`
      )
      .join('\n   '),
    '\n',
    JSON.stringify(runs[0]!.stats().map((s) => [s.emitMs, s.sessionMs, s.engineNodes, s.optimisedNodes]))
  )
  for (const r of runs) await r.dispose()
})
