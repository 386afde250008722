import { describe, expect, test } from 'vitest'
import { activationsOfProducts, isFusedByRuntime } from '../src/emit/onnx-fusions'
import { emitOnnx } from '../src/emit/onnx-model'
import { loadRuntime } from '../src/engines/load-runtime'
import { evaluateReference } from '../src/graph/evaluate'
import type { Graph, NdArray, Shape, Value } from '../src/graph/graph'
import { add } from '../src/primitives/binary'
import { erf } from '../src/primitives/error-functions'
import { gemm } from '../src/primitives/gemm'
import { matMul } from '../src/primitives/linalg'
import { exp, relu, sigmoid, tanh } from '../src/primitives/unary'
import { f32, graphOf, numbers, wave } from './support/graphs'

const flags = [false, true].flatMap((transposeA) => [false, true].map((transposeB) => ({ transposeA, transposeB })))

const flippedIf = (isFlipped: boolean, shape: Shape): Shape =>
  isFlipped ? [...shape.slice(0, -2), ...shape.slice(-2).reverse()] : shape

/** Runs a graph of floats with and without ONNX Runtime's own ops; nothing but the emitter fuses. */
const results = async (graph: Graph, inputs: readonly NdArray[], contributed: boolean): Promise<number[]> => {
  const { bytes, inputNames, outputNames } = emitOnnx(graph, { contributed })
  const { InferenceSession, Tensor } = await loadRuntime()
  const session = await InferenceSession.create(bytes, { graphOptimizationLevel: 'disabled' })
  const feeds = inputs.map(
    ({ data, shape }, i) => [inputNames[i]!, new Tensor('float32', Float32Array.from(data), [...shape])] as const
  )
  const made = await session.run(Object.fromEntries(feeds))
  await session.release()
  return Array.from(made[outputNames[0]!]!.data as Float32Array)
}

const expectSame = async (graph: Graph, shapes: readonly Shape[]): Promise<void> => {
  const inputs = shapes.map((shape, i) => wave([...shape], i))
  const want = numbers(evaluateReference(graph, inputs)[0]!)
  for (const contributed of [true, false]) {
    const got = await results(graph, inputs, contributed)
    expect(got).toHaveLength(want.length)
    got.forEach((value, i) => expect(value).toBeCloseTo(want[i]!, 5))
  }
}

describe('a product and its activation are one node', () => {
  const cases = flags.flatMap((attrs) => [relu, tanh, sigmoid].map((activation) => ({ ...attrs, activation })))

  test.each(cases)('$activation.name, $transposeA, $transposeB', async ({ activation, ...attrs }) => {
    const shapes = [flippedIf(attrs.transposeA, [5, 7]), flippedIf(attrs.transposeB, [7, 3]), [3]]
    const [a, b, c] = shapes.map((shape) => f32(...shape))
    const plain = graphOf([a!, b!], ({ op }, inputs) => [op(activation, [op(matMul, inputs, attrs)], {})])
    const biased = graphOf([a!, b!, c!], ({ op }, inputs) => [op(activation, [op(gemm, inputs, attrs)], {})])
    expect([emitOnnx(plain).nodeCount, emitOnnx(biased).nodeCount]).toEqual([1, 1])
    expect([emitOnnx(biased, { contributed: false }).nodeCount]).toEqual([2])
    await expectSame(plain, shapes.slice(0, 2))
    await expectSame(biased, shapes)
  })

  const none = { transposeA: false, transposeB: false }
  const fusedIn = (shape: Shape, build: (product: Value, op: (name: typeof exp, x: Value) => Value) => Value[]) => {
    const graph = graphOf([f32(...shape), f32(4, 4)], ({ op }, inputs) =>
      build(op(matMul, inputs, none), (primitive, x) => op(primitive, [x], {}))
    )
    return activationsOfProducts(graph).size
  }

  test('unless something else reads the product, or it is of a stack, or another function', () => {
    expect(fusedIn([4, 4], (y, op) => [op(tanh, y)])).toBe(1)
    expect(fusedIn([4, 4], (y, op) => [op(tanh, y), y])).toBe(0)
    expect(fusedIn([4, 4], (y, op) => [op(tanh, y), op(relu, y)])).toBe(0)
    expect(fusedIn([2, 4, 4], (y, op) => [op(tanh, y)])).toBe(0)
    expect(fusedIn([4, 4], (y, op) => [op(exp, y)])).toBe(0)
  })
})

test.each(flags)('stacks of products read transposed operands by a flag: $transposeA, $transposeB', async (attrs) => {
  const shapes = [flippedIf(attrs.transposeA, [2, 1, 5, 7]), flippedIf(attrs.transposeB, [3, 7, 4])]
  const graph = graphOf([f32(...shapes[0]!), f32(...shapes[1]!)], ({ op }, inputs) => [op(matMul, inputs, attrs)])
  expect(emitOnnx(graph).nodeCount).toBe(1)
  await expectSame(graph, shapes)
})

test('only graphs with what the runtime fuses are left to its optimiser', () => {
  const own = graphOf([f32(3)], ({ op }, [x]) => [op(add, [op(tanh, [x!], {}), x!], {})])
  const gelu = graphOf([f32(3)], ({ op }, [x]) => [op(add, [op(erf, [x!], {}), x!], {})])
  expect([isFusedByRuntime(own), isFusedByRuntime(gelu)]).toEqual([false, true])
})
