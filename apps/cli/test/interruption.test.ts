import { expect, test } from 'vitest'
import type { Reporter } from '../src/progress.js'
import { reportHtml } from '../src/weights/report/html.js'
import { reportJson } from '../src/weights/report/json.js'
import type { Results } from '../src/weights/results.js'
import { runUntilStopped } from '../src/weights/until-stopped.js'
import { tinyProblem, tinySettings } from './tiny.js'

const problem = tinyProblem()

/** Runs the job until a stage begins, or has made its first step. */
const runUntil = async (stopAt: RegExp, when: 'begin' | 'step'): Promise<{ results: Results; stages: string[] }> => {
  const controller = new AbortController()
  const stages: string[] = []
  const reporter: Reporter = {
    say: () => {},
    stage: (name) => {
      const stop = (at: typeof when): void => {
        if (at === when && stopAt.test(name)) controller.abort()
      }
      stages.push(name)
      stop('begin')
      return { update: () => stop('step'), finish: () => {} }
    }
  }
  const results = await runUntilStopped({ problem, settings: tinySettings, reporter, signal: controller.signal })
  return { results, stages }
}

/** An arm whose training was cut short would have fewer steps, a repair fewer rows. */
const expectWhole = ({ arms, repairs, toy }: Results): void => {
  for (const { curve } of arms) expect([undefined, 2, 4]).toContain(curve.at(-1)?.step)
  for (const { rows } of repairs) expect(rows).toHaveLength(3)
  expect(toy).toBeUndefined()
}

test.each([
  [/maxima/, 'step', [0, 0]],
  [/mean-field/, 'step', [2, 0]],
  [/^HMC/, 'begin', [3, 0]],
  [/^HMC/, 'step', [3, 0]],
  [/SGHMC/, 'step', [4, 1]],
  [/canonical weights/, 'step', [5, 2]],
  [/^metanet/, 'step', [5, 2]],
  [/repair/, 'step', [6, 2]],
  [/sixteen/, 'begin', [6, 2]]
] as const)(
  'stopped at %s (%s): what was finished before is kept, and a report renders',
  async (stopAt, when, sizes) => {
    const { results, stages } = await runUntil(stopAt, when)
    expect(stages.at(-1)).toMatch(stopAt)
    expect(results.isComplete).toBe(false)
    expect([results.methods.length, results.convergence.length]).toEqual(sizes)
    expectWhole(results)
    expect(JSON.parse(reportJson(problem, tinySettings, results)).isComplete).toBe(false)
    const html = await reportHtml(problem, tinySettings, results)
    expect(html).toContain('This run was interrupted')
    expect(html).not.toMatch(/NaN|undefined|Infinity/)
  }
)
