import { expect, test } from 'vitest'
import { onnxEngine } from '../src/engines/onnx-runtime'
import { evaluateReference } from '../src/graph/evaluate'
import type { Graph, NdArray } from '../src/graph/graph'
import { deadCode } from '../src/passes/dead-code'
import { loopInvariants } from '../src/passes/loop-invariants'
import { optimise } from '../src/passes/optimise'
import { add, less, multiply } from '../src/primitives/binary'
import { condPrimitive } from '../src/primitives/branch'
import { whilePrimitive } from '../src/primitives/while-loop'
import { scanPrimitive, type ScanAttrs } from '../src/primitives/scan'
import { exp, sin } from '../src/primitives/unary'
import { bools, f32, graphOf, names, number, numbers, wave } from './support/graphs'

const LENGTH = 4

/** consts [k], carry [a, b, frozen], xs [x]; a' = a sin(k) + x, b' = b + a, ys = [a', exp a']. */
const scanGraph = (results: readonly number[]): Graph => {
  const body = graphOf([f32(2), f32(2), f32(2), f32(2), f32(2)], (b, [k, a, other, frozen, x]) => {
    const next = b.op(add, [b.op(multiply, [a!, b.op(sin, [k!], {})], {}), b.op(multiply, [x!, frozen!], {})], {})
    return [next, b.op(add, [other!, a!], {}), frozen!, next, b.op(exp, [next], {})]
  })
  const attrs: ScanAttrs = { body, numConsts: 1, numCarry: 3, length: LENGTH, reverse: false }
  return graphOf([f32(2), f32(2), f32(2), f32(2), f32(LENGTH, 2)], (b, inputs) => {
    const outputs = b.bind(scanPrimitive, inputs, attrs)
    return results.map((i) => outputs[i]!)
  })
}

const scanInputs = [wave([2]), wave([2], 1), wave([2], 2), wave([2], 3), wave([LENGTH, 2], 4)]

const expectSame = async (before: Graph, after: Graph, inputs: readonly NdArray[]): Promise<void> => {
  const want = evaluateReference(before, inputs).map(numbers)
  const executable = await onnxEngine().compile(after, [])
  const runs = [evaluateReference(after, inputs).map(numbers), (await executable.run(inputs)).map(numbers)]
  await executable.dispose()
  for (const got of runs) got.forEach((row, k) => row.forEach((x, i) => expect(x).toBeCloseTo(want[k]![i]!, 5)))
}

const bodyOf = (graph: Graph): ScanAttrs => {
  const node = graph.nodes.find(({ primitive }) => primitive.name === 'scan')!
  return node.attrs as ScanAttrs
}

test('dead results, carries and inputs of a scan go', async () => {
  const graph = scanGraph([0])
  const pruned = deadCode.run(graph)
  const { body, numConsts, numCarry } = bodyOf(pruned)
  expect([numConsts, numCarry, body.outputs.length]).toEqual([1, 2, 2])
  expect(names(body)).toEqual(['sin', 'mul', 'mul', 'add'])
  await expectSame(graph, pruned, scanInputs)
})

test('a carry that only another live carry reads stays', async () => {
  const graph = scanGraph([1])
  const pruned = deadCode.run(graph)
  expect(bodyOf(pruned).numCarry).toBe(3)
  await expectSame(graph, pruned, scanInputs)
})

test('what a scan computes alike in every turn moves out, unchanged carries become constants', async () => {
  const graph = scanGraph([0, 1, 2, 3, 4])
  const moved = loopInvariants.run(graph)
  expect(names(moved)).toEqual(['sin', 'scan'])
  const { body, numConsts, numCarry } = bodyOf(moved)
  expect(numCarry).toBe(2)
  expect(names(body)).toEqual(['mul', 'mul', 'add', 'add', 'exp'])
  expect(numConsts).toBe(3)
  await expectSame(graph, moved, scanInputs)
  await expectSame(graph, optimise(graph).graph, scanInputs)
})

test('while loops: invariants of condition and body move out, dead carries go', async () => {
  const cond = graphOf([f32(), f32(), f32()], (b, [limit, n]) => [b.op(less, [n!, b.op(exp, [limit!], {})], {})])
  const body = graphOf([f32(), f32(), f32()], (b, [step, n, unused]) => [
    b.op(add, [n!, b.op(exp, [step!], {})], {}),
    b.op(sin, [unused!], {})
  ])
  const graph = graphOf([f32(), f32(), f32(), f32()], (b, inputs) => {
    const attrs = { cond, body, numCondConsts: 1, numBodyConsts: 1 }
    return [b.bind(whilePrimitive, inputs, attrs)[0]!]
  })
  const inputs = [number(2), number(0.1), number(0), number(1)]
  const result = optimise(graph).graph
  expect(names(result)).toEqual(['exp', 'exp', 'whileLoop'])
  expect(result.nodes[2]!.outputs).toHaveLength(1)
  await expectSame(graph, result, inputs)
})

test.each([0, 1])('a branch drops dead results and operands that neither side reads (predicate %i)', async (flag) => {
  const onTrue = graphOf([f32(2), f32(2), f32(2)], (b, [x, y]) => [b.op(sin, [x!], {}), b.op(exp, [y!], {})])
  const onFalse = graphOf([f32(2), f32(2), f32(2)], (_, [x, , z]) => [x!, z!])
  const graph = graphOf([{ shape: [], dtype: 'bool' }, f32(2), f32(2), f32(2)], (b, inputs) => [
    b.bind(condPrimitive, inputs, { onTrue, onFalse })[0]!
  ])
  const pruned = deadCode.run(graph)
  expect(pruned.nodes[0]!.inputs).toHaveLength(2)
  await expectSame(graph, pruned, [bools([flag], []), wave([2]), wave([2], 1), wave([2], 2)])
})
