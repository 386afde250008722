import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { eagerEngine, jit } from '../src/index'
import type { Engine } from '../src/engines/engine'
import { withSecondChoice } from '../src/engines/second-choice'

/** The eager engine, which counts, and refuses what `refuses` says. */
const counting = (refuses: (doing: 'compile' | 'run', size: number) => boolean) => {
  const counts = { compiled: 0, run: 0, disposed: 0 }
  const engine: Engine = {
    name: 'counting',
    compile: async (graph, bound) => {
      const size = graph.inputs[0]!.shape[0] ?? 1
      await new Promise((resolve) => setTimeout(resolve))
      if (refuses('compile', size)) throw new Error(`cannot compile ${size}`)
      counts.compiled++
      const inner = await eagerEngine.compile(graph, bound)
      return {
        ...inner,
        run: async (inputs) => {
          await new Promise((resolve) => setTimeout(resolve))
          if (refuses('run', size)) throw new Error(`cannot run ${size}`)
          counts.run++
          return inner.run(inputs)
        },
        dispose: async () => {
          counts.disposed++
          await inner.dispose()
        }
      }
    }
  }
  return { counts, engine }
}

const doubled = (n: number): readonly number[] => Array.from({ length: n }, () => 2)

const setUp = (first: Parameters<typeof counting>[0], second: Parameters<typeof counting>[0] = () => false) => {
  const [a, b] = [counting(first), counting(second)]
  const warnings: unknown[] = []
  const engine = withSecondChoice(a.engine, b.engine, (error) => warnings.push(String(error)))
  const f = jit((x: tf.Tensor) => tf.mul(x, 2), { engine })
  const call = async (n: number): Promise<readonly number[]> => Array.from((await f(tf.ones([n]))).dataSync())
  return { a: a.counts, b: b.counts, warnings, f, call }
}

test('what the first engine can do stays with it', async () => {
  const { a, b, warnings, f, call } = setUp(() => false)
  expect(await call(2)).toEqual(doubled(2))
  await f.dispose()
  expect([a, b, warnings]).toEqual([{ compiled: 1, run: 1, disposed: 1 }, { compiled: 0, run: 0, disposed: 0 }, []])
})

test('a graph that it cannot compile goes to the second, with one warning for all', async () => {
  const { a, b, warnings, f, call } = setUp((doing, size) => doing === 'compile' && size > 2)
  for (const n of [2, 3, 4, 3]) expect(await call(n)).toEqual(doubled(n))
  await f.dispose()
  expect(a).toEqual({ compiled: 1, run: 1, disposed: 1 })
  expect(b).toEqual({ compiled: 2, run: 3, disposed: 2 })
  expect(warnings).toEqual(['Error: cannot compile 3'])
})

test('a graph that it cannot run moves, whoever finds out, and what it leaves is released', async () => {
  const { a, b, warnings, f, call } = setUp((doing) => doing === 'run')
  const results = await Promise.all([call(3), call(3), call(3)])
  expect(results).toEqual([doubled(3), doubled(3), doubled(3)])
  expect(await call(3)).toEqual(doubled(3))
  await f.dispose()
  expect(a).toEqual({ compiled: 1, run: 0, disposed: 1 })
  expect(b.disposed).toBe(b.compiled)
  expect(b.run).toBe(4)
  expect(warnings).toEqual(['Error: cannot run 3'])
})

test('what neither can run is an error of the second, and moves nothing', async () => {
  let isBroken = true
  const { a, b, warnings, f, call } = setUp(
    (doing) => doing === 'run' && isBroken,
    (doing) => doing === 'run' && isBroken
  )
  await expect(call(3)).rejects.toThrow('cannot run 3')
  isBroken = false
  expect(await call(3)).toEqual(doubled(3))
  await f.dispose()
  expect([a.run, a.disposed, b.run, b.disposed, b.compiled]).toEqual([1, 1, 0, 1, 1])
  expect(warnings).toEqual([])
})
