import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Measurement, Outcome } from '../src/measurement'
import { geometricMean, least, overRounds, quotient, step } from '../src/report/figures'
import { markdownSection, spreadText } from '../src/report/markdown'
import { saveResults, tablesOf } from '../src/report/save'
import { sectionsOf, type Found } from '../src/report/sections'

const measured = (workload: string, contender: string, stepMilliseconds: number, firstSeconds = 1): Measurement => ({
  workload,
  contender,
  stepMilliseconds,
  firstSeconds,
  peakMegabytes: 100
})

const failed = (workload: string, contender: string): Outcome => ({ workload, contender, failed: 'no memory' })

const v: readonly (readonly Outcome[])[] = [
  [measured('v', 'ours', 1, 0.1), measured('v', 'jax', 2, 1), measured('v', 'torch', 4)],
  [measured('v', 'torch', 1), measured('v', 'jax', 6, 4), measured('v', 'ours', 2, 0.2)],
  [measured('v', 'ours', 3, 0.3), failed('v', 'jax'), measured('v', 'torch', 3)]
]

describe('figures', () => {
  test('a ratio is one of a round, and rounds that lack a side do not count', () => {
    const jax = quotient(step('jax'), step('ours'))
    expect(overRounds(v, 'v', jax)).toEqual({ median: 2.5, least: 2, most: 3 })
    expect(overRounds(v, 'v', quotient(step('pen'), step('ours')))).toBeUndefined()
  })

  test('the faster of two is chosen round by round, where both ran', () => {
    expect(overRounds(v, 'v', least(step('jax'), step('torch')))).toEqual({ median: 1.5, least: 1, most: 2 })
  })

  test('a geometric mean is taken within rounds that have every workload', () => {
    const rounds = v.map((round, i) => [...round, measured('w', 'ours', 1), measured('w', 'jax', 8 + i)])
    const jax = quotient(step('jax'), step('ours'))
    const mean = geometricMean(rounds, ['v', 'w', 'x'], jax)
    expect(mean!.least).toBeCloseTo(Math.sqrt(2 * 8))
    expect(mean!.most).toBeCloseTo(Math.sqrt(3 * 9))
  })
})

const contenders = [
  { name: 'ours', title: 'ours', kind: 'ours', workloads: ['v'] },
  { name: 'jax', title: 'JAX', kind: 'peer', workloads: ['v', 'w'] },
  { name: 'torch', title: 'PyTorch', kind: 'peer', workloads: ['v'] },
  { name: 'wasm-1', title: 'WebAssembly', kind: 'engine', workloads: ['v'] },
  { name: 'jax-js', title: 'jax-js', kind: 'typescript', workloads: ['v'] }
] as const

const section = (found: Found, title: string) => {
  const one = sectionsOf(found).find((candidate) => candidate.title === title)
  if (one === undefined) throw new Error(`no section ${title}`)
  return one
}

describe('sections', () => {
  const rounds = v.map((round) => [
    ...round,
    measured('w', 'jax', 7),
    measured('v', 'wasm-1', 9),
    measured('v', 'jax-js', 30)
  ])
  const found: Found = { rounds, contenders, workloads: ['v', 'w'] }

  test('a workload that we do not have yet keeps its row, with the numbers of those who have it', () => {
    const { header, rows } = section(found, 'A step')
    expect(header).toEqual(['workload', 'ours, ms', 'JAX, ms', 'PyTorch, ms'])
    expect(rows).toEqual([
      ['v', '2.00 (1.00-3.00)', '4.00 (2.00-6.00)', '3.00 (1.00-4.00)'],
      ['w', 'with its own issue', '7.00', '']
    ])
  })

  test('ratios say how many times faster we are; above 1 is good, sooner too', () => {
    const faster = section(found, 'Our step is so many times faster than that of')
    expect(faster.header).toEqual(['workload', 'JAX', 'PyTorch', 'the faster of them'])
    expect(faster.rows[0]).toEqual(['v', '2.50 (2.00-3.00)', '1.00 (0.500-4.00)', '1.25 (0.500-2.00)'])
    const sooner = section(found, 'Our first result comes so many times sooner than that of')
    expect(sooner.rows[0]![1]).toBe('15.0 (10.0-20.0)')
  })

  test('engines are compared with the default one, and other libraries with both', () => {
    expect(section(found, 'So many times as long as on the default engine').rows[0]).toEqual(['v', '4.50 (3.00-9.00)'])
    const { rows } = section(found, 'What a TypeScript user has today')
    expect(rows.map(([, who]) => who)).toEqual(['ours', 'WebAssembly', 'jax-js'])
    expect(rows[2]!.slice(-2)).toEqual(['15.0 (10.0-30.0)', '3.33'])
  })

  test('failures are told, with their round', () => {
    expect(section(found, 'What failed').rows).toEqual([['v', 'jax', '3', 'no memory']])
    const always: Found = { ...found, rounds: [[measured('v', 'ours', 1), failed('v', 'jax')]] }
    expect(section(always, 'A step').rows[0]).toEqual(['v', '1.00', 'failed', ''])
  })

  test('alone, we are compared with nobody', () => {
    const alone: Found = { rounds: v.map(([one]) => [one!]), contenders: [contenders[0]], workloads: ['v'] }
    expect(sectionsOf(alone).map(({ title }) => title)).toEqual(['A step', 'First result', 'Most memory held'])
  })

  test('where our first result goes, in medians', () => {
    const parts = { trace: 1, passes: 2, emission: 3, session: 4, run: 5, tracedNodes: 6, optimisedNodes: 7 }
    const with2 = [1, 2].map((n) => [{ ...measured('v', 'ours', n), firstResult: { ...parts, trace: n } }])
    const { rows } = section({ ...found, rounds: with2 }, 'Where our first result goes')
    expect(rows).toEqual([['v', '1.5', '2.0', '3.0', '4.0', '5.0', '6', '7']])
  })
})

test('tables stand in columns, words to the left and numbers to the right', () => {
  const text = markdownSection({
    title: 'T',
    header: ['workload', 'ours'],
    rows: [
      ['v', '1.00'],
      ['long name', '12.5']
    ]
  })
  expect(text).toBe(
    ['## T', '', '| workload  | ours |', '| --------- | ---: |', '| v         | 1.00 |', '| long name | 12.5 |'].join(
      '\n'
    )
  )
  expect(spreadText({ median: 123.4, least: 0.01234, most: 1234.5 })).toBe('123 (0.0123-1235)')
})

test('results are saved as tables and as numbers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  const found: Found = { rounds: v, contenders, workloads: ['v', 'w'] }
  saveResults(folder, 'all', found, new Date(0))
  const saved: unknown = JSON.parse(readFileSync(join(folder, 'all.json'), 'utf8'))
  expect(saved).toMatchObject({ date: '1970-01-01T00:00:00.000Z', rounds: v, workloads: ['v', 'w'] })
  const page = readFileSync(join(folder, 'all.md'), 'utf8')
  expect(page).toContain(tablesOf(found))
  expect(page).toMatch(/1970-01-01, .+ cores, \d+ GB, .+, Node v\d+/)
  rmSync(folder, { recursive: true })
})
