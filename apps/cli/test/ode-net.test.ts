/** The comparison of an ODE-Net with a residual network, on the digits. */
import * as E from 'fp-ts/lib/Either.js'
import { beforeAll, describe, expect, test } from 'vitest'
import { key } from '@bdl/core'
import { loadParts } from '../src/data.js'
import { odeNet, residualHidden, residualNet, toTolerance, weightCount } from '../src/ode-net/networks.js'
import { reportHtml } from '../src/ode-net/report/html.js'
import { reportJson } from '../src/ode-net/report/json.js'
import { spreadOf } from '../src/ode-net/report/summary.js'
import type { Results } from '../src/ode-net/results.js'
import { rowsOf } from '../src/ode-net/rows.js'
import type { PartRows } from '../src/ode-net/rows.js'
import { compareNetworks } from '../src/ode-net/run.js'
import { fullSettings, quickSettings } from '../src/ode-net/settings.js'
import type { Settings } from '../src/ode-net/settings.js'
import type { Reporter } from '../src/progress.js'

const settings: Settings = { ...quickSettings, seed: 3, tolerances: [1e-2, 1e-3, 1e-4, 1e-5], eulerSteps: [4, 8, 16] }
const shape = { inputs: 64, classes: 10 }

let rows: PartRows
beforeAll(async () => {
  const parts = await loadParts(undefined)()
  if (E.isLeft(parts)) throw new Error(parts.left)
  rows = rowsOf(parts.right)
})

const compare = (chosen: Settings, stopAt?: RegExp): Promise<Results> => {
  const controller = new AbortController()
  const reporter: Reporter = {
    say: () => {},
    stage: (name) => {
      if (stopAt?.test(name)) controller.abort()
      return { update: () => {}, finish: () => {} }
    }
  }
  return compareNetworks({ settings: chosen, shape, rows, reporter, signal: controller.signal })
}

describe('the digits, briefly', () => {
  let results: Results
  beforeAll(async () => void (results = await compare(settings)))

  test('both networks have as many weights to 2 %, and both learn', () => {
    expect(results.isComplete).toBe(true)
    expect(results.networks.map(({ name }) => name)).toEqual(['ODE-Net', 'residual network'])
    const [ode, residual] = results.networks.map(({ weights }) => weights)
    expect(Math.abs(ode! / residual! - 1)).toBeLessThan(0.02)
    for (const { runs } of results.networks) {
      expect(runs).toHaveLength(settings.runs)
      for (const { curve, test: judged, bestStep } of runs) {
        // 120 steps from seeds 0 to 3: 92.0 to 96.0 % and 0.17 to 0.25 nats; chance is 10 % and 2.3 nats.
        expect(judged.accuracy).toBeGreaterThan(0.9)
        expect(judged.nll).toBeLessThan(0.35)
        expect(curve.map(({ step }) => step)).toEqual([0, 20, 40, 60, 80, 100, 120])
        expect(curve.find(({ step }) => step === bestStep)?.nll).toBe(Math.min(...curve.map(({ nll }) => nll)))
      }
    }
  })

  test('evaluations are counted there and back, and tighter tolerances buy accuracy of the state with them', () => {
    expect(results.efforts.map(({ step }) => step)).toEqual([20, 40, 60, 80, 100, 120])
    for (const { forward, backward } of results.efforts) {
      expect(forward).toBeGreaterThanOrEqual(8)
      expect(backward).toBeGreaterThanOrEqual(8)
    }
    const { tolerances } = results
    expect(tolerances.map(({ tolerance }) => tolerance)).toEqual(settings.tolerances)
    for (const { tolerance, error } of tolerances) expect(error).toBeLessThan(3 * tolerance)
    const [loosest, tightest] = [tolerances[0]!, tolerances.at(-1)!]
    expect(tightest.forward).toBeGreaterThan(loosest.forward)
    expect(tightest.error).toBeLessThan(loosest.error / 10)
    // The network that was trained at 1e-3 is the same network at any tolerance that resolves its equation.
    expect(Math.abs(tightest.accuracy - loosest.accuracy)).toBeLessThan(0.01)
    const best = results.networks[0]!.runs[0]!.test
    const trainedAt = tolerances.find(({ tolerance }) => tolerance === settings.tolerance)
    expect(trainedAt?.accuracy).toBeCloseTo(best.accuracy, 6)
    expect(trainedAt?.nll).toBeCloseTo(best.nll, 5)
  })

  test("steps of Euler's method come near the equation, at order one", () => {
    expect(results.eulers.map(({ steps }) => steps)).toEqual([4, 8, 16])
    const [four, , sixteen] = results.eulers
    // A quarter of the step, a quarter of the error, but for terms of higher order.
    expect(four!.error / sixteen!.error).toBeGreaterThan(2.5)
    expect(four!.error / sixteen!.error).toBeLessThan(6.5)
    expect(Math.abs(sixteen!.accuracy - results.tolerances.at(-1)!.accuracy)).toBeLessThan(0.02)
  })

  test('the report has all of it, and says the same for the same seed', async () => {
    const html = await reportHtml('digits', settings, results)
    for (const heading of [
      'Accuracy and log-likelihood',
      'The equation while it is learnt',
      'What a tolerance buys',
      'As a residual network'
    ])
      expect(html).toContain(heading)
    expect(html.match(/<figure/g)).toHaveLength(5)
    expect(html).not.toMatch(/NaN|undefined|Infinity/)
    expect(reportJson('digits', settings, await compare(settings))).toBe(reportJson('digits', settings, results))
  })
})

test('a run that is stopped keeps what was finished, and its page says so', async () => {
  const results = await compare({ ...settings, runs: 1, steps: 20 }, /residual/)
  expect(results.isComplete).toBe(false)
  expect(results.networks.map(({ name }) => name)).toEqual(['ODE-Net'])
  const html = await reportHtml('digits', settings, results)
  expect(html).toContain('This run was interrupted')
  expect(html).not.toContain('What a tolerance buys')
})

describe('networks', () => {
  test.each([
    [24, 32, 2],
    [16, 8, 1],
    [40, 64, 3]
  ])('width %i, field of %i, %i blocks: as many weights as can be', (width, hidden, blocks) => {
    const chosen = { ...fullSettings, seed: 0, width, hidden, blocks }
    const counts = [odeNet(shape, chosen, toTolerance(1e-3)), residualNet(shape, chosen)].map((net) =>
      weightCount(net.init(key(0)))
    )
    // One hidden unit more or less in every block is 2 width + 1 weights each.
    expect(Math.abs(counts[0]! - counts[1]!)).toBeLessThanOrEqual((blocks * (2 * width + 1)) / 2 + 1)
    expect(residualHidden(chosen)).toBeGreaterThan(1)
  })

  test('spread of trainings', () => {
    expect(spreadOf([1, 2, 3])).toEqual({ mean: 2, sd: 1 })
    expect(spreadOf([4])).toEqual({ mean: 4, sd: 0 })
  })
})
