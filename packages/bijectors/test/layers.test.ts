// Couplings by masks, layers of image flows, normalisation: orders of entries, data-dependent starts, wrong arguments.
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { grad } from '@bdl/compiler'
import { key, learnable, normal } from '@bdl/core'
import { eagerAndCompiled, expectClose, expectNoLeak } from '@bdl/testing'
import {
  actNorm,
  actNormOf,
  affine,
  asEvent,
  batchNorm,
  batchStatistics,
  chain,
  checkerboard,
  conv1x1,
  coupling,
  exp,
  invert,
  learnableActNorm,
  learnableChain,
  learnableConv1x1,
  learnableMultiScale,
  linear,
  maskedCoupling,
  movingStatistics,
  multiScale,
  scale,
  splineCoupling,
  squeeze
} from '../src/index'

const numbersOf = (x: tf.Tensor): number[] => Array.from(x.dataSync())
const exactly = { atol: 0, rtol: 0 }

describe('coupling', () => {
  const double = { conditioner: () => scale(2) }

  test('by a mask: entries keep their places', () => {
    const b = coupling({ mask: [false, true, false, true], conditioner: (x) => scale(tf.sum(x, -1, true)) })
    const [y, logDet] = b.forwardAndLogDet(tf.tensor1d([1, 2, 3, 4]))
    expectClose(y, [6, 2, 18, 4], exactly)
    expectClose(logDet, 2 * Math.log(6), { atol: 1e-6, rtol: 0 })
    expectClose(b.inverse(y), [1, 2, 3, 4], exactly)
  })

  test('of leading entries is that of the mask that names them', () => {
    const x = normal(key(1), [4, 3])
    const conditioner = (v: tf.Tensor) => affine({ shift: tf.sum(v, -1, true), logScale: tf.sum(v, -1, true) })
    const [a, b] = [coupling({ numMasked: 2, conditioner }), coupling({ mask: [true, true, false], conditioner })]
    expectClose(a.forward(x), b.forward(x), exactly)
  })

  test('of channels, with one log-det an image', () => {
    const [y, logDet] = coupling({ numMasked: 1, eventNdims: 3, ...double }).forwardAndLogDet(tf.ones([5, 2, 2, 3]))
    expect(y.shape).toEqual([5, 2, 2, 3])
    expectClose(logDet, tf.fill([5], 8 * Math.LN2), { atol: 1e-5, rtol: 0 })
  })

  test('a checkerboard: neighbours decide about each other', () => {
    expect(checkerboard(2, 3)).toEqual([[[true], [false], [true]], [[false], [true], [false]]]) // prettier-ignore
    expect(checkerboard(1, 2, true)).toEqual([[[false], [true]]])
    const seen: number[][] = []
    const b = maskedCoupling({
      mask: checkerboard(2, 2),
      conditioner: (x) => {
        seen.push(numbersOf(x))
        return scale(3)
      }
    })
    const [y, logDet] = b.forwardAndLogDet(tf.tensor3d([1, 2, 3, 4], [2, 2, 1]))
    expect(seen).toEqual([[1, 0, 0, 4]])
    expectClose(y, tf.tensor3d([1, 6, 9, 4], [2, 2, 1]), exactly)
    expectClose(logDet, 2 * Math.log(3), { atol: 1e-6, rtol: 0 })
  })

  test('what the mask hides cannot spoil the derivative', () => {
    const b = maskedCoupling({ mask: [true, false], conditioner: () => invert(chain(scale(-1), exp)) })
    // the log of -1 would be NaN
    const slope = grad((x: tf.Tensor) => tf.sum(b.inverse(x)))(tf.tensor1d([-1e3, 0.5]))
    expect(numbersOf(slope).every(Number.isFinite)).toBe(true)
  })

  test('wrong masks and inputs', () => {
    expect(() => coupling({ mask: [true, true], ...double })).toThrow(
      /mask: expected entries that pass and entries that change/
    )
    expect(() => coupling({ mask: [true, false], ...double }).forward(tf.zeros([3]))).toThrow(
      /x: expected shape \[..., 2\]/
    )
    expect(() => coupling({ numMasked: 1, eventNdims: 0, ...double })).toThrow(/eventNdims/)
    expect(() => maskedCoupling({ mask: [[true], [true]], ...double })).toThrow(/mask: expected true and false entries/)
    expect(() => maskedCoupling({ mask: [[true, false], [true]], ...double })).toThrow(/rows of one length/)
    const vectors = maskedCoupling({ mask: [true, false], conditioner: () => asEvent(1)(exp) })
    expect(() => vectors.forward(tf.zeros([2]))).toThrow(
      /maskedCoupling: conditioner: expected an elementwise bijector/
    )
    expect(() => checkerboard(0, 2)).toThrow(/checkerboard: height/)
    const odd = splineCoupling({ numMasked: 1, bins: 4, low: -1, high: 1, conditioner: (x) => x })
    expect(() => odd.forward(tf.zeros([2]))).toThrow(/choosing: network: expected a last axis that is a multiple of 11/)
  })
})

describe('images', () => {
  test('squeeze orders channels as space to depth does', () => {
    const x = tf.tensor4d(Array.from({ length: 16 }, (_, i) => i), [1, 2, 4, 2]) // prettier-ignore
    const y = squeeze().forward(x)
    expectClose(y, tf.tensor4d([0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15], [1, 1, 2, 8]), exactly)
    // TensorFlow.js has its inverse
    expectClose(tf.depthToSpace(y as tf.Tensor4D, 2, 'NHWC'), x, exactly)
  })

  test('conv1x1 by a matrix and by its factors', () => {
    const [lower, upper] = [tf.tensor2d([[1, 0], [0.5, 1]]), tf.tensor2d([[2, -1], [0, 3]])] // prettier-ignore
    const x = normal(key(2), [3, 2, 2, 2])
    const byFactors = conv1x1({ lower, upper, permutation: [1, 0] })
    const weight = tf.gather(tf.matMul(lower, upper), tf.tensor1d([1, 0], 'int32'))
    const [y, logDet] = conv1x1({ weight }).forwardAndLogDet(x)
    const [y2, logDet2] = byFactors.forwardAndLogDet(x)
    expectClose(y, y2, { atol: 1e-6, rtol: 1e-6 })
    expectClose(logDet, tf.fill([3], 4 * Math.log(6)), { atol: 1e-5, rtol: 0 })
    expectClose(logDet2, logDet, { atol: 1e-5, rtol: 0 })
  })

  test('latents of a multi-scale flow: what leaves first stands first', () => {
    const b = multiScale({ eventShape: [1, 2, 4], levels: [scale(10), squeezeWidth, scale(1)] })
    const x = tf.tensor3d([0, 1, 2, 3, 4, 5, 6, 7], [1, 2, 4])
    const [z, logDet] = b.forwardAndLogDet(x)
    expectClose(z, [20, 30, 60, 70, 40, 50, 0, 10], { atol: 1e-5, rtol: 0 })
    expectClose(logDet, 8 * Math.log(10), { atol: 1e-5, rtol: 0 })
    expectClose(b.inverse(z), x, { atol: 1e-6, rtol: 0 })
    expect([b.forwardEventNdims, b.inverseEventNdims]).toEqual([3, 1])
    expect([b.forwardEventShape([1, 2, 4]), b.inverseEventShape([8])]).toEqual([[8], [1, 2, 4]])
  })

  test('odd channels leave by the smaller half', () => {
    const z = multiScale({ eventShape: [5], levels: [scale(1), scale(1)] }).forward(tf.tensor1d([0, 1, 2, 3, 4]))
    expectClose(z, [3, 4, 0, 1, 2], exactly)
  })

  test('wrong arguments', () => {
    expect(() => squeeze(0)).toThrow(/squeeze: factor/)
    expect(() => squeeze().forward(tf.zeros([3, 4, 1]))).toThrow(
      /squeeze: x: expected \[..., height, width, channels\]/
    )
    expect(() => squeeze().inverse(tf.zeros([3, 4, 2]))).toThrow(/channels a multiple of 4, got \[3, 4, 2\]/)
    expect(() => multiScale({ eventShape: [4], levels: [] })).toThrow(/at least one level/)
    expect(() => multiScale({ eventShape: [1], levels: [exp, exp] })).toThrow(/two channels to split/)
    expect(() => multiScale({ eventShape: [4], levels: [squeeze()] })).toThrow(/at most 1 axes/)
    const b = multiScale({ eventShape: [4], levels: [exp, exp] })
    expect(() => b.forward(tf.zeros([3]))).toThrow(/multiScale: x: expected \[..., 4\], got \[3\]/)
    expect(() => linear({ weight: tf.ones([2, 2]) })).toThrow(
      /linear: weight: expected matrices with a finite log\|det\|/
    )
    expect(() => linear({ weight: tf.ones([2, 3]) })).toThrow(/linear: weight/)
  })
})

/** [1, 2, 2] -> [1, 1, 4]: pixels of a row side by side. */
const squeezeWidth = chain(
  asEvent(0)(invert(squeeze(1))),
  Object.freeze({
    ...multiScale({ eventShape: [1, 2, 2], levels: [scale(1)] }),
    name: 'row'
  }),
  invert(multiScale({ eventShape: [1, 1, 4], levels: [scale(1)] }))
)

describe('normalisation', () => {
  const batch = tf.add(tf.mul(normal(key(3), [200, 3]), [2, 0.1, 30]), [5, -1, 1000])

  test('actNormOf: a batch comes out with mean 0 and variance 1', () => {
    const y = actNorm(actNormOf(batch)).forward(batch)
    const { mean, variance } = batchStatistics(y)
    expectClose(mean, [0, 0, 0], { atol: 1e-5, rtol: 0 })
    expectClose(variance, [1, 1, 1], { atol: 1e-4, rtol: 0 })
  })

  test('a constant channel stays finite', () => {
    const { logScale } = actNormOf(tf.ones([10, 1]))
    expectClose(logScale, [-Math.log(1e-6)], { atol: 1e-4, rtol: 0 })
    const [x, logDet] = batchNorm({ logGamma: tf.zeros([1]), beta: tf.zeros([1]) }).inverseAndLogDet(tf.ones([10, 1]))
    expect([...numbersOf(x), ...numbersOf(logDet)].every(Number.isFinite)).toBe(true)
  })

  test('a chain adapts link by link: each normalises what reaches it', () => {
    const flow = learnableChain(
      learnableActNorm({ size: 3 }),
      learnable.of(affine({ shift: 3, scale: 5 })),
      learnableActNorm({ size: 3 })
    )
    const before = flow.init(key(0))
    const params = expectNoLeak(() => flow.adapt(before, batch))
    expectClose(params[2].shift, [-3, -3, -3], { atol: 1e-4, rtol: 0 })
    expectClose(params[2].logScale, tf.fill([3], -Math.log(5)), { atol: 1e-4, rtol: 0 })
    const { mean, variance } = batchStatistics(flow.build(params).forward(batch))
    expectClose(mean, [0, 0, 0], { atol: 1e-5, rtol: 0 })
    expectClose(variance, [1, 1, 1], { atol: 1e-4, rtol: 0 })
    expectClose(before[0].shift, [0, 0, 0], exactly) // nothing that was given has changed
  })

  test('the levels of a multi-scale flow adapt too, eagerly and compiled', async () => {
    const level = (channels: number) =>
      learnableChain(
        learnable.of(squeeze()),
        learnableActNorm({ size: channels, eventNdims: 3 }),
        learnableConv1x1({ channels })
      )
    const flow = learnableMultiScale({ eventShape: [4, 4, 1], levels: [level(4), level(8)] })
    const images = tf.add(tf.mul(normal(key(4), [50, 4, 4, 1]), 3), 7)
    for (const params of await eagerAndCompiled(flow.adapt, [flow.init(key(5)), images])) {
      // the eight latents of the last level: normalised, then rotated, which keeps mean 0 and the sum of variances
      const last = tf.slice(flow.build(params).forward(images), [0, 8], [50, 8])
      const { mean, variance } = batchStatistics(tf.reshape(last, [400, 1]))
      expectClose(mean, [0], { atol: 1e-4, rtol: 0 })
      expectClose(variance, [1], { atol: 1e-3, rtol: 0 })
    }
  })

  test('batchNorm in training: derivatives go through the statistics of the batch', () => {
    const params = { logGamma: tf.tensor1d([0.3, -0.2]), beta: tf.tensor1d([1, 2]), epsilon: 1e-9 }
    const y = normal(key(6), [8, 2])
    const loss = (v: tf.Tensor): tf.Tensor => {
      const [u, logDet] = batchNorm(params).inverseAndLogDet(v)
      return tf.sub(tf.mean(tf.sum(tf.pow(u, 4), -1)), tf.mean(logDet))
    }
    const slope = numbersOf(grad(loss)(y))
    // each u is unchanged when the batch moves as one, and the log-det falls with the log of its scale
    expect(Math.abs(slope.reduce((sum, s) => sum + s, 0))).toBeLessThan(1e-4)
    const values = numbersOf(tf.sub(y, batchStatistics(y).mean))
    const radially = slope.reduce((sum, s, i) => sum + s * values[i]!, 0)
    expect(Math.abs(radially - 2)).toBeLessThan(1e-3)
  })

  test('batchNorm with the statistics of a batch is what it is in training', () => {
    const params = { logGamma: tf.tensor1d([0.3, -0.2, 0]), beta: tf.tensor1d([1, 2, 3]) }
    const [u, logDet] = batchNorm(params).inverseAndLogDet(batch)
    const fixed = batchNorm({ ...params, statistics: batchStatistics(batch) })
    const [u2, logDet2] = fixed.inverseAndLogDet(batch)
    expectClose(u, u2, exactly)
    expectClose(logDet, logDet2, exactly)
    expectClose(fixed.forward(u), batch, { atol: 1e-4, rtol: 1e-5 })
  })

  test('movingStatistics: a step towards the batch', () => {
    const zero = { mean: tf.tensor1d([0]), variance: tf.tensor1d([1]) }
    const next = movingStatistics(zero, { mean: tf.tensor1d([10]), variance: tf.tensor1d([3]) }, 0.75)
    expectClose(next.mean, [2.5], exactly)
    expectClose(next.variance, [1.5], exactly)
  })

  test('wrong arguments', () => {
    const params = { logGamma: tf.zeros([1]), beta: tf.zeros([1]) }
    expect(() => batchNorm(params).forward(tf.zeros([2, 1]))).toThrow(/batchNorm: statistics: expected statistics/)
    const negative = { mean: tf.zeros([1]), variance: tf.tensor1d([-1]) }
    expect(() => batchNorm({ ...params, statistics: negative })).toThrow(
      /statistics.variance: expected finite numbers >= 0/
    )
    expect(() => batchNorm({ ...params, epsilon: 0 })).toThrow(/epsilon/)
    expect(() => batchStatistics(tf.zeros([3]))).toThrow(/batchStatistics: batch: expected at least one vector/)
    expect(() => batchStatistics(tf.zeros([0, 3]))).toThrow(/batchStatistics/)
    expect(() => movingStatistics(negative, negative, 2)).toThrow(/momentum: expected a number in \[0, 1\], got 2/)
    expect(() => actNorm({ shift: tf.tensor1d([NaN]), logScale: tf.zeros([1]) })).toThrow(/actNorm: shift/)
    expect(() => actNorm({ shift: tf.zeros([1]), logScale: tf.zeros([1]) }).forward(tf.zeros([2]))).toThrow(
      /actNorm: x/
    )
    expect(() => learnableActNorm({ size: 0 })).toThrow(/size/)
  })
})
