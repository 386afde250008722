// Learnt scores in two dimensions: densities, the flow's draws, the reverse equation's, few-step ones, and classes.
import * as tf from '@tensorflow/tfjs-core'
import { jit } from '@bdl/compiler'
import { key, normal, split, type Key, type Tree } from '@bdl/core'
import { adam, cosineSchedule, trainSteps } from '@bdl/nn'
import { fixedSteps, rk4 } from '@bdl/ode'
import { expectClose, ksStatistic } from '@bdl/testing'
import { expect, test } from 'vitest'
import {
  conditionalDenoisingScoreMatching,
  conditionalScoreMlp,
  denoisingScoreMatching,
  diffusionToDistribution,
  dpmSampler,
  guided,
  noiseLevelSpacing,
  reverseSdeSampler,
  scoreMlp,
  subVariancePreserving,
  varianceExploding,
  variancePreserving,
  type Weighting
} from '../src/index'
import { twoMoons } from '../src/toy'
import { expectAgreement } from './agreement'
import { noisedMixture } from './noised-mixture'
import { gaussianNll } from './trained'

const compiled = async <A extends readonly Tree[], R extends Tree>(f: (...args: A) => R, ...args: A): Promise<R> => {
  const run = jit(f)
  try {
    return await run(...args)
  } finally {
    await run.dispose()
  }
}

/** The average parameters after so many steps of Adam. */
const trained = async <P extends Tree, B extends Tree>(
  loss: (params: P, batch: B, k: Key) => tf.Tensor,
  init: P,
  data: B,
  steps: number
): Promise<P> => {
  const optimiser = adam({ learningRate: cosineSchedule(5e-3, steps) })
  const trainer = trainSteps({ loss, optimiser, steps, batchSize: 256, averageDecay: 0.99 })
  const [state] = await compiled(trainer.run, key(3), trainer.init(init), data)
  return state.average
}

const mean = (x: tf.Tensor): number => tf.mean(x).dataSync()[0]!

/** Shares of draws in each of bins^2 cells of [-half, half]^2. */
const shares = (x: tf.Tensor, half: number, bins: number): Float64Array => {
  const [n] = x.shape as [number, number]
  const xy = x.dataSync()
  const binOf = (v: number) => Math.min(bins - 1, Math.max(0, Math.floor(((v + half) / (2 * half)) * bins)))
  const found = new Float64Array(bins * bins)
  for (let i = 0; i < n; i++) found[binOf(xy[2 * i]!) * bins + binOf(xy[2 * i + 1]!)]! += 1 / n
  return found
}

/** Total variation distance of histograms: by chance alone it is about sqrt(bins in use / (pi n)). */
const distance = (a: tf.Tensor, b: tf.Tensor): number => {
  const [p, q] = [shares(a, twoMoons.window, 21), shares(b, twoMoons.window, 21)]
  return p.reduce((sum, v, i) => sum + Math.abs(v - q[i]!), 0) / 2
}

test.each([
  ['variancePreserving', variancePreserving(), 'likelihood'],
  ['subVariancePreserving', subVariancePreserving(), 'variance'],
  ['varianceExploding', varianceExploding({ sigmaMax: 10 }), 'variance']
] as const)(
  '%s: two moons',
  async (_name, noising, weighting: Weighting) => {
    const [dataKey, initKey, testKey, ...keys] = split(key(0), 8)
    const score = scoreMlp({ noising, dimension: 2, dataScale: 1.5 })
    const loss = denoisingScoreMatching({ score, noising, weighting })
    const params = await trained(loss, score.init(initKey), twoMoons.sample(dataKey, 8192), 4000)
    const model = { score: score.build(params), noising, dimension: 2 }
    const flow = diffusionToDistribution(model, { solver: rk4, control: fixedSteps(32) })

    await expectAgreement(flow, { key: keys[0]!, half: twoMoons.window, samples: 10000, cells: 84, bins: 21 })

    const held = twoMoons.sample(testKey, 2000)
    const [found, truth] = [await compiled(flow.logProb, held), twoMoons.distribution.logProb(held)]
    const divergence = mean(tf.sub(truth, found))
    expect(mean(found)).toBeGreaterThan(0.7 - gaussianNll(held))
    expect(divergence).toBeLessThan(0.2)
    // An estimate of a divergence: not below zero, but for its standard error.
    expect(divergence).toBeGreaterThan(-5 * Math.sqrt(tf.moments(tf.sub(truth, found)).variance.dataSync()[0]! / 2000))
    expectClose(flow.logProb(tf.slice(held, [0, 0], [4, 2])), tf.slice(found, [0], [4]), { atol: 1e-2, rtol: 1e-2 })

    // The equation with a learnt score has a law of its own, a little off the flow's; so has the flow in twenty steps.
    const n = 6000
    const [byFlow, again] = await compiled(
      (a: Key, b: Key) => [flow.sample(a, [n]), flow.sample(b, [n])] as const,
      keys[1]!,
      keys[2]!
    )
    const chance = distance(byFlow, again)
    const way = { steps: 150, spacing: noiseLevelSpacing }
    const byEquation = await compiled((k: Key) => reverseSdeSampler(model, way)(k, n), keys[3]!)
    const inFew = await compiled((k: Key) => dpmSampler(model, { steps: 20 })(k, n), keys[4]!)
    expect(distance(byEquation, again)).toBeLessThan(chance + 0.04)
    expect(distance(inFew, again)).toBeLessThan(chance + 0.05)
    // And all are of two moons: the Gaussian of best fit is further away than half of its mass.
    const data = twoMoons.sample(keys[4]!, n)
    expect(distance(byEquation, data)).toBeLessThan(chance + 0.08)
    const { mean: centre, variance } = tf.moments(data, 0)
    const gaussian = tf.add(tf.mul(normal(keys[4]!, [n, 2]), tf.sqrt(variance)), centre)
    expect(distance(gaussian, data)).toBeGreaterThan(0.5)
  },
  300000
)

test('classes: one network draws from each, from all, and is steered beyond', async () => {
  const noising = variancePreserving()
  const [means, scales] = [[[-1, 0.5], [1.5, -0.5]], [0.3, 0.6]] as const // prettier-ignore
  const classOf = (i: 0 | 1) => noisedMixture(noising, { weights: [1], means: [means[i]], scales: [scales[i]] })
  const both = noisedMixture(noising, { weights: [0.5, 0.5], means, scales })
  const [firstKey, secondKey, initKey, drawKey] = split(key(4), 4)
  const half = 2048
  const data = {
    x: tf.concat([classOf(0).sample(firstKey, half), classOf(1).sample(secondKey, half)]),
    context: tf.oneHot(tf.cast(tf.greaterEqual(tf.range(0, 2 * half), half), 'int32'), 2, 1, 0, 'float32')
  }
  const score = conditionalScoreMlp({ noising, dimension: 2, context: 2, hidden: [48, 48] })
  const loss = conditionalDenoisingScoreMatching({ score, noising, drop: 0.2 })
  const scoreOf = score.build(await trained(loss, score.init(initKey), data, 2000))
  const drawn = (scale: number, context?: tf.Tensor) => {
    const model = { score: guided(scoreOf, { scale })(context), noising, dimension: 2 }
    return compiled((k: Key) => dpmSampler(model, { steps: 30 })(k, 4000), drawKey)
  }
  const column = (x: tf.Tensor, k: number) => tf.slice(x, [0, k], [-1, 1]).dataSync()
  const worst = (x: tf.Tensor, law: typeof both) =>
    Math.max(...[0, 1].map((k) => ksStatistic(column(x, k), law.cdf(noising.tMin, k))))
  const [first, second] = [tf.tensor1d([1, 0]), tf.tensor1d([0, 1])]
  const found = [
    worst(await drawn(1, first), classOf(0)),
    worst(await drawn(1, second), classOf(1)),
    worst(await drawn(1), both)
  ]
  for (const off of found) expect(off).toBeLessThan(0.1)
  expect(worst(await drawn(1, first), both)).toBeGreaterThan(0.3)
  const leftmost = (x: tf.Tensor) => mean(tf.slice(x, [0, 0], [-1, 1]))
  expect(leftmost(await drawn(3, first))).toBeLessThan(leftmost(await drawn(1, first)) - 0.02)
}, 300000)
