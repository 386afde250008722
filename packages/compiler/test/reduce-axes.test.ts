// Each reduction of TensorFlow.js names its axes in its own way; all must reach the graph.
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { jit } from '../src/index'

const x = () =>
  tf.tensor2d([
    [1, 2, 3],
    [-1, 2, 5]
  ])

test.each([
  ['max', (v: tf.Tensor) => tf.max(v, 1), [3, 5]],
  ['max, negative axis', (v: tf.Tensor) => tf.max(v, -2), [1, 2, 5]],
  ['max, kept', (v: tf.Tensor) => tf.max(v, 1, true), [[3], [5]]],
  ['min', (v: tf.Tensor) => tf.min(v, 1), [1, -1]],
  ['sum', (v: tf.Tensor) => tf.sum(v, 0), [0, 4, 8]],
  ['mean', (v: tf.Tensor) => tf.mean(v, 0), [0, 2, 4]],
  ['prod', (v: tf.Tensor) => tf.prod(v, 1), [6, -10]],
  ['argMax', (v: tf.Tensor) => tf.argMax(v, 0), [0, 0, 1]],
  ['max of all', (v: tf.Tensor) => tf.max(v), 5]
] as const)('%s', async (_, f, expected) => {
  const compiled = jit(f)
  expect((await compiled(x())).arraySync()).toEqual(expected)
  compiled.dispose()
})
