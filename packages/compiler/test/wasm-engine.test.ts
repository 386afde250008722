/** The WebAssembly engine as an engine: what it refuses, whom its data belong to, how it fuses, how it sums, how its loops carry. */
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { foriLoop, isBdlError, jit, scan, unsupportedByWasm, wasmEngine, whileLoop } from '../src/index'
import { lower } from '../src/emit/wasm/lower'
import type { Block } from '../src/emit/wasm/program'
import { residenceOf } from '../src/emit/wasm/residence'
import { evaluateReference } from '../src/graph/evaluate'
import type { Graph, NdArray } from '../src/graph/graph'
import { add, multiply } from '../src/primitives/binary'
import { scatterAdd } from '../src/primitives/indexing'
import { matMul } from '../src/primitives/linalg'
import { sum } from '../src/primitives/reduce'
import { scanPrimitive } from '../src/primitives/scan'
import { slice, transpose } from '../src/primitives/shape'
import { exp, sin, tanh } from '../src/primitives/unary'
import { bind1 } from '../src/trace/context'
import { bools, f32, floats, graphOf, ints, number, numbers, wave } from './support/graphs'

const engine = wasmEngine()

const run = async (graph: Graph, ...inputs: NdArray[]): Promise<readonly (readonly number[])[]> => {
  const executable = await engine.compile(graph, [])
  return (await executable.run(inputs)).map(numbers)
}

describe('what it has no rule for', () => {
  const { wasm: _, ...odd } = { ...tanh, name: 'odd' }
  const body = graphOf([f32(3)], (b, [x]) => [b.op(odd, [x!], {})])

  test('is named before anything is compiled, in bodies of loops too', () => {
    const loop = graphOf([f32(3)], (b, [x]) =>
      b.bind(scanPrimitive, [x!], { body, numConsts: 0, numCarry: 1, length: 2, reverse: false })
    )
    expect(unsupportedByWasm(body)).toEqual(['odd'])
    expect(unsupportedByWasm(loop)).toEqual(['odd'])
    expect(unsupportedByWasm(graphOf([f32(3)], (b, [x]) => [b.op(tanh, [x!], {})]))).toEqual([])
  })

  test('is refused with an error that says what to do', async () => {
    const error: unknown = await engine.compile(body, []).catch((e: unknown) => e)
    expect(isBdlError(error) && [error.code, error.argument]).toEqual(['UnsupportedOp', 'op odd'])
    expect(String(error)).toContain("'onnx' or 'auto'")
  })
})

test('an index outside is an error that names op and line, and spoils no later call', async () => {
  const f = jit((x: tf.Tensor, i: tf.Tensor) => tf.gather(x, i), { engine })
  const g = jit((x: tf.Tensor, i: tf.Tensor) => bind1(scatterAdd, [x, i], { axis: 0, size: 3 }), { engine })
  const x = tf.tensor1d([10, 20])
  for (const [h, good] of [
    [f, [20, 10]],
    [g, [20, 10, 0]]
  ] as const) {
    for (const index of [-1, 7]) {
      const error: unknown = await h(x, tf.tensor1d([0, index], 'int32')).catch((e: unknown) => e)
      expect(isBdlError(error) && [error.code, error.got]).toEqual(['EngineFailure', 'one outside'])
      expect(String(error)).toMatch(/op (gather|scatterAdd).*wasm-engine\.test\.ts:\d+/)
    }
    expect(Array.from((await h(x, tf.tensor1d([1, 0], 'int32'))).dataSync())).toEqual(good)
  }
})

describe('data', () => {
  const twice = graphOf([f32(40)], (b, [x]) => [b.op(add, [x!, x!], {}), x!])

  test('inputs are left alone, results are the caller\u2019s, calls do not mix', async () => {
    const executable = await engine.compile(twice, [])
    const [x, y] = [wave([40]), wave([40], 7)]
    const before = numbers(x)
    const [first, second] = await Promise.all([executable.run([x]), executable.run([y])])
    expect(numbers(x)).toEqual(before)
    first![0]!.data.fill(0)
    first![1]!.data.fill(0)
    expect(numbers(second![1]!)).toEqual(numbers(y))
    expect((await executable.run([x])).map(numbers)).toEqual([before.map((v) => v + v), before])
    await executable.dispose()
    await expect(executable.run([x])).rejects.toThrow('disposed')
  })

  test('bound inputs are read once', async () => {
    const weights = wave([40], 3)
    const wanted = numbers(weights)
    const executable = await engine.compile(
      graphOf([f32(1), f32(40)], (b, [x, w]) => [b.op(multiply, [x!, w!], {})]),
      [weights]
    )
    weights.data.fill(0)
    expect(numbers((await executable.run([floats([2])]))[0]!)).toEqual(wanted.map((v) => 2 * v))
  })

  test('integers and booleans keep their bits', async () => {
    const f = jit((x: tf.Tensor, c: tf.Tensor) => [tf.logicalNot(c), tf.add(x, tf.cast(c, 'int32'))] as const, {
      engine
    })
    const [not, next] = await f(tf.tensor1d([2147483647, -5], 'int32'), tf.tensor1d([true, false], 'bool'))
    expect([Array.from(not.dataSync()), not.dtype]).toEqual([[0, 1], 'bool'])
    expect([Array.from(next.dataSync()), next.dtype]).toEqual([[-2147483648, -5], 'int32'])
    expect(numbers(bools([1, 0]))).toEqual([1, 0])
    expect(numbers(ints([1, 0]))).toEqual([1, 0])
  })

  test('empty tensors', async () => {
    const f = jit((x: tf.Tensor) => [tf.exp(x), tf.sum(x, 0), tf.max(x), tf.concat([x, tf.ones([1, 3])])] as const, {
      engine
    })
    const results = await f(tf.zeros([0, 3]))
    expect(results.map((t) => Array.from(t.dataSync()))).toEqual([[], [0, 0, 0], [-Infinity], [1, 1, 1]])
  })
})

const absolute = (x: NdArray): NdArray => ({ ...x, data: Float64Array.from(x.data, Math.abs) })

const countNests = (block: Block): number => block.filter(({ kind }) => kind === 'nest').length

describe('fusion', () => {
  test('a chain of elementwise ops and the sum at its end are one loop; only the sum is stored', () => {
    const graph = graphOf([f32(100), f32(100)], (b, [x, y]) => {
      const e = b.op(exp, [x!], {})
      const p = b.op(multiply, [e, y!], {})
      return [b.op(sum, [b.op(add, [p, b.constant(number(1))], {})], { axes: [0], keepDims: false })]
    })
    const program = lower(graph, [])
    const { isNeeded } = residenceOf(program)
    expect(countNests(program.stages.flat())).toBe(1)
    const [nest] = program.stages.flat()
    const stored = nest!.kind === 'nest' ? nest!.statements.filter(({ target }) => isNeeded(target)) : []
    expect(stored.map(({ target }) => target.size)).toEqual([1])
  })

  test('a loop that reads an array in another order comes after the one that makes it', async () => {
    const graph = graphOf([f32(30)], (b, [x]) => {
      const e = b.op(tanh, [x!], {})
      const [head, tail] = [0, 10].map((at) => b.op(slice, [e], { begin: [at], size: [20] }))
      return [b.op(add, [head!, tail!], {})]
    })
    const x = wave([30])
    const t = numbers(x).map(Math.tanh)
    const [got] = await run(graph, x)
    got!.forEach((v, i) => expect(v).toBeCloseTo(t[i]! + t[i + 10]!, 5))
  })
})

describe('sums keep their digits', () => {
  const n = 1_000_003
  const tenth = Math.fround(0.1)

  test('over a long vector, and down long columns', async () => {
    const f = jit((x: tf.Tensor) => [tf.sum(x), tf.sum(tf.reshape(tf.slice(x, 0, 999999), [333333, 3]), 0)] as const, {
      engine
    })
    const [all, columns] = await f(tf.fill([n], 0.1))
    expect(all.dataSync()[0]! / (n * tenth)).toBeCloseTo(1, 6)
    for (const column of columns.dataSync()) expect(column / (333333 * tenth)).toBeCloseTo(1, 6)
  })

  test('of infinite and undefined terms as they should be', async () => {
    const f = jit((x: tf.Tensor) => tf.sum(x, 1), { engine })
    const rows = [Infinity, -Infinity, NaN].map((odd) =>
      tf.concat([tf.ones([700]), tf.tensor1d([odd]), tf.ones([700])])
    )
    expect(Array.from((await f(tf.stack(rows))).dataSync())).toEqual([Infinity, -Infinity, NaN])
  })

  test.each([
    [7, 300, 9],
    [64, 1000, 17],
    [5, 3, 2],
    [33, 257, 1],
    [1, 64, 100]
  ])('of products [%i, %i] by [., %i], either side transposed', async (m, k, p) => {
    for (const transposeA of [false, true])
      for (const transposeB of [false, true]) {
        const [a, b] = [wave(transposeA ? [k, m] : [m, k]), wave(transposeB ? [p, k] : [k, p], 5)]
        const graph = graphOf([f32(...a.shape), f32(...b.shape)], (g, [x, y]) => [
          g.op(matMul, [x!, y!], { transposeA, transposeB })
        ])
        const [want] = matMul.reference([a, b], { transposeA, transposeB })
        const [got] = await run(graph, a, b)
        const [scale] = matMul.reference([absolute(a), absolute(b)], { transposeA, transposeB })
        got!.forEach((v, i) => expect(Math.abs(v - want!.data[i]!)).toBeLessThan(1e-6 * scale!.data[i]!))
      }
  })
})

test('an element\u2019s value does not depend on where it lies', async () => {
  const f = jit((x: tf.Tensor) => tf.tanh(tf.log1p(tf.exp(x))), { engine })
  const all = numbers(wave([103]))
  const whole = (await f(tf.tensor1d([...all]))).dataSync()
  for (const start of [1, 2, 3, 50, 99]) {
    const part = (await f(tf.tensor1d(all.slice(start)))).dataSync()
    expect(Array.from(part)).toEqual(Array.from(whole.slice(start)))
  }
})

describe('loops', () => {
  test.each([3, 50])('carries that change places, of %i elements', async (n) => {
    const f = jit(
      (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor) =>
        foriLoop(0, 4, (_, [x, y, z]: readonly [tf.Tensor, tf.Tensor, tf.Tensor]) => [y, z, tf.add(x, 1)] as const, [
          a,
          b,
          c
        ] as const),
      { engine }
    )
    const [a, b, c] = await f(tf.fill([n], 1), tf.fill([n], 10), tf.fill([n], 100))
    expect([a, b, c].map((t) => [...new Set(t.dataSync())])).toEqual([[11], [101], [3]])
  })

  test('rows of rows, backwards and forwards', async () => {
    const f = jit(
      (xs: tf.Tensor) =>
        scan(
          (total: tf.Tensor, row: tf.Tensor): readonly [tf.Tensor, tf.Tensor] => {
            const [next, all] = scan(
              (t: tf.Tensor, x: tf.Tensor): readonly [tf.Tensor, tf.Tensor] => [tf.add(t, x), tf.mul(t, x)],
              total,
              row,
              { reverse: true }
            )
            return [next, all]
          },
          tf.scalar(0),
          xs
        ),
      { engine }
    )
    const [total, all] = await f(tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]))
    expect(total.dataSync()[0]).toBe(21)
    expect(Array.from(all.dataSync())).toEqual([5, 6, 0, 17 * 4, 12 * 5, 6 * 6])
  })

  test('an unused carry of many elements still carries', async () => {
    const f = jit(
      (x: tf.Tensor) => scan((c: tf.Tensor): readonly [tf.Tensor, tf.Tensor] => [tf.add(c, 1), c], x, tf.zeros([3]))[1],
      { engine }
    )
    expect([...new Set((await f(tf.zeros([40]))).dataSync())]).toEqual([0, 1, 2])
  })

  test('a million turns', async () => {
    const f = jit(
      (x: tf.Tensor) =>
        whileLoop(
          (c: tf.Tensor) => tf.less(c, 1e6),
          (c) => tf.add(c, 1),
          x
        ),
      { engine }
    )
    expect((await f(tf.scalar(0))).dataSync()[0]).toBe(1e6)
  })
})

test('rows of three that lie far apart, at the end of memory, are read without what is beyond', async () => {
  const graph = graphOf([f32(3, 200_000), f32(3)], (b, [x, y]) => {
    const late = b.op(transpose, [b.op(sin, [x!], {})], { perm: [1, 0] })
    return [b.op(add, [late, y!], {})]
  })
  const inputs = [wave([3, 200_000]), floats([1, 2, 3])]
  const executable = await wasmEngine({ threads: 1 }).compile(graph, [])
  const [got, want] = [(await executable.run(inputs))[0]!, evaluateReference(graph, inputs)[0]!]
  expect(numbers(got).every((z, i) => Math.abs(z - want.data[i]!) < 1e-5)).toBe(true)
  await executable.dispose()
})
