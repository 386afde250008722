import { expect, test } from 'vitest'
import { onnxEngine } from '../src/engines/onnx-runtime'
import { evaluateReference } from '../src/graph/evaluate'
import type { Graph, NdArray } from '../src/graph/graph'
import { constantFolding } from '../src/passes/constant-folding'
import { optimise } from '../src/passes/optimise'
import type { Pass } from '../src/passes/pass'
import { sums } from '../src/passes/sums'
import { wideSpans } from '../src/passes/wide-spans'
import { add, equalTo, multiply, select } from '../src/primitives/binary'
import { sum } from '../src/primitives/reduce'
import { broadcastTo, cast, concat } from '../src/primitives/shape'
import { negate } from '../src/primitives/unary'
import { f32, floats, graphOf, i32, ints, names, number, numbers, wave } from './support/graphs'

const close = (before: Graph, after: Graph, inputs: readonly NdArray[]): void => {
  const [want, got] = [before, after].map((graph) => evaluateReference(graph, inputs).map(numbers))
  got!.forEach((row, k) => row.forEach((x, i) => expect(x).toBeCloseTo(want![k]![i]!, 10)))
}

const expectNames = (pass: Pass, graph: Graph, inputs: readonly NdArray[], expected: readonly string[]): void => {
  const result = pass.run(graph)
  expect(names(result)).toEqual(expected)
  close(graph, result, inputs)
}

const twice = (first: readonly number[], second: readonly number[], keepDims = false): Graph =>
  graphOf([f32(3, 4, 5)], (b, [x]) => [
    b.op(sum, [b.op(sum, [x!], { axes: first, keepDims })], { axes: second, keepDims: false })
  ])

test('a sum of a sum is one sum where it then reads numbers that lie together', () => {
  const x = [wave([3, 4, 5])]
  expectNames(sums, twice([2], [1]), x, ['sum', 'reshape'])
  expectNames(sums, twice([1], [1]), x, ['sum', 'reshape'])
  expectNames(sums, twice([1, 2], [0]), x, ['sum', 'reshape'])
  expectNames(sums, twice([2], [0, 1], true), x, ['sum', 'reshape'])
  expectNames(sums, twice([2], [0]), x, ['sum', 'sum'])
  expectNames(sums, twice([0], [0]), x, ['sum', 'sum'])
})

test('a sum that others need too stays', () => {
  const graph = graphOf([f32(3, 4)], (b, [x]) => {
    const rows = b.op(sum, [x!], { axes: [1], keepDims: false })
    return [b.op(sum, [rows], { axes: [0], keepDims: false }), rows]
  })
  expectNames(sums, graph, [wave([3, 4])], ['sum', 'sum'])
})

test('a minus leaves a sum, unless what it negates is needed negated', () => {
  const graph = (isShared: boolean): Graph =>
    graphOf([f32(3, 4)], (b, [x]) => {
      const minus = b.op(negate, [x!], {})
      return [b.op(sum, [minus], { axes: [0], keepDims: false }), ...(isShared ? [minus] : [])]
    })
  expectNames(sums, graph(false), [wave([3, 4])], ['sum', 'neg'])
  expectNames(sums, graph(true), [wave([3, 4])], ['neg', 'sum'])
})

test('a number that is added to a column has as many axes as the column, if a reshape costs less than reading it often', () => {
  const added = (length: number): Graph => graphOf([f32(length, 1), f32()], (b, [x, y]) => [b.op(add, [x!, y!], {})])
  expectNames(wideSpans, added(100), [wave([100, 1]), number(3)], ['reshape', 'add'])
  expectNames(wideSpans, added(10), [wave([10, 1]), number(3)], ['add'])
  const known = graphOf([f32(10, 1)], (b, [x]) => [b.op(add, [b.constant(number(3)), x!], {})])
  expectNames(wideSpans, known, [wave([10, 1])], ['constant', 'add'])
  expect(wideSpans.run(known).nodes[0]!.outputs[0]!.shape).toEqual([1, 1])
})

test('a folded constant of one number throughout is that number, broadcast', () => {
  const graph = graphOf([f32(2, 3)], (b, [x]) => {
    const half = b.op(multiply, [b.constant(floats([2, 2, 2])), b.constant(floats([0.25, 0.25, 0.25]))], {})
    return [b.op(add, [x!, half], {}), b.op(concat, [half, b.constant(floats([1, 2]))], { axis: 0 })]
  })
  const result = constantFolding.run(graph)
  expect(names(result)).toEqual(['constant', 'broadcastTo', 'add', 'constant'])
  expect(result.nodes[0]!.attrs).toMatchObject({ value: { shape: [], data: Float32Array.of(0.5) } })
  expect(result.nodes[3]!.attrs).toMatchObject({ value: { data: Float32Array.of(0.5, 0.5, 0.5, 1, 2) } })
  close(graph, result, [wave([2, 3])])
  expect(names(optimise(graph).graph)).toEqual(['constant', 'add', 'constant'])
})

const ROWS = 600

/** Picks the entry of each row that its label names. */
const picked = (classes: readonly number[]): Graph =>
  graphOf([f32(ROWS, classes.length), i32(ROWS, 1)], (b, [x, labels]) => {
    const wide = b.op(broadcastTo, [b.constant(ints(classes))], { shape: [ROWS, classes.length] })
    const chosen = b.op(equalTo, [labels!, wide], {})
    const kept = b.op(select, [chosen, x!, b.constant(number(0))], {})
    return [b.op(sum, [kept], { axes: [1], keepDims: false })]
  })

test('labels are compared as floats where that is exact: any int32 may be a label', async () => {
  const classes = [0, 1, 2, 3, 4, 5, 2 ** 24 - 1]
  const odd = [2 ** 24, 2 ** 24 + 1, 2 ** 31 - 1, -(2 ** 31), -1, 7, 2 ** 24 - 1]
  const labels = ints(
    Array.from({ length: ROWS }, (_, i) => odd[i] ?? i % 8),
    [ROWS, 1]
  )
  const inputs = [wave([ROWS, classes.length]), labels]
  const graph = picked(classes)
  const { graph: fast } = optimise(graph)
  expect(fast.nodes.find(({ primitive }) => primitive.name === 'equal')?.inputs[0]?.dtype).toBe('float32')
  close(graph, fast, inputs)
  const executable = await onnxEngine().compile(fast, [])
  const [got] = await executable.run(inputs)
  const [want] = evaluateReference(graph, inputs)
  expect(Array.from(got!.data)).toEqual(Array.from(want!.data, Math.fround))
  await executable.dispose()
})

test('classes that floats cannot tell apart are compared as integers', () => {
  const { graph } = optimise(picked([0, 1, 2, 3, 4, 2 ** 24, 2 ** 24 + 1]))
  expect(graph.nodes.find(({ primitive }) => primitive.name === 'equal')?.inputs[0]?.dtype).toBe('int32')
  expect(names(wideSpans.run(picked([0, 1])))).not.toContain(cast.name) // few numbers
})
