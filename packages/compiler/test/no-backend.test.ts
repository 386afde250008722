/** In a file, and so a process, of its own: TensorFlow.js is left without a backend. */
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { grad } from '../src/index'

test('the first trace says what to import', () => {
  const x = tf.ones([2])
  tf.removeBackend(tf.getBackend())
  expect(() => grad((own: tf.Tensor) => tf.sum(own))(x)).toThrow(
    expect.objectContaining({
      name: 'BdlError',
      code: 'NotTraceable',
      hint: expect.stringMatching(/tfjs-backend-cpu/),
      at: expect.stringMatching(/no-backend\.test\.ts:\d+/)
    })
  )
})
