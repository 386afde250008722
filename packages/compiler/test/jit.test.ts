import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { isBdlError } from '../src/errors'
import type { Engine } from '../src/engines/engine'
import { onnxEngine } from '../src/engines/onnx-runtime'
import { withFallback } from '../src/engines/auto'
import { BdlError } from '../src/errors'
import { jit } from '../src/jit'

const values = (t: tf.Tensor): readonly number[] => Array.from(t.dataSync())

/** Counts what passes through an engine. */
const counting = (inner: Engine = onnxEngine()) => {
  const counts = { compiled: 0, disposed: 0 }
  const engine: Engine = {
    name: 'counting',
    compile: async (graph, bound) => {
      counts.compiled++
      const executable = await inner.compile(graph, bound)
      return {
        ...executable,
        dispose: async () => {
          counts.disposed++
          await executable.dispose()
        }
      }
    }
  }
  return { counts, engine }
}

test.each(['auto', 'onnx', 'wasm', 'eager', 'reference'] as const)('engine %s: trees in, trees out', async (engine) => {
  const f = jit(
    (p: { w: tf.Tensor; b: tf.Tensor }, x: tf.Tensor) => ({
      y: tf.add(tf.matMul(x, p.w), p.b),
      list: [tf.sum(x)] as const
    }),
    {
      engine
    }
  )
  const result = await f(
    { w: tf.tensor2d([[1], [2]]), b: tf.tensor1d([3]) },
    tf.tensor2d([
      [1, 1],
      [0, 5]
    ])
  )
  expect(values(result.y)).toEqual([6, 13])
  expect(result.y.shape).toEqual([2, 1])
  expect(values(result.list[0])).toEqual([7])
  expect(f.stats()[0]!.engine).toBe(engine === 'auto' ? 'wasm' : engine)
  await f.dispose()
})

test('one trace and one compilation for each structure, shape and dtype', async () => {
  const { counts, engine } = counting()
  let traces = 0
  const f = jit(
    (t: { [key: string]: tf.Tensor }) => {
      traces++
      return Object.values(t).reduce((a, b) => tf.add(a, b))
    },
    { engine }
  )
  await f({ a: tf.ones([2]), b: tf.ones([2]) })
  await f({ b: tf.zeros([2]), a: tf.ones([2]) })
  expect([traces, counts.compiled]).toEqual([1, 1])
  await f({ a: tf.ones([3]), b: tf.ones([3]) })
  await f({ a: tf.ones([3], 'int32'), b: tf.ones([3], 'int32') })
  await f({ a: tf.ones([2]) })
  expect([traces, counts.compiled]).toEqual([4, 4])
  expect(f.stats().map(({ signature }) => signature)).toEqual([
    '[{"a":*,"b":*}] float32[2] float32[2]',
    '[{"a":*,"b":*}] float32[3] float32[3]',
    '[{"a":*,"b":*}] int32[3] int32[3]',
    '[{"a":*}] float32[2]'
  ])
})

test('concurrent first calls share one compilation, each gets its own answer', async () => {
  const { counts, engine } = counting()
  const f = jit((x: tf.Tensor) => tf.square(x), { engine })
  const results = await Promise.all([1, 2, 3, 4].map((n) => f(tf.scalar(n))))
  expect(results.map((r) => values(r)[0])).toEqual([1, 4, 9, 16])
  expect(counts.compiled).toBe(1)
})

test('an argument may be disposed as soon as the call has been made', async () => {
  const f = jit((x: tf.Tensor) => tf.add(x, 1))
  const x = tf.tensor1d([1, 2])
  const pending = f(x)
  x.dispose()
  expect(values(await pending)).toEqual([2, 3])
})

test('the cache is bounded, and the least recently used goes first', async () => {
  const { counts, engine } = counting()
  const f = jit((x: tf.Tensor) => tf.neg(x), { engine, cacheSize: 2 })
  await f(tf.ones([1]))
  await f(tf.ones([2]))
  await f(tf.ones([1]))
  await f(tf.ones([3]))
  expect(f.stats().map(({ signature }) => signature)).toEqual(['[*] float32[1]', '[*] float32[3]'])
  expect(counts).toEqual({ compiled: 3, disposed: 1 })
})

test('two hundred shapes: sixty-four stay compiled, the others are released, disposing releases the rest', async () => {
  const { counts, engine } = counting()
  const f = jit((x: tf.Tensor) => tf.sum(tf.square(x)), { engine })
  for (let n = 1; n <= 200; n++) expect(values(await f(tf.ones([n])))).toEqual([n])
  expect(f.stats().length).toBe(64)
  expect(counts.compiled).toBe(200)
  await f.dispose()
  expect(counts).toEqual({ compiled: 200, disposed: 200 })
})

test.each([0, -1, 1.5, NaN])('a cache of size %d is refused', (cacheSize) => {
  expect(() => jit((x: tf.Tensor) => x, { cacheSize, name: 'f' })).toThrow(/f: cacheSize: expected an integer >= 1/)
})

test('dispose waits for running calls; a later call compiles anew', async () => {
  const { counts, engine } = counting()
  const f = jit((x: tf.Tensor) => tf.exp(x), { engine })
  const running = f(tf.scalar(0))
  const disposed = f.dispose()
  expect(values(await running)).toEqual([1])
  await disposed
  expect(counts).toEqual({ compiled: 1, disposed: 1 })
  expect(f.stats()).toEqual([])
  expect(values(await f(tf.scalar(0)))).toEqual([1])
  expect(counts.compiled).toBe(2)
})

test('captured tensors are read once, small and large, and may be disposed afterwards', async () => {
  const small = tf.scalar(2)
  const large = tf.range(0, 1000, 1, 'float32')
  const f = jit((x: tf.Tensor) => tf.sum(tf.mul(tf.mul(large, small), x)))
  const expected = 2 * 499500
  expect(values(await f(tf.scalar(1)))).toEqual([expected])
  small.dispose()
  large.dispose()
  expect(values(await f(tf.scalar(2)))).toEqual([2 * expected])
  expect(f.stats()[0]!.captures).toBe(2)
})

test('results that are arguments, constants or one another are tensors of their own', async () => {
  const f = jit((x: tf.Tensor) => [x, x, tf.tensor1d([5, 6])] as const)
  const x = tf.tensor1d([1, 2])
  const results = await f(x)
  expect(results.map(values)).toEqual([
    [1, 2],
    [1, 2],
    [5, 6]
  ])
  const buffers = [x, ...results].map((t) => t.dataSync().buffer)
  expect(new Set(buffers).size).toBe(4)
})

test('bool, int32, scalars and empty tensors go in and come out', async () => {
  const f = jit(
    (b: tf.Tensor, n: tf.Tensor, e: tf.Tensor) =>
      [tf.logicalNot(b), tf.add(n, tf.scalar(1, 'int32')), tf.concat([e, e], 0), tf.sum(e)] as const
  )
  const [not, next, empty, zero] = await f(
    tf.tensor1d([true, false], 'bool'),
    tf.scalar(2147483647, 'int32'),
    tf.zeros([0, 3])
  )
  expect([not.dtype, values(not)]).toEqual(['bool', [0, 1]])
  expect([next.dtype, values(next)]).toEqual(['int32', [-2147483648]])
  expect(empty.shape).toEqual([0, 3])
  expect(values(zero)).toEqual([0])
})

test('a call makes exactly the tensors that it returns', async () => {
  const f = jit((x: tf.Tensor) => [tf.exp(tf.sin(x)), tf.mul(x, 2)] as const)
  const x = tf.tensor1d([1, 2])
  const before = tf.memory().numTensors
  const first = await f(x)
  expect(tf.memory().numTensors).toBe(before + 2)
  tf.dispose([...first])
  await f(x)
  expect(tf.memory().numTensors).toBe(before + 2)
})

test('a call inside a trace is refused, and so is a function that reads values', async () => {
  const inner = jit((x: tf.Tensor) => tf.square(x), { name: 'inner' })
  const outer = jit((x: tf.Tensor) => {
    void inner(x)
    return tf.neg(x)
  })
  await expect(outer(tf.scalar(1))).rejects.toMatchObject({ code: 'NotTraceable', fn: 'inner' })
  const reads = jit((x: tf.Tensor) => tf.scalar(x.dataSync()[0]!), { name: 'reads' })
  await expect(reads(tf.scalar(1))).rejects.toMatchObject({ code: 'NotTraceable', fn: 'reads' })
})

test('arguments and results that are no trees of tensors are refused by name', async () => {
  const f = jit((x: tf.Tensor) => tf.square(x), { name: 'square' })
  const wrong: { readonly x: tf.Tensor } = JSON.parse('{"x": 3}')
  await expect(f(wrong.x)).rejects.toMatchObject({ code: 'InvalidArgument', fn: 'square' })
  const g = jit((): { readonly x: tf.Tensor } => wrong, { name: 'three' })
  await expect(g()).rejects.toMatchObject({ code: 'InvalidArgument', fn: 'three' })
})

test('a failed compilation is reported to every caller and tried again', async () => {
  const inner = onnxEngine()
  let attempts = 0
  const engine: Engine = {
    name: 'flaky',
    compile: (graph, bound) => (attempts++ === 0 ? Promise.reject(new Error('no luck')) : inner.compile(graph, bound))
  }
  const f = jit((x: tf.Tensor) => tf.square(x), { engine })
  const [a, b] = await Promise.allSettled([f(tf.scalar(2)), f(tf.scalar(3))])
  expect([a!.status, b!.status]).toEqual(['rejected', 'rejected'])
  expect(values(await f(tf.scalar(3)))).toEqual([9])
})

test('without a runtime it interprets and says so once', async () => {
  const missing: Engine = {
    name: 'none',
    compile: () =>
      Promise.reject(
        new BdlError({ code: 'EngineFailure', fn: 'jit', argument: 'ONNX Runtime', expected: 'a runtime', got: 'none' })
      )
  }
  const warnings: string[] = []
  const engine = withFallback(missing, (message) => warnings.push(message))
  const f = jit((x: tf.Tensor) => tf.square(x), { engine })
  expect(values(await f(tf.scalar(2)))).toEqual([4])
  expect(values(await f(tf.ones([2])))).toEqual([1, 1])
  expect(f.stats()[0]!.engine).toBe('eager')
  expect(warnings).toHaveLength(1)
  expect(warnings[0]).toContain('onnxruntime-node')
})

test('statistics say what a compilation did', async () => {
  const f = jit((x: tf.Tensor) => tf.add(tf.sin(x), tf.sin(x)), { name: 'twice' })
  await f(tf.scalar(1))
  const [stats] = f.stats()
  expect(stats!.optimisedNodes).toBeLessThan(stats!.tracedNodes)
  expect(stats!.passes.map(({ name }) => name)).toContain('commonSubexpressions')
  expect(stats!.engineNodes).toBeGreaterThan(0)
  expect(isBdlError(stats)).toBe(false)
})
