/** Which engine 'auto' takes. */
import { describe, expect, test } from 'vitest'
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, foriLoop, jit, wasmEngine, type Engine } from '../src/index'
import { autoEngine } from '../src/engines/auto'
import { isQuickerOnWasm } from '../src/engines/choice'
import type { Graph } from '../src/graph/graph'
import { multiply, sub } from '../src/primitives/binary'
import { matMul } from '../src/primitives/linalg'
import { scanPrimitive } from '../src/primitives/scan'
import { max } from '../src/primitives/reduce'
import { exp, sin, tanh } from '../src/primitives/unary'
import { f32, graphOf } from './support/graphs'

const plain = { transposeA: false, transposeB: false }
const { wasm: _, ...odd } = { ...tanh, name: 'odd' }
const turn = (n: number, f = tanh) => graphOf([f32(n)], (b, [x]) => [b.op(f, [b.op(multiply, [x!, x!], {})], {})])
const loopOf = (body: Graph, length: number) =>
  graphOf(
    body.inputs.map(({ shape }) => f32(...shape)),
    (b, xs) => b.bind(scanPrimitive, xs, { body, numConsts: 0, numCarry: 1, length, reverse: false })
  )
const loop = (n: number, length: number) => loopOf(turn(n), length)
/** As in Sinkhorn's iteration: exponentials of what a maximum along an axis is taken from. */
const scaling = (n: number) =>
  graphOf([f32(n, n)], (b, [x]) => {
    const top = b.op(max, [x!], { axes: [1], keepDims: true })
    return [b.op(exp, [b.op(sub, [x!, top], {})], {})]
  })

test.each([
  ['one small op', graphOf([f32(4)], (b, [x]) => [b.op(tanh, [x!], {})]), true],
  ['a loop with a tiny body', loop(10, 1000), true],
  ['one with a body that has work to do', loop(100_000, 1000), false],
  ['the same of functions that are slow in ONNX Runtime', loopOf(turn(100_000, sin), 1000), true],
  ['maxima along an axis', loopOf(scaling(128), 100), true],
  ['a large product', graphOf([f32(256, 256)], (b, [x]) => [b.op(matMul, [x!, x!], plain)]), false],
  ['a small one', graphOf([f32(8, 8)], (b, [x]) => [b.op(matMul, [x!, x!], plain)]), true],
  ['a pass over much memory', graphOf([f32(1_000_000)], (b, [x]) => [b.op(multiply, [x!, x!], {})]), false],
  ['an op that it has not', graphOf([f32(4)], (b, [x]) => [b.op(odd, [x!], {})]), false]
] as const)('%s', (_name, graph, isQuicker) => {
  expect(isQuickerOnWasm(graph)).toBe(isQuicker)
})

test("'auto' takes it from there", async () => {
  const chain = jit((x: tf.Tensor) => foriLoop(0, 100, (_i, c: tf.Tensor) => tf.sin(c), x), { engine: 'auto' })
  const product = jit((x: tf.Tensor) => tf.matMul(x, x), { engine: 'auto' })
  await chain(tf.scalar(1))
  await product(tf.ones([256, 256]))
  expect([chain, product].map((f) => f.stats()[0]!.engine)).toEqual(['wasm', 'onnx'])
})

describe('without ONNX Runtime', () => {
  const missing: Engine = {
    name: 'missing',
    compile: () =>
      Promise.reject(
        new BdlError({ code: 'EngineFailure', fn: 'jit', argument: 'ONNX Runtime', expected: 'one', got: 'none' })
      )
  }
  const product = graphOf([f32(256, 256)], (b, [x]) => [b.op(matMul, [x!, x!], plain)])
  const unknown = graphOf([f32(4)], (b, [x]) => [b.op(odd, [x!], {})])

  test('our WebAssembly runs what it has, eager execution the rest, with one warning', async () => {
    const warnings: string[] = []
    const engine = autoEngine(wasmEngine(), missing, (message) => warnings.push(message))
    expect((await engine.compile(product, [])).report.engine).toBe('wasm')
    expect(warnings).toEqual([])
    expect((await engine.compile(unknown, [])).report.engine).toBe('eager')
    expect((await engine.compile(unknown, [])).report.engine).toBe('eager')
    expect(warnings).toHaveLength(1)
  })

  test('other failures stay failures', async () => {
    const broken: Engine = { name: 'broken', compile: () => Promise.reject(new Error('broken')) }
    await expect(autoEngine(wasmEngine(), broken, () => undefined).compile(product, [])).rejects.toThrow('broken')
  })
})
