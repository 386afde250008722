// Two Gaussian classes: laws, scores and velocities given the class and without it are closed forms at every time.
import * as tf from '@tensorflow/tfjs-core'
import { grad, jit } from '@bdl/compiler'
import { key, logsumexp, scoped, type Key } from '@bdl/core'
import { adaptive } from '@bdl/ode'
import { eagerAndCompiled, expectClose, expectNoLeak } from '@bdl/testing'
import { describe, expect, test } from 'vitest'
import {
  guided,
  linearPath,
  scoreFromVelocity,
  standardNormal,
  velocityFromScore,
  velocityToDistribution,
  type ConditionalVelocity,
  type Velocity
} from '../src/index'

const means = [-2, 0.5]
const chances = [0.3, 0.7]
const std = 0.5
const path = linearPath()

/** log p_t(x | class) of each class, [..., 2]; t a number, x [..., 1]. */
const logLaws = (t: tf.Tensor, x: tf.Tensor): tf.Tensor => {
  const variance = tf.add(tf.mul(tf.square(t), std * std), tf.square(tf.sub(1, t)))
  const off = tf.sub(x, tf.mul(t, tf.tensor1d(means)))
  return tf.sub(tf.div(tf.square(off), tf.mul(variance, -2)), tf.mul(tf.log(tf.mul(variance, 2 * Math.PI)), 0.5))
}

const logMarginal = (t: tf.Tensor, x: tf.Tensor): tf.Tensor =>
  logsumexp(tf.add(logLaws(t, x), tf.log(tf.tensor1d(chances))), -1)

const logOf =
  (context: tf.Tensor | undefined) =>
  (t: tf.Tensor, x: tf.Tensor): tf.Tensor =>
    scoped(() => (context === undefined ? logMarginal(t, x) : tf.sum(tf.mul(logLaws(t, x), context), -1)))

const scoreOf =
  (context?: tf.Tensor): Velocity =>
  (t, x) =>
    grad((at: tf.Tensor) => tf.sum(logOf(context)(t, at)))(x)

const field: ConditionalVelocity = (context) => velocityFromScore(path)(scoreOf(context))
const first = tf.tensor1d([1, 0])
const x = tf.tensor2d([-3, -1, 0, 0.4, 2], [5, 1])
const t = tf.scalar(0.6)

describe('guidance', () => {
  test.each([0, 0.5, 1, 3])('combines scores with w = %d', async (w) => {
    const score = (at: tf.Tensor, y: tf.Tensor) => scoreFromVelocity(path)(guided(field, { scale: w })(first))(at, y)
    const [without, within] = [scoreOf()(t, x), scoreOf(first)(t, x)]
    const expected = tf.add(without, tf.mul(tf.sub(within, without), w))
    for (const value of await eagerAndCompiled(score, [t, x])) expectClose(value, expected, { atol: 2e-5, rtol: 2e-5 })
  })

  test('by a function of the time, per row of a batch or one for all', () => {
    const scale = (at: tf.Tensor) => tf.mul(at, 5)
    const velocity = guided(field, { scale })(first)
    expectClose(velocity(t, x), guided(field, { scale: 3 })(first)(t, x), { atol: 1e-5, rtol: 1e-5 })
    const constant: ConditionalVelocity = (context) => (_at, y) => tf.fill(y.shape, context === undefined ? 1 : 2)
    const perRow = guided(constant, { scale })(first)(tf.tensor1d([0, 0.2, 0.4, 0.6, 1]), x)
    expectClose(perRow, [[1], [2], [3], [4], [6]], { atol: 1e-5, rtol: 0 })
  })

  test('without a context it is the marginal field', () => {
    const alone = guided(field, { scale: 3 })()
    expectClose(alone(t, x), field()(t, x), { atol: 0, rtol: 0 })
    const velocity = guided(field, { scale: 3 })(first)
    expectNoLeak(() => velocity(t, x))
  })

  test('w = 1 flows to the law of the class, w = 0 to that of all', async () => {
    const density = async (w: number) => {
      const control = adaptive({ rtol: 1e-6, atol: 1e-6 })
      const logProb = jit(
        velocityToDistribution(guided(field, { scale: w })(first), standardNormal(1), { control }).logProb
      )
      const values = await logProb(x)
      logProb.dispose()
      return values
    }
    expectClose(await density(1), logOf(first)(tf.scalar(1), x), { atol: 2e-3, rtol: 1e-3 })
    expectClose(await density(0), logOf(undefined)(tf.scalar(1), x), { atol: 2e-3, rtol: 1e-3 })
  })

  test('w = 3 goes further from the other class, with less spread', async () => {
    const moments = async (w: number) => {
      const flow = velocityToDistribution(guided(field, { scale: w })(first), standardNormal(1))
      const sample = jit((k: Key) => flow.sample(k, [2000]))
      const { mean, variance } = tf.moments(await sample(key(0)))
      sample.dispose()
      return { mean: mean.dataSync()[0]!, std: Math.sqrt(variance.dataSync()[0]!) }
    }
    const [plain, strong] = [await moments(1), await moments(3)]
    expect(Math.abs(plain.mean - means[0]!)).toBeLessThan((5 * std) / Math.sqrt(2000))
    expect(strong.mean).toBeLessThan(plain.mean - 0.1)
    expect(strong.std).toBeLessThan(0.9 * plain.std)
  })
})
