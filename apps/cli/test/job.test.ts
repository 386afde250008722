import { beforeAll, describe, expect, test } from 'vitest'
import type { Reporter } from '../src/progress.js'
import { reportHtml } from '../src/weights/report/html.js'
import { reportJson, timingsJson } from '../src/weights/report/json.js'
import type { Results } from '../src/weights/results.js'
import type { Settings } from '../src/weights/settings.js'
import { runUntilStopped } from '../src/weights/until-stopped.js'
import { tinyProblem, tinySettings } from './tiny.js'

const problem = tinyProblem()

interface Heard {
  readonly stages: string[]
  readonly notes: string[]
}

/** Runs the job; the signal fires when a stage whose name matches begins. */
const runTiny = async (settings: Settings, stopAt?: RegExp): Promise<{ results: Results; heard: Heard }> => {
  const controller = new AbortController()
  const heard: Heard = { stages: [], notes: [] }
  const reporter: Reporter = {
    say: () => {},
    stage: (name) => {
      heard.stages.push(name)
      if (stopAt?.test(name)) controller.abort()
      return { update: () => {}, finish: (note = '') => void heard.notes.push(note) }
    }
  }
  const results = await runUntilStopped({ problem, settings, reporter, signal: controller.signal })
  return { results, heard }
}

const numbersIn = (value: unknown): readonly number[] =>
  typeof value === 'number'
    ? [value]
    : value !== null && typeof value === 'object'
      ? Object.values(value).flatMap(numbersIn)
      : []

describe('a whole run on a table of its own', () => {
  let whole: Awaited<ReturnType<typeof runTiny>>
  let text: string
  beforeAll(async () => {
    whole = await runTiny(tinySettings)
    text = reportJson(problem, tinySettings, whole.results)
  })

  test('reaches its end, every stage with a note', () => {
    expect(whole.results.isComplete).toBe(true)
    expect(whole.heard.stages.length).toBeGreaterThan(12)
    expect(whole.heard.notes).toHaveLength(whole.heard.stages.length)
    for (const note of whole.heard.notes) expect(note).toMatch(/\d/)
  })

  test('compares all methods, arms and repairs', () => {
    const { methods, arms, repairs, importance } = whole.results
    expect(methods.map(({ name }) => name)).toEqual(['MAP', 'ensemble', 'mean-field VI', 'HMC', 'SGHMC', 'generated'])
    expect(arms.map(({ name }) => name)).toContain('Gaussian')
    expect(arms[0]?.name).toBe('held-out posterior')
    for (const { rows } of repairs) expect(rows.map(({ transitions }) => transitions)).toEqual([0, 1, 2])
    expect(importance.length).toBeGreaterThan(0)
  })

  test('shifts inputs that are no images by shuffling columns', () => {
    expect(whole.results.methods[0]?.evaluation.scores.shifted.map(({ name }) => name)).toEqual([
      'shuffled columns',
      'noise of the same statistics'
    ])
  })

  test('report.json holds finite numbers alone, and no timings', () => {
    const report = JSON.parse(text)
    expect(numbersIn(report).length).toBeGreaterThan(200)
    expect(numbersIn(report).every(Number.isFinite)).toBe(true)
    expect(text).not.toMatch(/NaN|Infinity|seconds/)
    expect(Object.keys(report)).toEqual(
      expect.arrayContaining(['schema', 'isComplete', 'data', 'network', 'settings', 'gates', 'methods', 'convergence'])
    )
    expect(report.data).toEqual({ name: 'flowers', train: 48, validation: 12, test: 30, classes: 3 })
    expect(report.network).toMatchObject({ sizes: [4, 3, 3], weights: 27 })
  })

  test('gates on the quality of digits are not put to other data', () => {
    const names = JSON.parse(text).gates.map(({ name }: { name: string }) => name)
    expect(names.length).toBeGreaterThan(3)
    expect(names.filter((name: string) => name.includes('accuracy'))).toEqual([])
  })

  test('timings.json has the speed of each sampler', () => {
    const { timings } = JSON.parse(timingsJson(whole.results))
    for (const { seconds, networks, networksPerSecond } of timings)
      expect(networksPerSecond).toBeCloseTo(networks / seconds, 6)
  })

  test('the page has a section for each part, is self-contained, and says nothing of an interruption', async () => {
    const html = await reportHtml(problem, tinySettings, whole.results)
    expect(html.match(/<section /g)).toHaveLength(8)
    for (const heading of ['Predictions', 'Out of distribution', 'Canonical weights', 'Gates'])
      expect(html).toContain(heading)
    expect(html).not.toContain('interrupted')
    expect(html).not.toMatch(/<script|src="http|href="http|NaN|undefined|\[object/)
  })

  test('the same seed gives the same report.json, byte for byte', async () => {
    const again = await runTiny(tinySettings)
    expect(reportJson(problem, tinySettings, again.results)).toBe(text)
  })

  test('another seed gives other numbers', async () => {
    const other = await runTiny({ ...tinySettings, seed: 1 }, /canonical weights/)
    const [before, after] = [whole, other].map(({ results }) => results.methods.map((m) => m.evaluation.scores.nll))
    expect(after?.length).toBeGreaterThan(0)
    after?.forEach((nll, i) => expect(nll).not.toBe(before?.[i]))
  })
})
