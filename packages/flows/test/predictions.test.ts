// On Gaussian data the mean of the data, of the noise, the velocity and the score given x_t are closed forms: each must give each.
import * as tf from '@tensorflow/tfjs-core'
import { grad, jit } from '@bdl/compiler'
import { key, normal, scoped } from '@bdl/core'
import { adaptive } from '@bdl/ode'
import { eagerAndCompiled, expectClose, expectNoLeak } from '@bdl/testing'
import { describe, expect, test } from 'vitest'
import {
  dataFromVelocity,
  flowBijector,
  linearPath,
  noiseFromVelocity,
  scoreFromVelocity,
  velocityFromData,
  velocityFromEndpoint,
  velocityFromNoise,
  velocityFromScore,
  type Velocity
} from '../src/index'
import { everyPath, gaussianTruth, stdOf, type KnownPath } from './every-path'

const [mean, std] = [1.5, 0.4]
const times = [0.1, 0.4, 0.7, 0.9]
const points = [-1, 0.2, 1.4, 3]
const t = tf.tensor1d(times)
const x = tf.tensor2d(points, [4, 1])

type Quantity = 'data' | 'noise' | 'velocity' | 'score'

/** The closed form of a quantity as a field: linear in x, its coefficients read off at two points. */
const fieldOf =
  (known: KnownPath, quantity: Quantity): Velocity =>
  (_t, at) =>
    scoped(() => {
      const truth = (x: number) => times.map((time) => gaussianTruth(known, mean, std, time, x)[quantity])
      const zero = tf.tensor2d(truth(0), [4, 1])
      return tf.add(zero, tf.mul(tf.sub(tf.tensor2d(truth(1), [4, 1]), zero), at))
    })

const truthOf = (known: KnownPath, quantity: Quantity): number[][] =>
  times.map((time, i) => [gaussianTruth(known, mean, std, time, points[i]!)[quantity]])

describe.each(everyPath)('$name', (known) => {
  test.each([
    ['noise', 'velocity', noiseFromVelocity],
    ['data', 'velocity', dataFromVelocity],
    ['score', 'velocity', scoreFromVelocity],
    ['velocity', 'noise', velocityFromNoise],
    ['velocity', 'data', velocityFromData],
    ['velocity', 'score', velocityFromScore]
  ] as const)('%s from %s', async (to, from, convert) => {
    const converted = convert(known.path)(fieldOf(known, from))
    for (const value of await eagerAndCompiled(converted, [t, x]))
      expectClose(value, truthOf(known, to), { atol: 5e-5, rtol: 5e-5 })
    expectNoLeak(() => converted(t, x))
  })

  test('the flow of its velocity carries Gaussians to Gaussians', async () => {
    const [first, last] = [0.01, Math.min(known.path.times[1], 0.99)]
    // Linear in x: x -> (x - alpha mean) / sqrt(variance) is kept along the flow.
    const law = (time: number) => ({
      m: known.alpha(time) * mean,
      v: gaussianTruth(known, mean, std, time, 0).variance
    })
    const score: Velocity = (at, y) =>
      scoped(() => {
        const [a, s] = [known.path.alpha(at), known.path.std(at)]
        const variance = tf.add(tf.mul(tf.square(a), std * std), tf.square(s))
        return tf.neg(tf.div(tf.sub(y, tf.mul(a, mean)), variance))
      })
    const flow = flowBijector(velocityFromScore(known.path)(score), {
      t0: first,
      t1: last,
      control: adaptive({ rtol: 1e-6, atol: 1e-6 })
    })
    const [from, to] = [law(first), law(last)]
    const expected = points.map((p) => [to.m + Math.sqrt(to.v / from.v) * (p - from.m)])
    const forward = jit(flow.forward)
    expectClose(await forward(x), expected, { atol: 2e-4, rtol: 2e-4 })
    forward.dispose()
  })
})

describe('ends and derivatives', () => {
  test('on the linear path a prediction of the data is one of the end point', () => {
    const endpoint: Velocity = (at, y) => tf.sin(tf.add(y, at))
    const rows = normal(key(0), [6, 2])
    for (const time of [0, 0.3, 0.999])
      expectClose(
        velocityFromData(linearPath())(endpoint)(tf.scalar(time), rows),
        velocityFromEndpoint(endpoint)(tf.scalar(time), rows),
        { atol: 1e-3, rtol: 1e-4 }
      )
  })

  test('velocities are finite at both ends, whatever is predicted', () => {
    const any: Velocity = (_t, y) => tf.sin(y)
    for (const { path } of everyPath)
      for (const convert of [velocityFromNoise, velocityFromData, velocityFromScore])
        for (const time of path.times)
          expect(tf.all(tf.isFinite(convert(path)(any)(tf.scalar(time), x))).dataSync()[0]).toBe(1)
  })

  test('a score from a learnt velocity has derivatives in x, twice', () => {
    const known = everyPath[0]!
    const score = scoreFromVelocity(known.path)((_t, y) => tf.sin(y))
    const at = tf.scalar(0.5)
    // v = sin x, alpha = t, std = 1 - t: score = (t sin x - x) / (1 - t).
    const sum = (y: tf.Tensor) => tf.sum(score(at, y))
    expectClose(grad(sum)(x), points.map((p) => [(0.5 * Math.cos(p) - 1) / 0.5]), { atol: 1e-5, rtol: 1e-5 }) // prettier-ignore
    const second = grad((y: tf.Tensor) => tf.sum(grad(sum)(y)))(x)
    expectClose(second, points.map((p) => [-Math.sin(p)]), { atol: 1e-5, rtol: 1e-5 }) // prettier-ignore
    expect(stdOf(known, 0.5)).toBe(0.5)
  })
})
