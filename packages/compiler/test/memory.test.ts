/** What stays in memory: resident bytes of processes of their own, held against what a leak would cost there. */
import { describe, expect, test } from 'vitest'
import { runProgram } from './support/child'

interface Measured {
  /** Resident bytes after a warm-up and after each part of the run. */
  readonly rss: readonly number[]
  /** Live tensors at the same times. */
  readonly tensors: readonly number[]
}

const isMeasured = (x: unknown): x is Measured & { readonly compiled: number; readonly resultBytes: number } =>
  typeof x === 'object' && x !== null && 'rss' in x && 'tensors' in x

const measure = async (program: string, runtime: string, count: number) => {
  const result = await runProgram('memory-program', {
    flags: ['--expose-gc'],
    arguments: [program, runtime, String(count)]
  })
  if (!isMeasured(result)) throw new Error(`memory-program printed ${JSON.stringify(result)}`)
  return result
}

const growth = ({ rss }: Measured): number => rss.at(-1)! - rss[0]!

describe.each([
  ['native', 1000, 200],
  ['wasm', 400, 200],
  ['own', 400, 200]
] as const)('%s', (runtime, bounded, unbounded) => {
  test('ten thousand calls: less than an eighth of what it would be to leak one result a call', async () => {
    const calls = 10_000
    const measured = await measure('calls', runtime, calls)
    expect(growth(measured)).toBeLessThan((calls * measured.resultBytes) / 8)
    expect(new Set(measured.tensors)).toEqual(new Set([3])) // the parameters and the data
  })

  test(`${bounded} shapes through a cache of 16: less than half of what sessions that stay cost`, async () => {
    const held = await measure('unbounded', runtime, unbounded)
    expect(held.compiled).toBe(unbounded)
    const through = await measure('bounded', runtime, bounded)
    expect(through.compiled).toBe(16)
    const perShape = growth(through) / (bounded * 0.8) // a fifth of the shapes is warm-up
    expect(perShape).toBeLessThan(growth(held) / (unbounded * 0.8) / 2)
    expect(new Set(through.tensors)).toEqual(new Set([0]))
  })
})
