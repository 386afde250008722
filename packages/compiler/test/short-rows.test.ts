import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { jit } from '../src/index'
import { emitOnnx } from '../src/emit/onnx-model'
import { areManyShort } from '../src/primitives/short-rows'
import { traceGraph } from '../src/trace/trace-graph'
import { f32 } from './support/graphs'

const COLUMNS = 5
const ODD = [
  [Infinity, 0, 1, 2, 3],
  [-Infinity, 0, 1, 2, 3],
  [-Infinity, -Infinity, -Infinity, -Infinity, -Infinity],
  [NaN, 0, 1, 2, 3],
  [1e38, -1e38, 0, 1e30, 3e38],
  [Infinity, -Infinity, 0, 0, 0],
  [0, 0, 0, 0, 0],
  [-104, -100, -90, -88, 0]
]

/** Rows of numbers from -20 to 20, with odd ones strewn in. */
const rows = (count: number): tf.Tensor2D =>
  tf.tensor2d(
    Array.from({ length: count }, (_, i) =>
      i % 37 === 0
        ? ODD[(i / 37) % ODD.length]!
        : Array.from({ length: COLUMNS }, (_, k) => 20 * Math.sin(7 * i + k * k))
    ),
    [count, COLUMNS]
  )

test.each([
  ['softmax', (x: tf.Tensor) => tf.exp(tf.logSoftmax(x))],
  ['logSoftmax', (x: tf.Tensor) => tf.logSoftmax(x)]
] as const)('%s of many short rows is that of each row, NaN and infinities included', async (_, f) => {
  const x = rows(3000)
  const stacked = tf.reshape(x, [3, 1000, COLUMNS])
  const compiled = jit(f)
  const want = f(x).dataSync()
  for (const input of [x, stacked]) {
    const y = await compiled(input)
    expect(y.shape).toEqual(input.shape)
    const got = y.dataSync()
    expect(got).toHaveLength(want.length)
    got.forEach((value, i) => {
      if (Math.abs(value - want[i]!) < 2e-6 * Math.max(1, Math.abs(want[i]!))) return
      expect([i, value]).toEqual([i, want[i]])
    })
  }
  await compiled.dispose()
})

test('few rows and long ones are left to the runtime', () => {
  const usesOwn = (shape: number[]): boolean => {
    const { graph } = traceGraph((x) => [tf.logSoftmax(x!)], [f32(...shape)], 'test')
    return emitOnnx(graph).nodeCount === 1
  }
  expect([usesOwn([100, 10]), usesOwn([3000, 17]), usesOwn([3000, 10]), usesOwn([3, 1000, 16])]).toEqual([
    true,
    true,
    false,
    false
  ])
  expect([areManyShort([511, 10], 'softmax'), areManyShort([512, 10], 'softmax')]).toEqual([false, true])
  expect(areManyShort([512, 0], 'softmax')).toBe(false)
})
