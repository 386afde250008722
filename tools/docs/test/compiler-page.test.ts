// What docs/compiler.md states in numbers.
import * as tf from '@tensorflow/tfjs-core'
import { grad, jit } from '@bdl/compiler'
import { expect, test } from 'vitest'

test('nodes of the second derivative, traced and optimised', async () => {
  const compiled = jit(grad(grad((x: tf.Tensor) => tf.mul(x, tf.tanh(x)))))
  const result = await compiled(tf.scalar(0.7))
  const [stats] = compiled.stats()
  expect(result.dataSync()[0]).toBeCloseTo(0.7324, 4)
  expect(Math.abs(stats!.tracedNodes - 20)).toBeLessThan(5)
  expect(stats!.optimisedNodes).toBeLessThan(0.6 * stats!.tracedNodes)
  expect(tf.mul(tf.scalar(1, 'int32'), 2).dtype).toBe('float32')
})
