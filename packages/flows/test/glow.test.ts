// A Glow of two levels for small images, put together from bijectors: its laws, its start from data, and what it learns.
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import {
  affineTransformer,
  choosing,
  coupling,
  invert,
  learnableActNorm,
  learnableChain,
  learnableConv1x1,
  learnableMultiScale,
  squeeze,
  type Bijector
} from '@bdl/bijectors'
import { bijectorLaws } from '@bdl/bijectors/testing'
import { key, learnable, normal, scoped, split, type Learnable } from '@bdl/core'
import { transformed, type Distribution } from '@bdl/distributions'
import { expectClose } from '@bdl/testing'
import { standardNormal } from '../src/index'
import { gaussianNll, trained } from './trained'

type Filters = { readonly first: tf.Tensor; readonly last: tf.Tensor }

/** Two 3 x 3 convolutions [..., h, w, channels] -> [..., h, w, outputs] with tanh between; zero at first, as Glow's is. */
const convolutions = (channels: number, outputs: number): Learnable<Filters, (x: tf.Tensor) => tf.Tensor> => ({
  init: (k) =>
    scoped(() => ({ first: tf.mul(normal(k, [3, 3, channels, 8]), 0.2), last: tf.zeros([3, 3, 8, outputs]) })),
  build:
    ({ first, last }) =>
    (x) => {
      const [h, w, c] = x.shape.slice(-3) as [number, number, number]
      const images = tf.reshape(x, [x.size / (h * w * c), h, w, c]) as tf.Tensor4D
      const hidden = tf.tanh(tf.conv2d(images, first as tf.Tensor4D, 1, 'same'))
      const out = tf.conv2d(hidden as tf.Tensor4D, last as tf.Tensor4D, 1, 'same')
      return tf.reshape(out, [...x.shape.slice(0, -1), outputs])
    }
})

/** One step of flow: normalise, mix the channels, and let half of them move the other half. */
const step = (channels: number) => {
  const half = channels / 2
  const moving = learnable.map((network: (x: tf.Tensor) => tf.Tensor): Bijector =>
    coupling({
      numMasked: half,
      eventNdims: 3,
      conditioner: choosing(affineTransformer({ bound: 1 }), network)
    })
  )(convolutions(half, 2 * half))
  return learnableChain(learnableActNorm({ size: channels, eventNdims: 3 }), learnableConv1x1({ channels }), moving)
}

const level = (channels: number) => learnableChain(learnable.of(squeeze()), step(channels), step(channels))
const glow = learnableMultiScale({ eventShape: [4, 4, 1], levels: [level(4), level(8)] })

/** Blobs at random places, with a little noise: 4 x 4 pixels that depend on each other. */
const images = (seed: number, n: number): tf.Tensor =>
  scoped(() => {
    const [keyPlace, keyNoise] = split(key(seed))
    const place = tf.reshape(tf.add(tf.mul(normal(keyPlace, [n, 2]), 0.7), 1.5), [n, 1, 1, 2])
    const axis = tf.range(0, 4)
    const cells = tf.stack([tf.tile(tf.reshape(axis, [4, 1]), [1, 4]), tf.tile(tf.reshape(axis, [1, 4]), [4, 1])], -1)
    const distance = tf.sum(tf.square(tf.sub(cells, place)), -1, true)
    return tf.add(tf.exp(tf.mul(distance, -0.5)), tf.mul(normal(keyNoise, [n, 4, 4, 1]), 0.05))
  })

describe('a multi-scale flow of images', () => {
  const params = glow.init(key(0))
  const shaken = glow.init(key(1))
  const all = images(2, 600)
  const b = glow.build(glow.adapt(shaken, tf.slice(all, 0, 64)))

  test.each(
    bijectorLaws(b, tf.slice(all, 0, 2), { atol: 1e-3, rtol: 1e-3 }).map(({ name, check }) => [name, check] as const)
  )('%s', (_, check) => check())

  test('adapted to a batch, its latents have mean 0 and variance near 1', () => {
    const z = glow.build(glow.adapt(params, all)).forward(all)
    expectClose(tf.mean(z), 0, { atol: 1e-3, rtol: 0 })
    const { variance } = tf.moments(z)
    expect(variance.dataSync()[0]!).toBeGreaterThan(0.5)
    expect(variance.dataSync()[0]!).toBeLessThan(2)
  })

  test('200 steps from there: better than a Gaussian, and samples have the mean of the data', async () => {
    const base = standardNormal(16)
    const flow = learnable.map((toNoise: Bijector): Distribution => transformed(base, invert(toNoise)))(glow)
    const nll = (p: typeof params, batch: tf.Tensor): tf.Tensor => tf.neg(tf.mean(flow.build(p).logProb(batch)))
    const heldOut = images(3, 500)
    const start = glow.adapt(params, all)
    const end = await trained(start, nll, all, { learningRate: 3e-3 })
    const [before, after] = [start, end].map((p) => nll(p, heldOut).dataSync()[0]!)
    // measured: -0.10 at the start, -12.7 a Gaussian, -16.1 at the end
    const gaussian = gaussianNll(tf.reshape(heldOut, [500, 16]))
    expect(before!).toBeGreaterThan(gaussian)
    expect(after!).toBeLessThan(gaussian - 1.7)
    const [x, logProb] = flow.build(end).sampleAndLogProb(key(4), [500])
    expectClose(flow.build(end).logProb(x), logProb, { atol: 1e-2, rtol: 1e-3 })
    expect(x.shape).toEqual([500, 4, 4, 1])
    // pixels have standard deviations of up to 0.3: 5 standard errors of the difference are 0.1
    expectClose(tf.mean(x, 0), tf.mean(heldOut, 0), { atol: 0.1, rtol: 0 })
  })
})
