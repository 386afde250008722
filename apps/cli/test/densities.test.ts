/** The comparison of densities: every model is one, draws follow it, and the report says so. */
import { expect, test, describe } from 'vitest'
import { toyDatasets, type ToyDataset } from '@bdl/flows/toy'
import { agreement } from '../src/densities/agreement.js'
import { gridOf, histogram, integrate, pooled } from '../src/densities/grid.js'
import { models } from '../src/densities/models.js'
import type { DensityModel } from '../src/densities/models/model.js'
import { gatesOf } from '../src/densities/report/gates.js'
import { reportHtml } from '../src/densities/report/html.js'
import { reportJson, timingsJson } from '../src/densities/report/json.js'
import { likelihoodTable } from '../src/densities/report/table.js'
import { compareDensities } from '../src/densities/run.js'
import { quickSettings } from '../src/densities/settings.js'
import type { Settings } from '../src/densities/settings.js'
import type { Reporter } from '../src/progress.js'

const settings: Settings = {
  ...quickSettings,
  seed: 3,
  train: 1000,
  test: 500,
  steps: { layered: 50, spline: 50, likelihood: 50, regression: 50, pairing: 50, denoising: 50 },
  hidden: [16, 16]
}

interface Chosen {
  readonly sets: readonly ToyDataset[]
  readonly models: readonly DensityModel[]
}

const named = (...names: readonly string[]): Chosen => ({
  sets: toyDatasets.filter(({ name }) => names.includes(name)),
  models: models.filter(({ name }) => names.includes(name))
})

/** @param stopAt the name of a stage at whose first step the user presses Ctrl-C */
const compare = async (chosen: Chosen, seed = settings.seed, stopAt?: string) => {
  const controller = new AbortController()
  const stages: string[] = []
  const reporter: Reporter = {
    say: () => {},
    stage: (name) => {
      stages.push(name)
      return { update: () => void (name === stopAt && controller.abort()), finish: () => {} }
    }
  }
  const results = await compareDensities({
    ...chosen,
    settings: { ...settings, seed },
    reporter,
    signal: controller.signal
  })
  return { results, stages }
}

describe('grids', () => {
  test('a window and its frames cover a square of ten times the width once', () => {
    const grid = gridOf(3, 50)
    const one = new Float32Array(grid.points.length / 2).fill(-Math.log(60 * 60))
    expect(Math.abs(integrate(grid, one).total - 1)).toBeLessThan(1e-6)
    expect(Math.max(...grid.points)).toBeLessThan(30)
  })

  test('points are counted in the cells whose centres the grid has, and cells are pooled', () => {
    const grid = gridOf(2, 50)
    expect(histogram(grid.points, 2, 50)).toEqual(new Float64Array(2500).fill(1))
    const counts = histogram(grid.points, 2, 10)
    expect(counts).toEqual(new Float64Array(100).fill(25))
    const few = histogram(Float32Array.of(-1.9, -1.9, 1.9, -1.9, 0, 7), 2, 10)
    expect([few[0], few[9], few.reduce((a, b) => a + b, 0)]).toEqual([1, 1, 2])
    expect(pooled(counts, 10, 5)).toEqual(new Float64Array(4).fill(625))
    expect(pooled(few, 10, 5)).toEqual(Float64Array.of(1, 1, 0, 0))
  })

  test('agreement: all elsewhere is 1, as expected is 0, and what lies outside counts', () => {
    const masses = Float64Array.of(0.5, 0.5, 0)
    expect(agreement(Float64Array.of(0, 0, 100), masses, 100).distance).toBe(1)
    expect(agreement(Float64Array.of(50, 50, 0), masses, 100).distance).toBe(0)
    expect(agreement(Float64Array.of(25, 25, 0), masses, 100).distance).toBe(0.5)
    // |share - 1/2| of 100 draws is 0.04 on average: 0.05 sqrt(2 / pi)
    expect(Math.abs(agreement(masses, masses, 100).expected - 0.05 * Math.sqrt(2 / Math.PI))).toBeLessThan(1e-12)
  })
})

test('every model of the table integrates to one within 1 %, its draws agree with its density, and each beats nothing', async () => {
  const { results } = await compare({ sets: named('two-moons').sets, models })
  expect(results.models.map(({ name }) => name)).toEqual(models.map(({ name }) => name))
  const gates = gatesOf(results)
  expect(gates).toHaveLength(2 * (models.length + 1))
  expect(gates.filter(({ passes }) => !passes)).toEqual([])
  const truth = results.sets[0]!.truth.score
  for (const { name, evaluations } of results.models) {
    const { score, way, trajectories } = evaluations.get('two-moons')!
    // no model can be above the truth on the same points but by chance
    expect(score.mean, name).toBeLessThan(truth.mean + 5 * Math.hypot(truth.error, score.error))
    expect(score.mean, name).toBeGreaterThan(-8)
    expect([way.length, trajectories.length], name).toEqual(
      /^(cnf|ffjord|rnode|fm|score)/.test(name) ? [5, 40] : [0, 0]
    )
  }
  // the kernel estimate needs no training: it is near the truth
  expect(
    truth.mean - results.models.find(({ name }) => name === 'kde')!.evaluations.get('two-moons')!.score.mean
  ).toBeLessThan(0.25)
})

test('the laws of all data sets pass the gates that models have to pass', async () => {
  const { results } = await compare({ sets: toyDatasets, models: [] })
  const gates = gatesOf(results)
  expect(gates).toHaveLength(2 * toyDatasets.length)
  expect(gates.filter(({ passes }) => !passes)).toEqual([])
})

describe('runs', () => {
  const few = named('two-moons', 'checkerboard', 'gaussian', 'realnvp', 'fm')

  test('the same seed gives the same report.json, byte for byte; leaving out changes no number', async () => {
    const [{ results: one }, { results: two }] = [await compare(few), await compare(few)]
    expect(reportJson(settings, two)).toBe(reportJson(settings, one))
    const { results: part } = await compare(named('checkerboard', 'realnvp'))
    const scoreOf = (results: typeof one) =>
      results.models.find(({ name }) => name === 'realnvp')?.evaluations.get('checkerboard')?.score
    expect(scoreOf(part)).toEqual(scoreOf(one))
    const { results: other } = await compare(named('checkerboard', 'realnvp'), 4)
    expect(scoreOf(other)).not.toEqual(scoreOf(one))
    expect(JSON.parse(timingsJson(one)).timings).toHaveLength(3)
  })

  test('a page with a section per set, self-contained, with the best in bold', async () => {
    const { results } = await compare(few)
    const html = await reportHtml(settings, results)
    for (const heading of ['Two moons', 'Checkerboard', 'Test log-likelihoods', 'Are they densities?'])
      expect(html).toContain(`${heading}</h2>`)
    expect(html).not.toMatch(/NaN|undefined|<script|src="http|was interrupted/)
    const table = likelihoodTable(results)
    expect(table.rows.map(([name]) => name)).toEqual(['Gaussian', 'RealNVP', 'flow matching', 'truth'])
    // the largest of each column is in bold, by what is shown
    for (const column of [1, 2]) {
      const cells = table.rows.slice(0, -1).map((row) => String(row[column]))
      const shown = cells.map((cell) => Number(cell.replace('−', '-').replace(/[*]|\(.*/g, '')))
      expect(cells.map((cell) => cell.startsWith('**'))).toEqual(shown.map((v) => v === Math.max(...shown)))
    }
  })

  test.each([
    ['data sets', 0],
    ['RealNVP', 1],
    ['flow matching', 2]
  ])('stopped in %s: models that were done are kept, and a report renders', async (stopAt, done) => {
    const { results, stages } = await compare(few, settings.seed, stopAt)
    expect(stages.at(-1)).toBe(stopAt)
    expect(results.isComplete).toBe(false)
    expect(results.models).toHaveLength(done)
    expect(JSON.parse(reportJson(settings, results)).isComplete).toBe(false)
    const html = await reportHtml(settings, results)
    expect(html).toContain('This run was interrupted')
    expect(html).not.toMatch(/NaN|undefined/)
  })
})
