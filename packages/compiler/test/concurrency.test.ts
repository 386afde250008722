/**
 * Many calls at a time, of one function and of several, on every engine. What callers may rely on: an argument may be
 * disposed, and a variable assigned, as soon as the call has returned its promise; a result is the caller's alone and
 * outlives the function; disposing a function lets running calls finish; a call that fails takes no other along.
 */
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { eagerEngine, jit, onnxEngine, referenceEngine, scan } from '../src/index'
import type { Engine } from '../src/engines/engine'
import { isInPage, runtimes } from './support/where'

const engines: Readonly<Record<string, Engine>> = {
  ...Object.fromEntries(runtimes.map((runtime) => [`onnx, ${runtime}`, onnxEngine({ runtime })])),
  ...(isInPage && { 'onnx, webgpu': onnxEngine({ runtime: 'webgpu' }) }),
  eager: eagerEngine,
  reference: referenceEngine
}

const range = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i)
const values = (t: tf.Tensor): readonly number[] => Array.from(t.dataSync())

/** n numbers that tell which call they belong to. */
const argument = (n: number, call: number): tf.Tensor => tf.tensor1d(range(n).map((i) => call * 100 + i))

/** x + 1, the slow way round: a loop and a product, so that runs overlap. */
const next = (x: tf.Tensor): tf.Tensor => {
  const [end] = scan((c: tf.Tensor) => [tf.add(c, 0.125), []] as const, x, [] as const, { length: 8 })
  const n = x.size
  return tf.reshape(tf.matMul(tf.eye(n), tf.reshape(end, [n, 1])), [n])
}

const expectNext = (y: tf.Tensor, n: number, call: number): void =>
  expect(values(y)).toEqual(range(n).map((i) => call * 100 + i + 1))

describe.each(Object.entries(engines))('%s', (_, engine) => {
  test('calls of one shape, before and after it is compiled', async () => {
    const f = jit(next, { engine })
    const early = range(20).map((call) => f(argument(5, call)))
    for (const [call, y] of (await Promise.all(early)).entries()) expectNext(y, 5, call)
    const late = range(20).map((call) => f(argument(5, call)))
    for (const [call, y] of (await Promise.all(late)).entries()) expectNext(y, 5, call)
    await f.dispose()
  })

  test('calls of many shapes through a cache of two', async () => {
    const f = jit(next, { engine, cacheSize: 2 })
    const calls = range(24).map((call) => ({ call, n: 1 + (call % 5) }))
    const results = await Promise.all(calls.map(({ call, n }) => f(argument(n, call))))
    calls.forEach(({ call, n }) => expectNext(results[call]!, n, call))
    expect(f.stats().length).toBeLessThanOrEqual(2)
    await f.dispose()
  })

  test('calls of several functions', async () => {
    const functions = range(4).map((k) => jit((x: tf.Tensor) => tf.mul(next(x), k + 1), { engine }))
    const results = await Promise.all(range(24).map((call) => functions[call % 4]!(argument(3, call))))
    results.forEach((y, call) =>
      expect(values(y)).toEqual(range(3).map((i) => ((call % 4) + 1) * (call * 100 + i + 1)))
    )
    await Promise.all(functions.map((f) => f.dispose()))
  })

  test('arguments disposed, and variables assigned, as soon as the call is made', async () => {
    const f = jit(next, { engine })
    for (const call of [1, 2]) {
      const x = argument(4, call)
      const v = tf.variable(argument(4, call + 10))
      const pending = [f(x), f(v)] as const
      x.dispose()
      v.assign(tf.zeros([4]))
      expectNext(await pending[0], 4, call)
      expectNext(await pending[1], 4, call + 10)
      v.dispose()
    }
    await f.dispose()
  })

  test('results disposed while other calls run', async () => {
    const f = jit(next, { engine })
    const first = await f(argument(6, 0))
    const pending = range(10).map((call) => f(argument(6, call)))
    first.dispose()
    const results: tf.Tensor[] = []
    for (const [call, running] of pending.entries()) {
      const y = await running
      if (call % 2 === 0) y.dispose()
      else results.push(y)
    }
    results.forEach((y, k) => expectNext(y, 6, 2 * k + 1))
    await f.dispose()
  })

  test('results share no memory, and outlive later calls and the function', async () => {
    const f = jit((x: tf.Tensor) => [next(x), next(x)] as const, { engine })
    const kept: tf.Tensor[] = []
    for (const call of range(6)) kept.push(...(await f(argument(50, call))))
    await f.dispose()
    const other = jit((x: tf.Tensor) => tf.neg(next(x)), { engine })
    for (const call of range(6)) (await other(argument(50, call))).dispose() // would take up memory set free too early
    kept.forEach((y, k) => expectNext(y, 50, Math.floor(k / 2)))
    expect(new Set(kept.map((y) => y.dataSync().buffer)).size).toBe(kept.length)
    await other.dispose()
  })

  test('disposing lets running calls finish; later calls compile anew', async () => {
    const f = jit(next, { engine })
    const running = range(5).map((call) => f(argument(4, call)))
    const [first, second] = [f.dispose(), f.dispose()]
    const after = f(argument(4, 7))
    for (const [call, y] of (await Promise.all(running)).entries()) expectNext(y, 4, call)
    await Promise.all([first, second])
    expectNext(await after, 4, 7)
    expectNext(await f(argument(4, 8)), 4, 8)
    await f.dispose()
    await f.dispose()
    expect(f.stats()).toEqual([])
  })
})

/** Compiles and runs as the eager engine does, unless told to fail. */
const failing = () => {
  const fails = { compile: false, run: false, dispose: false }
  const counts = { compiled: 0, disposed: 0, disposedWhileRunning: 0 }
  const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))
  const engine: Engine = {
    name: 'failing',
    compile: async (graph, bound) => {
      await pause()
      if (fails.compile) throw new Error('no compilation')
      counts.compiled++
      const executable = await eagerEngine.compile(graph, bound)
      let running = 0
      return {
        ...executable,
        run: async (inputs) => {
          running++
          await pause()
          running--
          if (fails.run) throw new Error('no run')
          return executable.run(inputs)
        },
        dispose: async () => {
          counts.disposed++
          counts.disposedWhileRunning += running
          if (fails.dispose) throw new Error('no disposal')
          await executable.dispose()
        }
      }
    }
  }
  return { fails, counts, engine }
}

const statuses = async (calls: readonly Promise<unknown>[]): Promise<readonly string[]> =>
  (await Promise.allSettled(calls)).map(({ status }) => status)

describe('an engine that fails', () => {
  test('a failed compilation reaches those who wait for it, and nobody else', async () => {
    const { fails, counts, engine } = failing()
    const f = jit(next, { engine })
    const good = await f(argument(2, 0))
    fails.compile = true
    expect(await statuses([f(argument(3, 0)), f(argument(2, 1)), f(argument(3, 2))])).toEqual([
      'rejected',
      'fulfilled',
      'rejected'
    ])
    fails.compile = false
    expectNext(await f(argument(3, 4)), 3, 4)
    expectNext(good, 2, 0)
    await f.dispose()
    expect(counts).toMatchObject({ compiled: 2, disposed: 2 })
  })

  test('a failed run is that call’s; the compiled function stays', async () => {
    const { fails, counts, engine } = failing()
    const f = jit(next, { engine })
    await f(argument(2, 0))
    fails.run = true
    expect(await statuses([f(argument(2, 1)), f(argument(2, 2))])).toEqual(['rejected', 'rejected'])
    fails.run = false
    expectNext(await f(argument(2, 3)), 2, 3)
    expect(counts.compiled).toBe(1)
  })

  test('a failed disposal reaches who disposes; a call that pushed an entry out has its result', async () => {
    const { fails, counts, engine } = failing()
    const f = jit(next, { engine, cacheSize: 1 })
    await f(argument(2, 0))
    fails.dispose = true
    expectNext(await f(argument(3, 1)), 3, 1)
    await expect(f.dispose()).rejects.toThrow('no disposal')
    fails.dispose = false
    expectNext(await f(argument(3, 2)), 3, 2)
    await f.dispose()
    expect(counts.compiled).toBe(counts.disposed)
  })

  test('nothing is disposed while it runs, and everything once', async () => {
    const { counts, engine } = failing()
    const f = jit(next, { engine, cacheSize: 2 })
    const calls = range(40).map((call) => f(argument(1 + (call % 7), call)))
    const disposals = [f.dispose()]
    calls.push(...range(10).map((call) => f(argument(1 + (call % 3), call))))
    disposals.push(f.dispose())
    expect(new Set(await statuses(calls))).toEqual(new Set(['fulfilled']))
    await Promise.all(disposals)
    expect(counts).toEqual({ compiled: counts.disposed, disposed: counts.compiled, disposedWhileRunning: 0 })
  })
})

test.each(runtimes)('a run that ONNX Runtime (%s) refuses takes no other along', async (runtime) => {
  const f = jit((x: tf.Tensor, i: tf.Tensor) => tf.gather(tf.mul(x, 2), i), { engine: onnxEngine({ runtime }) })
  const call = (index: number): Promise<tf.Tensor> => f(tf.tensor1d([1, 2, 3]), tf.tensor1d([index], 'int32'))
  expect(await statuses([call(0), call(9), call(2), call(-7)])).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'rejected'
  ])
  expect(values(await call(1))).toEqual([4])
  await f.dispose()
})
