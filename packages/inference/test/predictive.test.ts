// Bayesian model averages: the same numbers as one by one, however the samples are cut.
import * as tf from '@tensorflow/tfjs-core'
import { key, normal, scoped, unstackTree } from '@bdl/core'
import { expectClose } from '@bdl/testing'
import { expect, test } from 'vitest'
import { modelAverage, predictive, samplesFrom, meanFieldPosterior } from '../src/index'

type Weights = { readonly w: tf.Tensor; readonly b: tf.Tensor }

const apply = ({ w, b }: Weights, x: tf.Tensor): tf.Tensor => tf.add(tf.matMul(x, w), b)
const samples: Weights = scoped(() => ({ w: normal(key(1), [7, 3, 4]), b: normal(key(2), [7, 4]) }))
const x = scoped(() => normal(key(3), [5, 3]))

test('members and their mean, in chunks of any size', async () => {
  const alone = unstackTree(samples).map((one) => tf.softmax(apply(one, x)))
  const truth = tf.stack(alone)
  for (const chunk of [1, 3, 7, 100]) {
    const { members, mean } = await predictive(apply, samples, x, { chunk })
    expect([members.shape, mean.shape]).toEqual([
      [7, 5, 4],
      [5, 4]
    ])
    expectClose(members, truth, { atol: 1e-6, rtol: 1e-5 })
    expectClose(mean, tf.mean(truth, 0), { atol: 1e-6, rtol: 1e-5 })
    expectClose(tf.sum(mean, -1), tf.ones([5]), { atol: 1e-6, rtol: 0 })
  }
})

test('another link, and weights that need not be equal', async () => {
  const { members } = await predictive(apply, samples, x, { link: (outputs) => tf.clone(outputs) })
  expectClose(members, tf.stack(unstackTree(samples).map((one) => apply(one, x))), { atol: 1e-5, rtol: 1e-5 })
  const weights = tf.tensor1d([0, 0, 1, 0, 0, 0, 0])
  expectClose(modelAverage(members, weights), unstackTree(members)[2]!, { atol: 1e-6, rtol: 1e-6 })
})

test('draws of a distribution are samples like any other', async () => {
  const like: Weights = unstackTree(samples)[0]!
  const parameters = { loc: tf.zeros([16]), logScale: tf.fill([16], -20) }
  const drawn = samplesFrom<Weights>(meanFieldPosterior(like)(parameters), key(4), 3)
  expect(drawn.provenance).toEqual({ method: 'meanField', chain: [0, 0, 0], step: [0, 1, 2] })
  const { mean } = await predictive(apply, drawn.positions, x)
  expectClose(mean, tf.fill([5, 4], 0.25), { atol: 1e-6, rtol: 0 })
})

test('progress, stopping and lifetimes', async () => {
  const stop = new AbortController()
  const before = tf.memory().numTensors
  const { members, mean } = await predictive(apply, samples, x, {
    chunk: 2,
    signal: stop.signal,
    onProgress: ({ done }) => done >= 4 && stop.abort()
  })
  expect(members.shape).toEqual([4, 5, 4])
  expectClose(
    mean,
    tf.tidy(() => tf.mean(members, 0)),
    { atol: 1e-7, rtol: 0 }
  )
  expect(tf.memory().numTensors - before).toBe(3) // members, mean and the mean of the line above
})

test('bad arguments are errors that name them', async () => {
  await expect(predictive(apply, samples, x, { chunk: 0 })).rejects.toThrowError(/predictive: chunk/)
  await expect(predictive(apply, { w: samples.w, b: tf.zeros([3, 4]) }, x)).rejects.toThrowError(/predictive: samples/)
})
