import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { jit, onnxEngine, scan } from '../src/index'
import { heaviestOp, threadsFor } from '../src/engines/threads'
import { matMul } from '../src/primitives/linalg'
import { add } from '../src/primitives/binary'
import { traceGraph } from '../src/trace/trace-graph'
import { f32, graphOf } from './support/graphs'
import { runtimes } from './support/where'

const product = (m: number, k: number, n: number) =>
  graphOf([f32(m, k), f32(k, n)], (b, [x, y]) => [b.op(matMul, [x!, y!], { transposeA: false, transposeB: false })])

test('the work of a product is its multiply-adds, that of other ops their outputs', () => {
  expect(heaviestOp(product(20, 30, 40))).toBe(24000)
  const flipped = graphOf([f32(30, 20), f32(30, 40)], (b, [x, y]) => [
    b.op(matMul, [x!, y!], { transposeA: true, transposeB: false })
  ])
  expect(heaviestOp(flipped)).toBe(24000)
  expect(heaviestOp(graphOf([f32(5, 7)], (b, [x]) => [b.op(add, [x!, x!], {})]))).toBe(35)
})

test('the heaviest op is looked for in the bodies of loops too', () => {
  const loop = (x: tf.Tensor) =>
    scan((c: tf.Tensor, _: readonly []) => [tf.matMul(c, c), []] as const, x, [] as const, { length: 3 })[0]
  const { graph } = traceGraph((x) => [loop(x!)], [f32(10, 10)], 'test')
  expect(heaviestOp(graph)).toBe(1000)
})

test('small graphs have one thread; large ones at least one and at most two', () => {
  expect(threadsFor(product(64, 64, 64))).toBe(1)
  expect([1, 2]).toContain(threadsFor(product(1000, 64, 512)))
})

test('results do not depend on the number of threads', async () => {
  const f = (x: tf.Tensor) => tf.matMul(tf.sin(x), x, false, true)
  const x = tf.tensor2d(
    Float32Array.from({ length: 300 * 300 }, (_, i) => Math.sin(i)),
    [300, 300]
  )
  const results = await Promise.all(
    [1, 2].map((threads) => jit(f, { engine: onnxEngine({ threads, runtime: runtimes[0] }) })(x))
  )
  const [one, two] = results.map((y) => y.dataSync())
  one!.forEach((value, i) => expect(Math.abs(value - two![i]!)).toBeLessThan(1e-4))
})
