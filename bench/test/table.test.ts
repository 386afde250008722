import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { measureWorkload, median } from '../src/measure'
import type { Measurement } from '../src/peers'
import { saveResults } from '../src/save'
import { markdownTable, summarise } from '../src/table'

const measured = (peer: string, stepMilliseconds: number, firstSeconds: number): Measurement => ({
  workload: 'w',
  peer,
  stepMilliseconds,
  firstSeconds,
  peakMegabytes: 100
})

const rounds = [
  [measured('ours', 1, 0.1), measured('jax', 2, 1)],
  [measured('jax', 6, 4), measured('ours', 2, 0.2)],
  [measured('ours', 3, 0.3), measured('jax', 3, 1.5)]
]

test('rows hold medians with their ranges, and ratios are taken within rounds', () => {
  const [ours, jax] = summarise(rounds)
  expect(ours).toMatchObject({ peer: 'ours', rounds: 3, stepMilliseconds: { median: 2, least: 1, most: 3 } })
  expect(ours).not.toHaveProperty('stepRatio')
  expect(jax!.stepRatio).toEqual({ median: 0.5, least: 1 / 3, most: 1 })
  expect(jax!.firstRatio!.median).toBeCloseTo(10)
  expect(jax!.firstRatio!.most).toBeCloseTo(20)
})

test('without peers there are no ratios', () => {
  const table = markdownTable(summarise(rounds.map((round) => round.filter(({ peer }) => peer === 'ours'))))
  expect(table.split('\n')).toHaveLength(3)
  expect(table).toContain('2.00 (1.00-3.00)')
})

test('results are saved as a table and as numbers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  saveResults(folder, 'w', rounds, new Date(0))
  const saved: unknown = JSON.parse(readFileSync(join(folder, 'w.json'), 'utf8'))
  expect(saved).toMatchObject({ date: '1970-01-01T00:00:00.000Z', rounds })
  expect(readFileSync(join(folder, 'w.md'), 'utf8')).toContain('| w ')
  rmSync(folder, { recursive: true })
})

test('a workload is stepped twice before the steps that are timed', async () => {
  let steps = 0
  const measurement = await measureWorkload({
    name: 'w',
    repeats: 3,
    start: () => ({
      step: () => Promise.resolve(++steps),
      position: () => [],
      stats: () => [],
      dispose: () => Promise.resolve()
    })
  })
  expect(steps).toBe(5)
  expect(measurement).toMatchObject({ workload: 'w', peer: 'ours' })
})

test('the median of an even number of times is between the middle ones', () => {
  expect(median([4, 1, 3, 2])).toBe(2.5)
})
