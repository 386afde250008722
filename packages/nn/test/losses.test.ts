import * as tf from '@tensorflow/tfjs-core'
import { grad } from '@bdl/compiler'
import { eagerAndCompiled, expectClose, expectNoLeak } from '@bdl/testing'
import { expect, test } from 'vitest'
import { binaryCrossEntropy, meanSquaredError, softmaxCrossEntropy } from '../src/index'

const close = { atol: 1e-6, rtol: 1e-5 }

test('softmax cross entropy is -log softmax, also for logits of any size', () => {
  const logits = tf.tensor2d([[1, 2, 3], [1e4, 0, -1e4], [0, 1e4, 0]]) // prettier-ignore
  const labels = tf.tensor1d([0, 0, 2], 'int32')
  const first = Math.log(1 + Math.exp(1) + Math.exp(2))
  expectClose(
    expectNoLeak(() => softmaxCrossEntropy(logits, labels)),
    [first, 0, 1e4],
    close
  )
})

test('a class of logit -inf costs nothing where it is not the label', () => {
  const logits = tf.tensor2d([[0, 0, -Infinity]])
  expectClose(softmaxCrossEntropy(logits, tf.tensor1d([1], 'int32')), [Math.log(2)], close)
})

test('its gradient is softmax - one-hot, eagerly and compiled', async () => {
  const labels = tf.tensor1d([2], 'int32')
  const slope = grad((x: tf.Tensor) => tf.sum(softmaxCrossEntropy(x, labels)))
  const total = 1 + Math.E + Math.E ** 2
  for (const g of await eagerAndCompiled(slope, [tf.tensor2d([[0, 1, 2]])]))
    expectClose(g, [[1 / total, Math.E / total, Math.E ** 2 / total - 1]], close)
})

test('labels of another dtype or shape are refused', () => {
  expect(() => softmaxCrossEntropy(tf.zeros([2, 3]), tf.zeros([2]))).toThrow(/int32/)
  expect(() => softmaxCrossEntropy(tf.zeros([2, 3]), tf.zeros([3], 'int32'))).toThrow(/shape \[2\]/)
})

test('binary cross entropy is finite where the probability rounds to 0 or 1', () => {
  const logits = tf.tensor1d([0, 2, -200, 200])
  const labels = tf.tensor1d([1, 0, 1, 0])
  expectClose(
    expectNoLeak(() => binaryCrossEntropy(logits, labels)),
    [Math.log(2), Math.log1p(Math.exp(2)), 200, 200],
    close
  )
})

test('mean squared error', () => {
  const [prediction, target] = [tf.tensor1d([1, 2, 4]), tf.tensor1d([1, 0, 1])]
  expectClose(
    expectNoLeak(() => meanSquaredError(prediction, target)),
    13 / 3,
    close
  )
})
