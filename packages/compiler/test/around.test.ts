/** Graphs cut around their products: what goes where, that both engines together compute what one does, and what fails. */
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { bitsToUnit, bitwiseXor, jit, scan, threefry2x32, valueAndGrad } from '../src/index'
import { aroundEngine } from '../src/engines/around'
import type { Engine } from '../src/engines/engine'
import { onnxEngine } from '../src/engines/onnx-runtime'
import { evaluateReference } from '../src/graph/evaluate'
import type { Aval, Graph, NdArray } from '../src/graph/graph'
import { aroundProducts } from '../src/passes/around-products'
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
  const { before: first, middle: rest, after } = randomFirst(graph)!
  expect(after.nodes).toEqual([])
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
  const { before: first, middle: rest } = randomFirst(graph)!
  expect(first.outputs.map(({ shape }) => shape)).toEqual([[100, 500]])
  expect(names(rest).filter((name) => name === 'scan')).toHaveLength(1)
})

const close = (got: readonly NdArray[], want: readonly NdArray[]): void =>
  got.forEach((array, k) => {
    const expected = numbers(want[k]!)
    const at = numbers(array).findIndex((x, i) => !(Math.abs(x - expected[i]!) < 5e-4))
    if (at >= 0) throw new Error(`output ${k}, entry ${at}: ${array.data[at]}, expected ${expected[at]}`)
  })

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
  const products = counting(onnxEngine())
  const executable = await aroundEngine(products).compile(graph, inputs.slice(inputs.length - bound))
  expect(products.alive()).toBe(1)
  const runs = await Promise.all([0, 1].map(() => executable.run(inputs.slice(0, inputs.length - bound))))
  for (const results of runs) close(results, evaluateReference(graph, inputs))
  await executable.dispose()
  expect(products.alive()).toBe(0)
})

const ROWS = 250

/** A step of a noisy layer's training: noise, scale by softplus, a penalty, gradient, and momentum. */
const trainingStep = (
  key: tf.Tensor,
  x: tf.Tensor,
  mean: tf.Tensor,
  rho: tf.Tensor,
  speed: tf.Tensor
): readonly tf.Tensor[] => {
  const loss = ([m, r]: readonly [tf.Tensor, tf.Tensor]): tf.Tensor => {
    const scale = tf.softplus(r)
    const noise = tf.reshape(uniform(key, ROWS * ROWS), [ROWS, ROWS])
    const fit = tf.mean(tf.square(tf.tanh(tf.matMul(x, tf.add(m, tf.mul(scale, noise))))))
    const penalty = tf.mean(tf.sub(tf.add(tf.square(scale), tf.square(m)), tf.log(scale)))
    return tf.add(fit, penalty)
  }
  const [value, [dMean, dRho]] = valueAndGrad(loss)([mean, rho])
  const next = tf.add(tf.mul(speed, 0.9), tf.tanh(dRho))
  const norm = tf.sqrt(tf.sum(tf.square(dMean)))
  return [value, tf.sub(mean, tf.div(dMean, norm)), tf.sub(rho, next), next, mean]
}

type Step = (...xs: tf.Tensor[]) => readonly tf.Tensor[]

const square = f32(ROWS, ROWS)

const optimised = (step: Step, ...args: readonly Aval[]): Graph =>
  optimise(traceGraph((...xs) => [...step(...(xs as tf.Tensor[]))], args, 'test').graph).graph

const trainingGraph = (): Graph =>
  optimised(
    (key, x, mean, rho, speed) => trainingStep(key!, x!, mean!, rho!, speed!),
    i32(2),
    f32(3, ROWS),
    square,
    square,
    square
  )

const trainingInputs = [ints([3, 7]), wave([3, ROWS]), ...[1, 2, 3].map((phase) => wave([ROWS, ROWS], phase))]

describe('a step of training', () => {
  test('is cut into what comes before the products, the products with what lies between, and what comes after', () => {
    const graph = trainingGraph()
    const { before, middle, after } = aroundProducts(graph)!
    expect(names(before)).toEqual(expect.arrayContaining(['threefry2x32', 'softplus']))
    expect(names(middle)).toEqual(expect.arrayContaining(['matMul', 'tanh']))
    expect(names(middle)).not.toContain('softplus')
    expect(names(after)).toEqual(expect.arrayContaining(['log', 'sum', 'div']))
    for (const { nodes } of [before, after])
      expect(nodes.map(({ primitive }) => primitive.name)).not.toContain('matMul')
    const known = new Map(graph.inputs.map(({ id }, i) => [id, trainingInputs[i]!]))
    for (const part of [before, middle, after])
      evaluateReference(
        part,
        part.inputs.map(({ id }) => known.get(id)!)
      ).forEach((value, i) => known.set(part.outputs[i]!.id, value))
    const want = evaluateReference(graph, trainingInputs)
    expect(graph.outputs.map(({ id }) => numbers(known.get(id)!))).toEqual(want.map(numbers))
  })

  test('of one vector: what an engine is not to read it is not given, so that the other may write there', () => {
    const graph = optimised(
      (key, x, vector, speed) => {
        const [mean, rho] = tf.split(vector!, 2).map((part) => tf.reshape(part, [ROWS, ROWS]))
        return trainingStep(key!, x!, mean!, rho!, speed!)
      },
      i32(2),
      f32(3, ROWS),
      f32(2 * ROWS * ROWS),
      square
    )
    const [key, x, vector, speed] = graph.inputs.map(({ id }) => id)
    const { before, middle, after } = aroundProducts(graph)!
    const idsOf = ({ inputs: given }: Graph): readonly number[] => given.map(({ id }) => id)
    expect(idsOf(before)).toEqual([key, vector])
    expect(idsOf(middle)).toContain(x)
    expect(idsOf(middle)).not.toContain(vector)
    expect(idsOf(after)).toEqual(expect.arrayContaining([vector, speed]))
  })

  test.each([0, 2])('computes what one engine does, calls mixed, with %d inputs bound', async (bound) => {
    const graph = trainingGraph()
    const products = counting(onnxEngine())
    const split = trainingInputs.length - bound
    const executable = await aroundEngine(products).compile(graph, trainingInputs.slice(split))
    const others = trainingInputs.map((x, i) => (i === 1 ? wave([3, ROWS], 9) : x))
    const given = [trainingInputs, others, trainingInputs]
    const runs = await Promise.all(given.map((args) => executable.run(args.slice(0, split))))
    runs.forEach((results, i) => close(results, evaluateReference(graph, given[i]!)))
    await executable.dispose()
    await expect(executable.run(trainingInputs.slice(0, split))).rejects.toThrow('disposed')
    expect(products.alive()).toBe(0)
  })

  test('is left whole where little is computed around the products', () => {
    const f = (x: tf.Tensor): tf.Tensor => tf.tanh(tf.matMul(tf.add(x, 1), x))
    expect(aroundProducts(optimise(traceGraph((x) => [f(x!)], [f32(ROWS, ROWS)], 'test').graph).graph)).toBeUndefined()
  })

  test('explain times its parts', async () => {
    const graph = trainingGraph()
    const profile = await aroundEngine(onnxEngine()).profile?.(graph, trainingInputs, 2)
    const ops = profile?.kernels.map(({ op }) => op)
    if (profile !== undefined) expect(ops).toEqual(expect.arrayContaining(['before (wasm)', 'after (wasm)']))
  })
})

test('where our WebAssembly has not all ops of the outer parts, the other engine runs everything', async () => {
  const graph = graphOfLayer()
  const lacking: Graph = {
    ...graph,
    nodes: graph.nodes.map((node) => {
      const { wasm: _, ...primitive } = node.primitive
      return primitive.name === 'tanh' ? { ...node, primitive } : node
    })
  }
  const products = counting(onnxEngine())
  const executable = await aroundEngine(products).compile(lacking, [])
  close(await executable.run(inputs), evaluateReference(graph, inputs))
  await executable.dispose()
  expect(products.alive()).toBe(0)
})

test('what goes wrong with the products is said', async () => {
  const broken: Engine = { name: 'broken', compile: () => Promise.reject(new TypeError('a mistake')) }
  await expect(aroundEngine(broken).compile(graphOfLayer(), [])).rejects.toThrow('a mistake')
})

test('by default the bits are the same as eagerly', async () => {
  const draw = (key: tf.Tensor): tf.Tensor => uniform(key, 50_000)
  const compiled = jit(draw)
  const key = tf.tensor1d([17, -5], 'int32')
  const [want, got] = [draw(key), await compiled(key)]
  expect(Array.from(got.dataSync())).toEqual(Array.from(want.dataSync()))
  await compiled.dispose()
})
