// Discrete families where they are least usual: one class alone, modes against every member.
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { key } from '@bdl/core'
import { eagerAndCompiled, expectClose } from '@bdl/testing'
import { categorical, mixture, multinomial, normal, oneHotCategorical, scaleMixtureNormal } from '../src/index'

const exactly = { atol: 0, rtol: 0 }

describe('one class', () => {
  const only = { logits: tf.tensor1d([3]) }

  test('is what is always drawn', () => {
    expect(Array.from(categorical(only).sample(key(0), [3]).dataSync())).toEqual([0, 0, 0])
    expect(Array.from(oneHotCategorical(only).sample(key(0), [3]).dataSync())).toEqual([1, 1, 1])
    expect(Array.from(oneHotCategorical(only).mode!().dataSync())).toEqual([1])
    expect(Array.from(multinomial(4, only).sample(key(0), [2]).dataSync())).toEqual([4, 4])
    expectClose(multinomial(4, only).mode!(), [4], exactly)
  })

  test('a mixture of one component is the component', () => {
    const one = mixture(only, normal(tf.tensor1d([2]), 3))
    const x = tf.tensor1d([-1, 2, 10])
    expectClose(one.logProb(x), normal(2, 3).logProb(x), { atol: 1e-6, rtol: 1e-6 })
    const [drawn, logProb] = one.sampleAndLogProb(key(1), [5])
    expectClose(one.logProb(drawn), logProb, { atol: 1e-6, rtol: 1e-6 })
  })
})

describe('the mode of a multinomial', () => {
  const probs = tf.softmax(
    tf.tensor2d([
      [0, 0, 0, 0],
      [1, -1, 0.5, 3],
      [-9, 2, 2, 2],
      [0.25, 0.5, 0.75, 1]
    ])
  )

  test.each([0, 1, 2, 5, 9])('is the likeliest of all counts that sum to %i', async (n) => {
    const members = multinomial(n, { probs: tf.tensor1d([0.25, 0.25, 0.25, 0.25]) }).support.members!()
    const of = (p: tf.Tensor): tf.Tensor => multinomial(n, { probs: p }).mode!()
    for (const mode of await eagerAndCompiled(of, [probs])) {
      expectClose(tf.sum(mode, -1), tf.fill([4], n), exactly)
      const d = multinomial(n, { probs })
      const all = d.logProb(tf.expandDims(members, 1))
      expectClose(d.logProb(mode), tf.max(all, 0), { atol: 1e-5, rtol: 1e-6 })
    }
  })

  test('of a million draws and of impossible classes: shares, rounded', () => {
    const d = multinomial(1e6, { probs: tf.tensor1d([0.5, 0, 0.25, 0.25]) })
    expectClose(d.mode!(), [500000, 0, 250000, 250000], exactly)
  })
})

test('parameters of no entries: a mixture of scales has no draws', () => {
  const none = scaleMixtureNormal({ pi: tf.zeros([0]), sigma1: 1, sigma2: 2 })
  const [x, logProb] = none.sampleAndLogProb(key(2), [3])
  expect([x.shape, logProb.shape, none.mean!().shape]).toEqual([[3, 0], [3, 0], [0]]) // prettier-ignore
})
