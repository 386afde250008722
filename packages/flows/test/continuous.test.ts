import * as tf from '@tensorflow/tfjs-core'
import { key, split } from '@bdl/core'
import { adaptive, euler, fixedSteps, heun } from '@bdl/ode'
import { eagerAndCompiled, expectClose, expectNoLeak } from '@bdl/testing'
import { describe, expect, test } from 'vitest'
import { withTrace } from '../src/continuous/jacobian'
import {
  correctedVelocity,
  estimateLogProb,
  exactTrace,
  flowBijector,
  gaussianVelocity,
  hutchinsonTrace,
  standardNormal,
  velocityFromEndpoint,
  velocityMlp,
  velocityToDistribution,
  type Velocity
} from '../src/index'

const mean = [1, -2]
const scale = [0.5, 3]
const carried = () => gaussianVelocity(tf.tensor1d(mean), tf.tensor1d(scale))
const logNormal = (x: readonly number[]): number =>
  x.reduce(
    (s, v, i) => s - 0.5 * ((v - mean[i]!) / scale[i]!) ** 2 - Math.log(scale[i]!) - 0.5 * Math.log(2 * Math.PI),
    0
  )

describe('Gaussian to Gaussian, where everything is known', () => {
  const points = [[0, 0], [1, -2], [3, 4]] // prettier-ignore

  test.each([
    ['exact', exactTrace()],
    ['one column at a time', exactTrace(1)],
    ['Rademacher', hutchinsonTrace({ key: key(0), probes: 2 })]
  ] as const)('log density to 1e-4 with the trace %s', async (_name, trace) => {
    // The Jacobian is diagonal, so e^T J e with entries +-1 is its trace exactly.
    const options = { trace, control: adaptive({ rtol: 1e-6, atol: 1e-6 }) }
    const logProb = (x: tf.Tensor) => velocityToDistribution(carried(), standardNormal(2), options).logProb(x)
    for (const value of await eagerAndCompiled(logProb, [tf.tensor2d(points)]))
      expectClose(value, points.map(logNormal), { atol: 1e-4, rtol: 0 })
  })

  test('samples come with the log density that the data direction gives them', () => {
    const d = velocityToDistribution(carried(), standardNormal(2), { control: adaptive({ rtol: 1e-6, atol: 1e-6 }) })
    const [x, logProb] = d.sampleAndLogProb(key(3), [50])
    expectClose(d.logProb(x), logProb, { atol: 1e-4, rtol: 1e-4 })
    expectClose(d.sample(key(3), [50]), x, { atol: 1e-4, rtol: 1e-4 })
  })

  test('any leading axes, and nothing left behind', () => {
    const v = carried()
    const x = tf.zeros([3, 4, 2])
    const flow = flowBijector(v, { solver: heun, control: fixedSteps(4) })
    const [z, logDet] = expectNoLeak(() => flow.inverseAndLogDet(x))
    expect([z.shape, logDet.shape]).toEqual([[3, 4, 2], [3, 4]]) // prettier-ignore
    expectNoLeak(() => flow.forward(x))
  })
})

describe('traces', () => {
  // v = A x with A dense: trace known, probes noisy.
  const a = [[0.3, 2, -1], [0.5, -0.7, 1], [1.5, 0.2, 0.9]] // prettier-ignore
  const linear: Velocity = (_t, x) => tf.matMul(x, tf.tensor2d(a), false, true)

  test.each([1, 2, 3, 64])('exact in blocks of %i', (block) => {
    const [, traces] = withTrace(linear, exactTrace(block), 2, 3)(tf.scalar(0), tf.ones([2, 3]))
    expectClose(traces, [[0.5, 0.5]], { atol: 1e-6, rtol: 0 })
  })

  test.each(['rademacher', 'gaussian'] as const)(
    '%s probes are unbiased, and their standard error is honest',
    (distribution) => {
      const trace = hutchinsonTrace({ key: key(1), probes: 4000, distribution })
      const estimate = estimateLogProb(linear, standardNormal(3), { trace, solver: heun, control: fixedSteps(8) })
      const exact = estimateLogProb(linear, standardNormal(3), { solver: heun, control: fixedSteps(8) })
      const x = tf.zeros([1, 3])
      const { logProb, standardError } = estimate(x)
      const error = logProb.dataSync()[0]! - exact(x).logProb.dataSync()[0]!
      const se = standardError.dataSync()[0]!
      expect(Math.abs(error)).toBeLessThan(5 * se)
      // Var e^T A e = sum over i < j of (a_ij + a_ji)^2 for signs; for Gaussians also 2 sum a_ii^2.
      const signs = (2 + 0.5) ** 2 + (-1 + 1.5) ** 2 + (1 + 0.2) ** 2
      const variance = distribution === 'rademacher' ? signs : signs + 2 * (0.3 ** 2 + 0.7 ** 2 + 0.9 ** 2)
      expect(se / Math.sqrt(variance / 4000)).toBeGreaterThan(0.85)
      expect(se / Math.sqrt(variance / 4000)).toBeLessThan(1.15)
    }
  )
})

describe('predictions of the end point', () => {
  // N(0, I) to N(1, I), independent ends: E[x1 | x_t = x] = 1 + t (x - t) / (t^2 + (1 - t)^2).
  const endpoint: Velocity = (t, x) =>
    tf.add(tf.div(tf.mul(tf.sub(x, t), t), tf.add(tf.square(t), tf.square(tf.sub(1, t)))), 1)
  const moments = (samples: tf.Tensor) => {
    const { mean: m, variance } = tf.moments(samples)
    return { mean: m.dataSync()[0]!, std: Math.sqrt(variance.dataSync()[0]!) }
  }
  const n = 20000

  test('deterministic sampling keeps the variance, and log q is that of the target to 1e-2 nats', () => {
    const d = velocityToDistribution(velocityFromEndpoint(endpoint), standardNormal(1), {
      solver: heun,
      control: fixedSteps(100)
    })
    const [x, logProb] = d.sampleAndLogProb(key(5), [n])
    const found = moments(x)
    expect(Math.abs(found.mean - 1)).toBeLessThan(0.02 + 5 / Math.sqrt(n))
    expect(Math.abs(found.std - 1)).toBeLessThan(0.02 + 5 / Math.sqrt(2 * n))
    const target = tf.sub(tf.mul(tf.sum(tf.square(tf.sub(x, 1)), -1), -0.5), 0.5 * Math.log(2 * Math.PI))
    expect(tf.mean(tf.abs(tf.sub(logProb, target))).dataSync()[0]!).toBeLessThan(1e-2)
  })

  test('100 Euler steps: std 0.987', () => {
    const flow = flowBijector(velocityFromEndpoint(endpoint), { solver: euler, control: fixedSteps(100) })
    const { std } = moments(flow.forward(standardNormal(1).sample(key(6), [n])))
    expect(Math.abs(std - 0.987)).toBeLessThan(0.002 + 5 / Math.sqrt(2 * n))
  })

  test('negative control: end minus start has std 0.493', () => {
    // The wrong field needs the start beside the state: state [x, start], velocity [end - start, 0].
    const wrong: Velocity = (t, s) => {
      const [x, start] = tf.split(s, 2, 1)
      return tf.concat([tf.sub(endpoint(t, x!), start!), tf.zerosLike(start!)], 1)
    }
    const z = standardNormal(1).sample(key(7), [n])
    const end = flowBijector(wrong, { solver: heun, control: fixedSteps(100) }).forward(tf.concat([z, z], 1))
    expect(Math.abs(moments(tf.slice(end, [0, 0], [n, 1])).std - 0.493)).toBeLessThan(
      0.005 + (0.5 * 5) / Math.sqrt(2 * n)
    )
  })
})

describe('fields', () => {
  test('an untrained field moves nothing; an untrained correction leaves the base', () => {
    const field = velocityMlp({ dimension: 2, hidden: [8] })
    const params = field.init(split(key(0))[0])
    const x = tf.tensor2d([[1, 2], [3, 4]]) // prettier-ignore
    expectClose(field.build(params)(tf.scalar(0.3), x), [[0, 0], [0, 0]], { atol: 0, rtol: 0 }) // prettier-ignore
    const both = correctedVelocity(carried())(field).build(params)
    expectClose(both(tf.scalar(0.3), x), carried()(tf.scalar(0.3), x), { atol: 1e-6, rtol: 0 })
  })

  test('one time for all rows is that time in every row', () => {
    const field = velocityMlp({ dimension: 2, hidden: [8] })
    const [bottom] = field.init(key(1))
    const params = [bottom!, { w: tf.ones([8, 2]), b: tf.zeros([2]) }]
    const x = tf.tensor2d([[1, 2], [3, 4]]) // prettier-ignore
    const rows = field.build(params)(tf.tensor1d([0.3, 0.3]), x)
    expectClose(field.build(params)(tf.scalar(0.3), x), rows, { atol: 1e-6, rtol: 1e-6 })
  })
})
