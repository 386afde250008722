// Noising processes against their equation (by jvp, by simulation) and against float64 near the data.
import * as tf from '@tensorflow/tfjs-core'
import { jit, jvp } from '@bdl/compiler'
import { key, normal, split, type Key } from '@bdl/core'
import { fixedSteps, solveSde } from '@bdl/ode'
import { eagerAndCompiled, expectClose, expectMean, expectNoLeak, expectVariance } from '@bdl/testing'
import { describe, expect, test } from 'vitest'
import {
  isotropicNormal,
  perturb,
  subVariancePreserving,
  varianceExploding,
  variancePreserving,
  type Noising
} from '../src/index'

/** Each with its scale and std in float64: B = t / 10 + 9.95 t^2. */
const total = (t: number): number => 0.1 * t + (19.9 / 2) * t * t
const processes: readonly (readonly [string, Noising, (t: number) => number, (t: number) => number])[] = [
  [
    'variancePreserving',
    variancePreserving(),
    (t) => Math.exp(-total(t) / 2),
    (t) => Math.sqrt(-Math.expm1(-total(t)))
  ],
  ['subVariancePreserving', subVariancePreserving(), (t) => Math.exp(-total(t) / 2), (t) => -Math.expm1(-total(t))],
  ['varianceExploding', varianceExploding(), () => 1, (t) => 0.01 * 5000 ** t],
  [
    'variancePreserving of one rate',
    variancePreserving({ betaMin: 2, betaMax: 2 }),
    (t) => Math.exp(-t),
    (t) => Math.sqrt(-Math.expm1(-2 * t))
  ]
]

describe.each(processes)('%s', (_name, noising, scale, std) => {
  const times = [1e-6, 1e-4, noising.tMin, 0.01, 0.1, 0.37, 0.5, 0.9, 1]

  test('scale and std to a few ulp, from 1e-6 on, eagerly and compiled', async () => {
    const both = (t: tf.Tensor) => ({ scale: noising.scale(t), std: noising.std(t) })
    for (const found of await eagerAndCompiled(both, [tf.tensor1d(times)])) {
      // Of exp(x) the relative error is |x| ulp, and |x| is up to 9.
      expectClose(found.scale, times.map(scale), { atol: 0, rtol: 1e-6 })
      expectClose(found.std, times.map(std), { atol: 0, rtol: 1e-6 })
    }
  })

  test('is its equation: scale` = f scale and (std^2)` = 2 f std^2 + g^2', () => {
    const t = tf.tensor1d(times)
    const [[mean, variance], [slope, growth]] = jvp(
      (at: tf.Tensor) => [noising.scale(at), tf.square(noising.std(at))] as const,
      t,
      tf.onesLike(t)
    )
    const [f, g2] = [noising.drift(t), tf.square(noising.diffusion(t))]
    expectClose(slope, tf.mul(f, mean), { atol: 1e-7, rtol: 1e-5 })
    // Divided by g^2, since near t = 1 the two terms on the right cancel.
    const share = tf.div(tf.sub(growth, tf.mul(tf.mul(f, variance), 2)), g2)
    expectClose(share, tf.onesLike(t), { atol: 1e-5, rtol: 0 })
    expect(Math.min(...g2.dataSync())).toBeGreaterThan(0)
  })

  test('a scalar time stays one, several keep their shape, nothing is left behind', () => {
    const [t, many] = [tf.scalar(0.5), tf.fill([2, 3], 0.5)]
    for (const f of [noising.scale, noising.std, noising.drift, noising.diffusion]) {
      expect(expectNoLeak(() => f(t)).shape).toEqual([])
      expect(expectNoLeak(() => f(many)).shape).toEqual([2, 3])
    }
  })

  test('draws of perturb have the mean and the variance, and say their noise', () => {
    const n = 20000
    const [root, t] = [key(1), tf.fill([n], 0.4)]
    const x0 = tf.fill([n, 1], 1.5)
    const { x, noise } = expectNoLeak(() => perturb(noising, root, t, x0))
    expectMean(x.dataSync(), 1.5 * scale(0.4), std(0.4))
    expectVariance(x.dataSync(), 1.5 * scale(0.4), std(0.4) ** 2)
    expectClose(tf.add(tf.mul(noise, std(0.4)), 1.5 * scale(0.4)), x, { atol: 1e-5, rtol: 1e-5 })
  })
})

// Euler's bias of the variance is about a hundredth with 500 steps, a third of a standard error's five.
test.each([
  ['variancePreserving', variancePreserving({ betaMax: 8 })],
  ['subVariancePreserving', subVariancePreserving({ betaMax: 8 })],
  ['varianceExploding', varianceExploding({ sigmaMin: 0.1, sigmaMax: 5 })]
] as const)('%s: the simulated equation has the stated moments', async (_name, noising) => {
  const n = 2000
  const simulate = jit((k: Key) => {
    const [startKey, pathKey] = split(k)
    const start = tf.add(tf.mul(normal(startKey, [n]), noising.std(tf.scalar(0))), 2)
    return solveSde({
      drift: (t, x: tf.Tensor) => tf.mul(noising.drift(t), x),
      diffusion: (t, x: tf.Tensor) => tf.mul(noising.diffusion(t), tf.onesLike(x)),
      ...{ y0: start, t0: 0, t1: 1, key: pathKey, control: fixedSteps(500), saveAt: [0.3, 1] }
    }).ys
  })
  const ys = await simulate(key(7))
  ;[0.3, 1].forEach((t, i) => {
    const x = tf.slice(ys, [i, 0], [1, n]).dataSync()
    const mean = 2 * noising.scale(tf.scalar(t)).dataSync()[0]!
    const std = noising.std(tf.scalar(t)).dataSync()[0]!
    expectMean(x, mean, std)
    expectVariance(x, mean, std ** 2)
  })
  await simulate.dispose()
})

describe('priors', () => {
  test('have the standard deviation that the process ends with', () => {
    for (const [, noising] of processes.slice(0, 3)) {
      const end = noising.std(tf.scalar(1)).dataSync()[0]!
      const prior = noising.prior(3)
      expect(prior.eventShape).toEqual([3])
      expectClose(tf.sqrt(prior.variance!()), [end, end, end], { atol: 0, rtol: 1e-3 })
    }
  })

  test('isotropicNormal: density, draws and moments', () => {
    const d = isotropicNormal(2, 3)
    const at = tf.tensor2d([[0, 0], [3, -6]]) // prettier-ignore
    const peak = -Math.log(2 * Math.PI * 9)
    expectClose(d.logProb(at), [peak, peak - 2.5], { atol: 1e-6, rtol: 1e-6 })
    expectClose(d.entropy!(), 1 - peak, { atol: 1e-6, rtol: 1e-6 })
    const root = key(3)
    const [x, logProb] = expectNoLeak(() => d.sampleAndLogProb(root, [5000]))
    expectMean(x.dataSync(), 0, 3)
    expectVariance(x.dataSync(), 0, 9)
    expectClose(d.logProb(x), logProb, { atol: 1e-6, rtol: 1e-6 })
    expectClose(d.sample(key(3), [5000]), x, { atol: 0, rtol: 0 })
    expect(() => isotropicNormal(2, 0)).toThrow(/scale/)
    expect(() => isotropicNormal(0, 1)).toThrow(/dimension/)
  })
})

test('what is refused', () => {
  expect(() => variancePreserving({ betaMin: 0 })).toThrow(/variancePreserving.*betaMin/s)
  expect(() => variancePreserving({ betaMin: 3, betaMax: 2 })).toThrow(/betaMax/)
  expect(() => variancePreserving({ tMin: 0 })).toThrow(/tMin/)
  expect(() => subVariancePreserving({ tMin: 1 })).toThrow(/subVariancePreserving.*tMin/s)
  expect(() => subVariancePreserving({ betaMax: NaN })).toThrow(/betaMax/)
  expect(() => varianceExploding({ sigmaMin: -1 })).toThrow(/sigmaMin/)
  expect(() => varianceExploding({ sigmaMin: 1, sigmaMax: 1 })).toThrow(/sigmaMax/)
  expect(() => varianceExploding({ tMin: -1e-3 })).toThrow(/tMin/)
})
