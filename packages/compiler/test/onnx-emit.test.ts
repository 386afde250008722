import { expect, test } from 'vitest'
import type { OnnxScope } from '../src/emit/onnx-scope'
import { emitOnnx } from '../src/emit/onnx-model'
import { onnxEngine } from '../src/engines/onnx-runtime'
import { newValue, type Aval, type Graph, type NdArray } from '../src/graph/graph'
import { constant } from '../src/primitives/constant'
import { bool, bools, f32, floats, graphOf, i32, ints, numbers } from './support/graphs'

/** One node whose ONNX is written in the test. */
const graphOfOnnx = (
  ins: readonly Aval[],
  outs: readonly Aval[],
  emit: (scope: OnnxScope, inputs: readonly string[]) => readonly string[]
): Graph => {
  const primitive = {
    ...constant,
    name: 'custom',
    onnx: (scope: OnnxScope, { inputs }: { readonly inputs: readonly string[] }) => emit(scope, inputs)
  }
  const inputs = ins.map(newValue)
  const outputs = outs.map(newValue)
  return { inputs, nodes: [{ primitive, inputs, attrs: {}, outputs }], outputs }
}

const runOnnx = async (graph: Graph, inputs: readonly NdArray[]): Promise<readonly NdArray[]> => {
  const executable = await onnxEngine().compile(graph, [])
  const results = await executable.run(inputs)
  await executable.dispose()
  return results
}

const run = (inputs: readonly NdArray[], outs: readonly Aval[], emit: Parameters<typeof graphOfOnnx>[2]) =>
  runOnnx(graphOfOnnx(inputs, outs, emit), inputs)

const condition = { shape: [], dtype: 'bool' } as const

test('integers wrap, and casts between int32 and uint32 keep the bits', async () => {
  const [a, b] = [ints([2147483647, -5, 7]), ints([1, 3, -2147483648])]
  const [sum, shifted, mixed] = await run([a, b], [i32(3), i32(3), i32(3)], (s, [x, y]) => {
    const u = s.cast(x!, 'uint32')
    const right = s.node('BitShift', [u, s.integer(1, 'uint32')], { direction: { string: 'RIGHT' } })
    return [s.node('Add', [x!, y!]), s.cast(right, 'int32'), s.node('BitwiseXor', [x!, y!])]
  })
  expect(numbers(sum!)).toEqual([-2147483648, -2, 7 - 2147483648])
  expect(numbers(shifted!)).toEqual([1073741823, 2147483645, 3])
  expect(numbers(mixed!)).toEqual([2147483647 ^ 1, -5 ^ 3, 7 ^ -2147483648])
})

test('a Loop sees names of the graph around it, stacks its scan outputs, and may turn zero times', async () => {
  const turns = (count: number) =>
    run([floats([1, 2])], [f32(2), f32(count, 2)], (s, [x]) => {
      const outer = s.node('Mul', [x!, s.scalar(2)])
      const body = s.body([{ shape: [], dtype: 'int64' }, condition, f32(2)], (inner, [, go, v]) => {
        const y = inner.node('Add', [v!, outer])
        return [
          { name: go!, ...condition },
          { name: y, ...f32(2) },
          { name: y, ...f32(2) }
        ]
      })
      return s.nodes('Loop', [s.integer(count, 'int64'), '', x!], 2, { body: { graph: body } })
    })
  const [last, all] = await turns(3)
  expect(numbers(last!)).toEqual([7, 14])
  expect(numbers(all!)).toEqual([3, 6, 5, 10, 7, 14])
  const [unchanged, none] = await turns(0)
  expect(numbers(unchanged!)).toEqual([1, 2])
  expect(none!.shape).toEqual([0, 2])
})

test.each([
  [1, [3, 6]],
  [0, [1, 2]]
])('an If may hand on an outer value: %i', async (flag, expected) => {
  const [y] = await run([bools([flag], []), floats([1, 2])], [f32(2)], (s, [p, x]) => {
    const yes = s.body([], (inner) => [{ name: inner.node('Mul', [x!, inner.scalar(3)]), ...f32(2) }])
    const no = s.body([], () => [{ name: x!, ...f32(2) }])
    return [s.node('If', [p!], { then_branch: { graph: yes }, else_branch: { graph: no } })]
  })
  expect(numbers(y!)).toEqual(expected)
})

test('outputs may be inputs, constants, or the same value twice, and share no memory', async () => {
  const graph = graphOf([f32(2)], (b, [x]) => {
    const c = b.constant(floats([5, 6]))
    return [x!, x!, c, c]
  })
  const input = floats([1, 2])
  const results = await runOnnx(graph, [input])
  expect(results.map(numbers)).toEqual([
    [1, 2],
    [1, 2],
    [5, 6],
    [5, 6]
  ])
  results[0]!.data[0] = 9
  expect(numbers(input)).toEqual([1, 2])
  expect(numbers(results[1]!)).toEqual([1, 2])
})

test('sizes of zero, scalars and booleans pass', async () => {
  const [sum, none] = await run([floats([], [0, 3])], [f32(3), f32(3, 0)], (s, [x]) => [
    s.node('ReduceSum', [x!, s.ints([0])], { keepdims: { int: 0 } }),
    s.reshape(x!, [3, 0])
  ])
  expect(numbers(sum!)).toEqual([0, 0, 0])
  expect(none!.data.length).toBe(0)
  const [scalar] = await run([floats([3], [])], [f32()], (s, [x]) => [s.node('Mul', [x!, x!])])
  expect(numbers(scalar!)).toEqual([9])
  const [not] = await run([bools([1, 0])], [bool(2)], (s, [x]) => [s.node('Not', [x!])])
  expect(not!.data).toEqual(Uint8Array.of(0, 1))
})

test('equal constants are stored once, -0 and NaN are themselves', async () => {
  const values = [-0, NaN, Infinity, 1e-40, 16777217]
  const big = Array.from({ length: 1000 }, (_, i) => i)
  const bytesOf = (copies: number) =>
    emitOnnx(graphOf([], (b) => Array.from({ length: copies }, () => b.constant(floats(big))))).bytes.length
  expect(bytesOf(4) - bytesOf(1)).toBeLessThan(1000)
  const [y] = await runOnnx(
    graphOf([], (b) => [b.constant(floats(values))]),
    []
  )
  expect(y!.data).toEqual(Float32Array.from(values))
})

test('what ONNX Runtime refuses is an EngineFailure with its words', async () => {
  await expect(run([floats([1])], [f32(1)], (s, [x]) => [s.node('NoSuchOp', [x!])])).rejects.toMatchObject({
    name: 'BdlError',
    code: 'EngineFailure',
    message: expect.stringContaining('NoSuchOp')
  })
})
