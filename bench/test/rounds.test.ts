import { expect, test } from 'vitest'
import type { Contender } from '../src/contenders/contender'
import { measure, median } from '../src/measure'
import { runRounds } from '../src/rounds'

const contender = (name: string, workloads: readonly string[], log: string[], fails = false): Contender => ({
  name,
  title: name,
  kind: 'peer',
  workloads,
  measure: (workload) => {
    log.push(`${name} ${workload}`)
    if (fails) return Promise.reject(new Error('no memory'))
    return Promise.resolve({
      workload,
      contender: name,
      firstSeconds: 1,
      stepMilliseconds: 1,
      peakMegabytes: 1
    })
  }
})

test('contenders take turns, every other round in the opposite order, at the workloads that they have', async () => {
  const log: string[] = []
  const contenders = [contender('a', ['v', 'w'], log), contender('b', ['v'], log)]
  await runRounds({ contenders, workloads: ['v', 'w'], rounds: 3 })
  expect(log).toEqual(['a v', 'b v', 'a w', 'b v', 'a v', 'a w', 'a v', 'b v', 'a w'])
})

test('a contender that fails loses its own cell and nothing else; rounds are handed out as they end', async () => {
  const seen: number[] = []
  const rounds = await runRounds({
    contenders: [contender('a', ['v'], []), contender('b', ['v'], [], true), contender('c', ['v'], [])],
    workloads: ['v'],
    rounds: 2,
    onRound: (done) => seen.push(done.length)
  })
  expect(seen).toEqual([1, 2])
  expect(rounds.map((round) => round.map(({ contender: name }) => name))).toEqual([
    ['a', 'b', 'c'],
    ['c', 'b', 'a']
  ])
  expect(rounds[0]![1]).toEqual({ workload: 'v', contender: 'b', failed: 'no memory' })
})

test.each([
  [undefined, 5],
  [4, 8]
])('a workload is stepped once, warmed up (%s), and then timed', async (warmUp, calls) => {
  let steps = 0
  const start = () => ({ step: () => Promise.resolve(++steps), dispose: () => Promise.resolve() })
  const found = await measure('me', { name: 'w', repeats: 3, ...(warmUp !== undefined && { warmUp }), start })
  expect(steps).toBe(calls)
  expect(found).toMatchObject({ workload: 'w', contender: 'me' })
  expect(found).not.toHaveProperty('firstResult')
})

test('the parts of a first result add up to it', async () => {
  const stats = () => [
    {
      signature: '',
      engine: 'onnx',
      engineNodes: 2,
      captures: 0,
      tracedNodes: 9,
      optimisedNodes: 5,
      traceMs: 1,
      passes: [
        { name: 'a', before: 9, after: 7, ms: 0.5 },
        { name: 'b', before: 7, after: 5, ms: 0.25 }
      ],
      emitMs: 2,
      sessionMs: 3
    }
  ]
  const step = () => new Promise<number>((done) => setTimeout(() => done(0), 20))
  const start = () => ({ step, stats, dispose: () => Promise.resolve() })
  const { firstSeconds, firstResult } = await measure('me', { name: 'w', repeats: 1, start })
  expect(firstResult).toMatchObject({
    trace: 1,
    passes: 0.75,
    emission: 2,
    session: 3,
    tracedNodes: 9,
    optimisedNodes: 5
  })
  expect(firstResult!.run + 6.75).toBeCloseTo(firstSeconds * 1000)
})

test('the median of an even number of times is between the middle ones', () => {
  expect(median([4, 1, 3, 2])).toBe(2.5)
})
