// Numbers that docs/compiler.md states.
import * as tf from '@tensorflow/tfjs-core'
import { grad, jit } from '@bdl/compiler'
import { expect, test } from 'vitest'
import { pages } from '../src/pages'

const { text } = pages.find(({ path }) => path === 'docs/compiler.md')!

test('nodes of the second derivative, traced and optimised', async () => {
  const compiled = jit(grad(grad((x: tf.Tensor) => tf.mul(x, tf.tanh(x)))))
  const result = await compiled(tf.scalar(0.7))
  const [stats] = compiled.stats()
  expect(result.dataSync()[0]).toBeCloseTo(0.7324, 4)
  expect(text).toContain(`traced to ${stats!.tracedNodes} nodes and left with ${stats!.optimisedNodes}`)
  expect(tf.mul(tf.scalar(1, 'int32'), 2).dtype).toBe('float32')
})
