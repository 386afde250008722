import { expect, test } from 'vitest'
import type { Executable } from '../src/engines/engine'
import { quicker } from '../src/engines/quicker'
import { number } from './support/graphs'

/** Two executables whose runs take what the test says, by a clock of its own. */
const bench = (costs: { first: number; second: number }) => {
  let now = 0
  const log: string[] = []
  const fake = (name: 'first' | 'second'): Executable => ({
    report: { engine: name, emitMs: 0, sessionMs: 10, engineNodes: 1 },
    run: (inputs) => {
      log.push(name)
      now += costs[name]
      return Promise.resolve(inputs)
    },
    dispose: () => Promise.resolve(void log.push(`${name} disposed`))
  })
  let made = 0
  const executable = quicker(
    fake('first'),
    () => {
      made++
      return Promise.resolve(fake('second'))
    },
    () => now
  )
  const runs = async (count: number): Promise<readonly string[]> => {
    const before = log.length
    for (let i = 0; i < count; i++) await executable.run([number(i)])
    return log.slice(before)
  }
  const share = async (count: number): Promise<number> =>
    (await runs(count)).filter((name) => name === 'second').length / count
  return { costs, executable, runs, share, log, made: () => made }
}

test('the second is made when runs have taken twice as long as making the first, then both run in turns', async () => {
  const b = bench({ first: 1, second: 0.5 })
  expect(await b.share(20)).toBe(0)
  expect(b.made()).toBe(0)
  await b.runs(1)
  expect(b.made()).toBe(1)
  expect(await b.runs(6)).toEqual(['first', 'second', 'first', 'second', 'first', 'second'])
  expect(await b.share(50)).toBe(1)
})

test('the first stays where the second is no better', async () => {
  const b = bench({ first: 1, second: 0.96 })
  await b.runs(21)
  expect(await b.share(14)).toBe(0.5)
  expect(await b.share(100)).toBe(0)
})

test('a second that is hopeless is given up after two runs', async () => {
  const b = bench({ first: 1, second: 3 })
  await b.runs(21)
  const trial = await b.runs(14)
  expect(trial.filter((name) => name === 'second')).toHaveLength(2)
  expect(await b.share(10)).toBe(0)
})

test('a verdict is tried again, less and less often while it stays', async () => {
  const b = bench({ first: 1, second: 2 })
  await b.runs(5000)
  const trials = async (count: number): Promise<number> => Math.round((await b.share(count)) * count) / 2
  const [early, late] = [await trials(5000), await trials(5000)]
  expect(b.made()).toBe(1)
  expect(early).toBeGreaterThanOrEqual(late)
  expect(late).toBeLessThanOrEqual(2)
  expect(await trials(20_000)).toBeGreaterThanOrEqual(2)
  expect(await b.share(20_000)).toBeLessThan(0.005)
})

test('when the machine becomes busy, the other is chosen within a few runs, and back', async () => {
  const b = bench({ first: 1, second: 0.5 })
  await b.runs(100)
  await b.runs(200)
  b.costs.second = 3
  await b.runs(10)
  expect(await b.share(50)).toBe(0)
  b.costs.second = 0.5
  await b.runs(2000)
  expect(await b.share(20)).toBe(1)
})

test('overlapping runs are not timed, and get their own results', async () => {
  const b = bench({ first: 100, second: 1 })
  for (let i = 0; i < 5; i++) {
    const results = await Promise.all([1, 2, 3].map((x) => b.executable.run([number(x)])))
    expect(results.map(([y]) => y!.data[0])).toEqual([1, 2, 3])
  }
  expect(b.made()).toBe(0)
  await b.runs(1)
  expect(b.made()).toBe(1)
})

test('a second that cannot be made leaves the first; both are disposed', async () => {
  const failing = { first: 1, second: 1 }
  const b = bench(failing)
  await b.runs(60)
  await b.executable.dispose()
  expect(b.log.slice(-2)).toEqual(['first disposed', 'second disposed'])
  const inputs = [number(1)]
  const alone = bench(failing)
  let now = 0
  const stubborn = quicker(
    alone.executable,
    () => Promise.reject(new Error('no memory')),
    () => (now += 1e6)
  )
  for (let i = 0; i < 100; i++) expect(await stubborn.run(inputs)).toBe(inputs)
  await stubborn.dispose()
  expect(alone.log.at(-1)).toContain('disposed')
})
