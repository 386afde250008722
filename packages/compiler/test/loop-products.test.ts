import { expect, test } from 'vitest'
import { onnxEngine } from '../src/engines/onnx-runtime'
import { evaluateReference } from '../src/graph/evaluate'
import type { Graph, NdArray, Node } from '../src/graph/graph'
import { loopInvariants } from '../src/passes/loop-invariants'
import { loopProducts } from '../src/passes/loop-products'
import { optimise } from '../src/passes/optimise'
import { add } from '../src/primitives/binary'
import { gemm } from '../src/primitives/gemm'
import { matMul } from '../src/primitives/linalg'
import { scanPrimitive, type ScanAttrs } from '../src/primitives/scan'
import { sum } from '../src/primitives/reduce'
import { concat, reshape, transpose } from '../src/primitives/shape'
import { tanh } from '../src/primitives/unary'
import { f32, graphOf, names, numbers, wave } from './support/graphs'

const flags = (transposeA = false, transposeB = false) => ({ transposeA, transposeB })
const [ROWS, COLUMNS] = [256, 16]
const SIZE = 3 * (COLUMNS + 1)

/** Gradient descent of a linear layer on fixed rows x [ROWS, COLUMNS]: the loop's weights and biases are one vector. */
const descent = (rows: number): Graph => {
  const body = graphOf([f32(rows, COLUMNS), f32(SIZE), f32(rows, 3)], (b, [x, v, noise]) => {
    const d = b.op(tanh, [b.op(add, [noise!, b.op(sum, [v!], { axes: [0], keepDims: false })], {})], {})
    const weights = b.op(reshape, [b.op(matMul, [x!, d], flags(true))], { shape: [3 * COLUMNS] })
    const biases = b.op(sum, [d], { axes: [0], keepDims: false })
    return [b.op(add, [v!, b.op(concat, [biases, weights], { axis: 0 })], {})]
  })
  const attrs: ScanAttrs = { body, numConsts: 1, numCarry: 1, length: 2, reverse: false }
  return graphOf([f32(rows, COLUMNS), f32(SIZE), f32(2, rows, 3)], (b, inputs) => [
    ...b.bind(scanPrimitive, inputs, attrs)
  ])
}

const bodyOf = (graph: Graph): Graph =>
  (graph.nodes.find(({ primitive }) => primitive.name === 'scan')!.attrs as ScanAttrs).body

const productsIn = ({ nodes }: Graph): readonly Node[] =>
  nodes.filter(({ primitive }) => primitive.name === matMul.name || primitive.name === gemm.name)

const inputsOf = (graph: Graph): readonly NdArray[] => graph.inputs.map(({ shape }, i) => wave(shape, i))

const expectClose = (got: readonly NdArray[], want: readonly NdArray[], digits: number): void =>
  got.forEach((array, k) => numbers(array).forEach((x, i) => expect(x).toBeCloseTo(want[k]!.data[i]!, digits)))

test('gradients of weights and biases on fixed rows are one product with rows transposed before the loop', async () => {
  const graph = descent(ROWS)
  const { graph: fast } = optimise(graph)
  const products = productsIn(bodyOf(fast))
  expect(products.map(({ attrs }) => attrs)).toEqual([flags()])
  expect(products[0]!.inputs[0]!.shape).toEqual([COLUMNS + 1, ROWS])
  expect(names(bodyOf(fast))).not.toContain(transpose.name)
  expect(names(bodyOf(fast))).not.toContain(concat.name)
  const inputs = inputsOf(graph)
  const want = evaluateReference(graph, inputs)
  expectClose(evaluateReference(fast, inputs), want, 10)
  const executable = await onnxEngine().compile(fast, [])
  expectClose(await executable.run(inputs), want, 3)
  await executable.dispose()
})

test('few rows are read as they lie', () => {
  const graph = descent(4)
  const fast = loopInvariants.run(loopProducts.run(graph))
  expect(productsIn(bodyOf(fast))[0]!.attrs).toEqual(flags(true))
})

test('a product with a carry, or one that is needed elsewhere, stays', () => {
  const body = graphOf([f32(4, 4), f32(4, 4)], (b, [x, c]) => {
    const [fixed, moving] = [b.op(matMul, [x!, c!], flags()), b.op(matMul, [c!, c!], flags())]
    const flat = [fixed, moving].map((product) => b.op(reshape, [product], { shape: [16] }))
    const joined = b.op(concat, flat, { axis: 0 })
    const total = b.op(sum, [joined], { axes: [0], keepDims: false })
    return [b.op(add, [fixed, total], {})]
  })
  const graph = graphOf([f32(4, 4), f32(4, 4)], (b, inputs) => [
    ...b.bind(scanPrimitive, inputs, { body, numConsts: 1, numCarry: 1, length: 2, reverse: false })
  ])
  const result = loopProducts.run(graph)
  expect(names(bodyOf(result))).toEqual(names(body))
  expectClose(evaluateReference(result, inputsOf(graph)), evaluateReference(graph, inputsOf(graph)), 12)
})
