/** The built program, as `npm run bench` starts it. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runProcess } from '../src/contenders/run-process'
import { parseOptions } from '../src/options'

const program = resolve(import.meta.dirname, '../dist/main.js')
const bench = (...args: readonly string[]) => runProcess(process.execPath, [program, ...args])

let folder: string
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'bench-'))))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('a quick round of one workload, ours on its engines and the libraries of TypeScript', async () => {
  const only = ['ours', 'wasm', 'ort-wasm-1', 'tfjs-wasm', 'jax-js']
  const flags = only.flatMap((name) => ['--only', name])
  const { code, output, errors } = await bench('ensemble_step', '--quick', '--out', folder, ...flags)
  expect(errors).toContain('round 1 of 1, ensemble_step, ms: ours ')
  expect(code).toBe(0)
  const { rounds, contenders } = JSON.parse(readFileSync(join(folder, 'ensemble_step.json'), 'utf8'))
  expect(contenders.map(({ name }: { name: string }) => name)).toEqual(only)
  expect(rounds).toHaveLength(1)
  for (const one of rounds[0]) {
    expect(one.stepMilliseconds).toBeGreaterThan(0)
    expect(one.firstSeconds).toBeGreaterThan(0)
    expect(one.peakMegabytes).toBeGreaterThan(10)
  }
  const parts = rounds[0][0].firstResult
  expect(parts.optimisedNodes).toBeLessThan(parts.tracedNodes)
  const titles = output.match(/^## .+$/gm)
  expect(titles).toEqual([
    '## A step',
    '## First result',
    '## Most memory held',
    '## Where our first result goes',
    '## A step on our other engines',
    '## So many times as long as on the default engine',
    '## What a TypeScript user has today'
  ])
  expect(readFileSync(join(folder, 'ensemble_step.md'), 'utf8')).toContain(output.trim())
})

test('a workload or a contender that there is not ends the program before it measures', async () => {
  for (const [args, words] of [
    [['nothing'], 'bench: no workload is called nothing; there are realnvp_step'],
    [['--only', 'nobody'], 'bench: --only nobody: there are ours'],
    [['--rounds', 'x'], 'bench: --rounds x: expected a positive integer']
  ] as const) {
    const { code, output, errors } = await bench(...args)
    expect(errors).toContain(words)
    expect([code, output]).toEqual([1, ''])
  }
  expect(existsSync(join(folder, 'nothing.json'))).toBe(false)
})

test('options', () => {
  expect(parseOptions([])).toMatchObject({ rounds: 5, makePeers: false, repeats: undefined })
  expect(parseOptions([]).workloads).toHaveLength(8)
  expect(parseOptions(['--quick'])).toMatchObject({ rounds: 1, repeats: 3 })
  expect(parseOptions(['hmc_bnn', 'bbb_step', '--rounds', '2', '--peers'])).toMatchObject({
    workloads: ['bbb_step', 'hmc_bnn'],
    rounds: 2,
    makePeers: true
  })
})
