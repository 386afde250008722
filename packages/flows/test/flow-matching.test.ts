import * as tf from '@tensorflow/tfjs-core'
import { key, normal } from '@bdl/core'
import { fixedSteps, rk4 } from '@bdl/ode'
import { eagerAndCompiled, expectClose, expectNoLeak } from '@bdl/testing'
import { describe, expect, test } from 'vitest'
import {
  conditionalPath,
  flowMatching,
  gaussianVelocity,
  standardNormal,
  velocityMlp,
  velocityToDistribution,
  type Velocity
} from '../src/index'
import { moons } from './trained'

describe('paths', () => {
  test('ends, middle and width', () => {
    const [x0, x1] = [tf.tensor2d([[0, 0], [1, 1]]), tf.tensor2d([[2, 4], [3, 3]])] // prettier-ignore
    const root = key(0)
    const held = [0, 0.5, 1].map((t) => tf.fill([2], t))
    const at = (t: number) => expectNoLeak(() => conditionalPath()(root, held[2 * t]!, x0, x1))
    expectClose(at(0).x, [[0, 0], [1, 1]], { atol: 1e-6, rtol: 0 }) // prettier-ignore
    expectClose(at(0.5).x, [[1, 2], [2, 2]], { atol: 1e-6, rtol: 0 }) // prettier-ignore
    expectClose(at(1).x, [[2, 4], [3, 3]], { atol: 1e-6, rtol: 0 }) // prettier-ignore
    expectClose(at(0.5).velocity, [[2, 4], [2, 2]], { atol: 1e-6, rtol: 0 }) // prettier-ignore
    const n = 10000
    const wide = conditionalPath(0.3)(key(1), tf.zeros([n]), tf.zeros([n, 1]), tf.zeros([n, 1])).x
    const std = Math.sqrt(tf.moments(wide).variance.dataSync()[0]!)
    expect(Math.abs(std - 0.3)).toBeLessThan((5 * 0.3) / Math.sqrt(2 * n))
  })
})

describe('the loss', () => {
  // Source N(0, 1), data N(m, s^2), independent: the best field is E[x1 - x0 | x], and what it cannot explain is known.
  const [m, s] = [1, 0.5]
  const best: Velocity = (t, x) => {
    const at = t.rank === 0 ? t : tf.expandDims(t, -1)
    const variance = tf.add(tf.square(tf.sub(1, at)), tf.mul(tf.square(at), s * s))
    const covariance = tf.sub(tf.mul(at, s * s), tf.sub(1, at))
    return tf.add(tf.mul(tf.div(covariance, variance), tf.sub(x, tf.mul(at, m))), m)
  }
  /** Integral over t of Var(x1 - x0 | x_t) = 1 s^2 / ((1 - t)^2 + t^2 s^2): with ends of sd 1 and s it is (pi / 2) s. */
  const leastLoss = (Math.PI / 2) * s

  test('of the best field is the irreducible one, and the Gaussian transport is not the best field of independent ends', () => {
    const n = 40000
    const data = tf.add(tf.mul(normal(key(2), [n, 1]), s), m)
    const lossOf = (v: Velocity) => {
      const loss = flowMatching({ field: { init: () => [], build: () => v }, source: standardNormal(1), sigmaMin: 0 })
      return loss([], data, key(3)).dataSync()[0]!
    }
    // The residual is Gaussian given t with variance at most 1.25: squares have sd below 2, so 5 standard errors are below 0.05.
    expect(Math.abs(lossOf(best) - leastLoss)).toBeLessThan(0.05)
    expect(lossOf(gaussianVelocity(tf.scalar(m), tf.scalar(s)))).toBeGreaterThan(leastLoss + 0.05)
  })

  test('the best field carries the source to the data', () => {
    const d = velocityToDistribution(best, standardNormal(1), { solver: rk4, control: fixedSteps(50) })
    const x = [-0.5, 0.5, 1, 2]
    const truth = x.map((v) => -0.5 * ((v - m) / s) ** 2 - Math.log(s) - 0.5 * Math.log(2 * Math.PI))
    expectClose(d.logProb(tf.tensor2d(x, [4, 1])), truth, { atol: 1e-4, rtol: 1e-4 })
  })

  test('is the same eagerly and compiled, and depends on its key', async () => {
    const field = velocityMlp({ dimension: 2, hidden: [8] })
    const loss = flowMatching({ field, source: standardNormal(2) })
    const params = field.init(key(0))
    const batch = moons(1, 16)
    const [eager, compiled] = await eagerAndCompiled(loss, [params, batch, key(2)])
    expectClose(compiled, eager, { atol: 1e-5, rtol: 1e-5 })
    expect(loss(params, batch, key(3)).dataSync()[0]).not.toBe(eager.dataSync()[0])
  })

  test('a coupling replaces the pairs', () => {
    const field = { init: () => [], build: (): Velocity => (_t, x) => tf.zerosLike(x) }
    const loss = flowMatching({ field, source: standardNormal(1), couple: (_x0, x1) => [tf.sub(x1, 3), x1] })
    expectClose(loss([], tf.ones([8, 1]), key(0)), 9, { atol: 1e-5, rtol: 0 })
  })
})
