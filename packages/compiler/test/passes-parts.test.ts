import { expect, test } from 'vitest'
import { onnxEngine } from '../src/engines/onnx-runtime'
import { evaluateReference } from '../src/graph/evaluate'
import type { Aval, Graph, NdArray, Value } from '../src/graph/graph'
import { columnsApart } from '../src/passes/columns-apart'
import type { Pass } from '../src/passes/pass'
import { rowJoins } from '../src/passes/row-joins'
import { gemm } from '../src/primitives/gemm'
import { matMul } from '../src/primitives/linalg'
import { concat, reshape, split } from '../src/primitives/shape'
import { f32, floats, graphOf, names, numbers, wave, type GraphBuilder } from './support/graphs'

const inputsOf = ({ inputs }: Graph): readonly NdArray[] => inputs.map(({ shape }, i) => wave(shape, i))

const expectNames = (pass: Pass, graph: Graph, expected: readonly string[]): void => {
  const result = pass.run(graph)
  expect(names(result)).toEqual(expected)
  const [want, got] = [graph, result].map((g) => evaluateReference(g, inputsOf(g)).map(numbers))
  got!.forEach((row, k) => row.forEach((x, i) => expect(x).toBeCloseTo(want![k]![i]!, 10)))
}

const plain = { transposeA: false, transposeB: false }

/** Columns of a b + c, taken apart. */
const columns = (avals: readonly Aval[], sizes: readonly number[] = [1, 1], isShared = false): Graph =>
  graphOf(avals, (b, inputs) => {
    const product = inputs.length > 2 ? b.op(gemm, inputs, plain) : b.op(matMul, inputs, plain)
    const parts = b.bind(split, [product], { axis: 1, sizes })
    return isShared ? [...parts, product] : parts
  })

test('a product whose two columns are taken apart is two products with vectors', () => {
  const product = ['split', 'matMul', 'matMul']
  expectNames(columnsApart, columns([f32(256, 64), f32(64, 2)]), product)
  const added = ['split', 'split', 'gemm', 'gemm']
  for (const addend of [f32(2), f32(1, 2), f32(256, 2)])
    expectNames(columnsApart, columns([f32(256, 64), f32(64, 2), addend]), added)
  for (const addend of [f32(), f32(1), f32(256, 1)])
    expectNames(columnsApart, columns([f32(256, 64), f32(64, 2), addend]), ['split', 'gemm', 'gemm'])
})

test('a product stays whole where it is small, where its columns stay together, or where something needs it whole', () => {
  const whole = ['matMul', 'split']
  expectNames(columnsApart, columns([f32(64, 64), f32(64, 2)]), whole)
  expectNames(columnsApart, columns([f32(256, 64), f32(64, 3)], [2, 1]), whole)
  expectNames(columnsApart, columns([f32(256, 64), f32(64, 3)], [1, 1, 1]), whole)
  expectNames(columnsApart, columns([f32(256, 64), f32(64, 2)], [1, 1], true), whole)
})

test('columns taken apart hold what they held, NaN and infinities included', async () => {
  const graph = columns([f32(256, 64), f32(64, 2), f32(2)])
  const odd = [NaN, Infinity, -Infinity, 0, 1]
  const row = Array.from({ length: 256 * 64 }, (_, i) => (i % 64 === 0 ? odd[(i / 64) % odd.length]! : 1))
  const inputs = [floats(row, [256, 64]), wave([64, 2]), wave([2], 1)]
  const run = async (given: Graph): Promise<readonly (readonly number[])[]> => {
    const executable = await onnxEngine().compile(given, [])
    const results = await executable.run(inputs)
    await executable.dispose()
    return results.map(numbers)
  }
  const [want, got] = [await run(graph), await run(columnsApart.run(graph))]
  got.forEach((column, k) =>
    column.forEach((x, i) => {
      const y = want[k]![i]!
      if (Number.isFinite(y)) expect(x).toBeCloseTo(y, 4)
      else expect(x).toBe(y)
    })
  )
})

const flat = (b: GraphBuilder, x: Value, size: number): Value => b.op(reshape, [x], { shape: [size] })

test('rows that are raveled to be joined are joined as rows', () => {
  const joined = graphOf([f32(1, 4), f32(2, 3), f32(1, 5), f32(1, 1)], (b, [x, y, z, w]) => [
    b.op(concat, [flat(b, x!, 4), flat(b, y!, 6), flat(b, z!, 5), flat(b, w!, 1)], { axis: 0 })
  ])
  expectNames(rowJoins, joined, ['reshape', 'concat', 'reshape'])
})

test('rows stay raveled where as many reshapes would be added, or something needs them raveled', () => {
  const few = graphOf([f32(1, 4), f32(3), f32(1, 5)], (b, [x, y, z]) => [
    b.op(concat, [flat(b, x!, 4), y!, flat(b, z!, 5)], { axis: 0 })
  ])
  expectNames(rowJoins, few, ['reshape', 'reshape', 'concat'])
  const shared = graphOf([f32(1, 4), f32(1, 5)], (b, [x, y]) => {
    const [row, other] = [flat(b, x!, 4), flat(b, y!, 5)]
    return [b.op(concat, [row, other], { axis: 0 }), row]
  })
  expectNames(rowJoins, shared, ['reshape', 'reshape', 'concat'])
})
