import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { bitsToUnit, bitwiseXor, jit, scan, threefry2x32 } from '../src/index'
import type { Engine } from '../src/engines/engine'
import { onnxEngine } from '../src/engines/onnx-runtime'
import { referenceEngine } from '../src/engines/reference'
import { twoPartEngine } from '../src/engines/two-part'
import { BdlError } from '../src/errors'
import { evaluateReference } from '../src/graph/evaluate'
import type { Graph, NdArray } from '../src/graph/graph'
import { optimise } from '../src/passes/optimise'
import { randomFirst } from '../src/passes/random-first'
import { traceGraph } from '../src/trace/trace-graph'
import { f32, i32, ints, names, numbers, wave } from './support/graphs'

const uniform = (key: tf.Tensor, n: number): tf.Tensor => {
  const [k0, k1] = tf.split(key, 2) as [tf.Tensor, tf.Tensor]
  const [a, b] = threefry2x32(k0, k1, tf.zeros([n], 'int32'), tf.range(0, n, 1, 'int32'))
  return bitsToUnit(bitwiseXor(a, b))
}

const SIZE = 200

/** Noisy weights [SIZE, SIZE], a product with them, and a few numbers more that are drawn. */
const layer = (key: tf.Tensor, x: tf.Tensor, spread: tf.Tensor): tf.Tensor => {
  const noise = tf.tanh(tf.sub(tf.mul(uniform(key, SIZE * SIZE), 2), 1))
  const weights = tf.mul(tf.reshape(noise, [SIZE, SIZE]), spread)
  return tf.add(tf.matMul(x, weights), uniform(key, SIZE))
}

const graphOfLayer = (): Graph =>
  optimise(
    traceGraph((key, x, spread) => [layer(key!, x!, spread!)], [i32(2), f32(3, SIZE), f32(SIZE, SIZE)], 'test').graph
  ).graph

const inputs: readonly NdArray[] = [ints([3, 7]), wave([3, SIZE]), wave([SIZE, SIZE], 1)]

test('the first part draws, and computes what is made of draws alone; the rest has the products', () => {
  const graph = graphOfLayer()
  const { first, rest } = randomFirst(graph)!
  expect(names(first)).toContain('threefry2x32')
  expect(names(first)).toContain('tanh')
  for (const name of ['threefry2x32', 'bitsToUnit', 'tanh']) expect(names(rest)).not.toContain(name)
  expect(first.inputs.map(({ shape }) => shape)).toEqual([[2]])
  expect(rest.inputs).toHaveLength(graph.inputs.length + first.outputs.length)
  const drawn = evaluateReference(first, [inputs[0]!])
  const [got, want] = [evaluateReference(rest, [...inputs, ...drawn]), evaluateReference(graph, inputs)]
  expect(got.map(numbers)).toEqual(want.map(numbers))
})

test('few numbers, and numbers whose key a product leads to, are drawn where they stand', () => {
  const cutOf = (f: (key: tf.Tensor) => tf.Tensor): unknown =>
    randomFirst(optimise(traceGraph((key) => [f(key!)], [i32(2)], 'test').graph).graph)
  expect(cutOf((key) => uniform(key, 2 ** 15 - 1))).toBeUndefined()
  expect(cutOf((key) => uniform(key, 2 ** 15))).toBeDefined()
  const fromProduct = (key: tf.Tensor): tf.Tensor => {
    const column = tf.reshape(tf.cast(key, 'float32'), [2, 1])
    return tf.cast(tf.reshape(tf.slice(tf.matMul(column, column, false, true), [0, 0], [1, 2]), [2]), 'int32')
  }
  expect(cutOf((key) => uniform(fromProduct(key), 2 ** 16))).toBeUndefined()
})

test('draws of a loop that are hoisted out of it are in the first part', () => {
  const walk = (keys: tf.Tensor): tf.Tensor =>
    scan((at: tf.Tensor, key: tf.Tensor) => [tf.add(at, uniform(key, 500)), []] as const, tf.zeros([500]), keys)[0]
  const { graph } = optimise(traceGraph((keys) => [walk(keys!)], [i32(100, 2)], 'test').graph)
  const { first, rest } = randomFirst(graph)!
  expect(first.outputs.map(({ shape }) => shape)).toEqual([[100, 500]])
  expect(names(rest).filter((name) => name === 'scan')).toHaveLength(1)
})

const close = (got: readonly NdArray[], want: readonly NdArray[]): void =>
  got.forEach((array, k) => numbers(array).forEach((x, i) => expect(x).toBeCloseTo(want[k]!.data[i]!, 3)))

const counting = (engine: Engine): Engine & { readonly alive: () => number } => {
  let alive = 0
  return {
    ...engine,
    alive: () => alive,
    compile: async (graph, bound) => {
      const made = await engine.compile(graph, bound)
      alive++
      return { ...made, dispose: () => made.dispose().finally(() => void alive--) }
    }
  }
}

test.each([0, 1, 3])('both engines together compute what one does, with %d inputs bound', async (bound) => {
  const graph = graphOfLayer()
  const [draws, products] = [counting(referenceEngine), counting(onnxEngine())]
  const executable = await twoPartEngine(draws, products).compile(graph, inputs.slice(inputs.length - bound))
  expect([draws.alive(), products.alive()]).toEqual([1, 1])
  const runs = await Promise.all([0, 1].map(() => executable.run(inputs.slice(0, inputs.length - bound))))
  for (const results of runs) close(results, evaluateReference(graph, inputs))
  await executable.dispose()
  expect([draws.alive(), products.alive()]).toEqual([0, 0])
})

test('where the engine of draws cannot, the other runs everything', async () => {
  const unable: Engine = {
    name: 'unable',
    compile: () =>
      Promise.reject(
        new BdlError({ code: 'EngineFailure', fn: 'jit', argument: 'graph', expected: 'SIMD', got: 'none' })
      )
  }
  const products = counting(onnxEngine())
  const graph = graphOfLayer()
  const executable = await twoPartEngine(unable, products).compile(graph, [])
  close(await executable.run(inputs), evaluateReference(graph, inputs))
  await executable.dispose()
  expect(products.alive()).toBe(0)
})

test('a mistake in the engine of draws is not hidden, and nothing is left behind', async () => {
  const broken: Engine = { name: 'broken', compile: () => Promise.reject(new TypeError('a mistake')) }
  const products = counting(onnxEngine())
  await expect(twoPartEngine(broken, products).compile(graphOfLayer(), [])).rejects.toThrow('a mistake')
  expect(products.alive()).toBe(0)
})

test('by default the bits are the same as eagerly', async () => {
  const draw = (key: tf.Tensor): tf.Tensor => uniform(key, 50_000)
  const compiled = jit(draw)
  const key = tf.tensor1d([17, -5], 'int32')
  const [want, got] = [draw(key), await compiled(key)]
  expect(Array.from(got.dataSync())).toEqual(Array.from(want.dataSync()))
  await compiled.dispose()
})
