// Diffusion models of a mixture of normals, whose score, law and likelihood are known: whatever samplers get wrong is their own.
import * as tf from '@tensorflow/tfjs-core'
import { grad, jit, jvp, vmap } from '@bdl/compiler'
import { key, split, type Key } from '@bdl/core'
import { distribution, real, type Distribution } from '@bdl/distributions'
import { adaptive, dopri5, eulerHeun, fixedSteps, givenSteps, heun, solveSde, tsit5 } from '@bdl/ode'
import { eagerAndCompiled, expectClose, expectKs, expectNoLeak, ksStatistic } from '@bdl/testing'
import { describe, expect, test } from 'vitest'
import {
  diffusionToDistribution,
  dpmSampler,
  flowBijector,
  guided,
  noiseLevelSpacing,
  powerSpacing,
  probabilityFlow,
  reverseSde,
  reverseSdeSampler,
  variancePreserving,
  velocityToDistribution,
  type ConditionalScore,
  type Diffusion,
  type Noising,
  type ReverseSdeOptions
} from '../src/index'
import { noisedMixture, processes, two, type NoisedMixture } from './noised-mixture'

/** What x(1) is, not what it is close to. */
const exactPrior = (noising: Noising, mixture: NoisedMixture): Distribution => {
  const logProb = (x: tf.Tensor) => mixture.logProb(1, x)
  const sample = (k: Key, [n = 1]: readonly number[]) => {
    const [dataKey, noiseKey] = split(k)
    const end = tf.scalar(1)
    const noise = tf.mul(noising.prior(2).sample(noiseKey, [n]), 1)
    const spread = tf.div(noising.std(end), tf.sqrt(tf.slice(noising.prior(2).variance!(), [0], [1])))
    return tf.add(tf.mul(noising.scale(end), mixture.sample(dataKey, n)), tf.mul(noise, spread))
  }
  return distribution<tf.Tensor>({
    ...{ name: 'exactPrior', batchShape: [], eventShape: [2], isReparameterised: false, support: real, logProb },
    sampleAndLogProb: (k, shape) => {
      const x = sample(k, shape)
      return [x, logProb(x)]
    }
  })
}

const compiled = async <A extends readonly tf.Tensor[]>(f: (...args: A) => tf.Tensor, ...args: A) => {
  const run = jit(f)
  try {
    return await run(...args)
  } finally {
    await run.dispose()
  }
}

const columnOf = (x: tf.Tensor, k: number) => tf.slice(x, [0, k], [-1, 1]).dataSync()

/** Both entries have the law at tMin. */
const expectLaw = (x: tf.Tensor, mixture: NoisedMixture, t: number): void => {
  for (const k of [0, 1]) expectKs(columnOf(x, k), mixture.cdf(t, k))
}

describe.each(processes)('%s', (_name, noising) => {
  const mixture = noisedMixture(noising, two)
  const model: Diffusion = { score: mixture.score, noising, dimension: 2 }
  const points = mixture.sample(key(1), 64)
  const tight = { solver: tsit5, control: adaptive({ rtol: 1e-6, atol: 1e-6 }) }

  test('log densities by the probability flow are those of the data', async () => {
    const exact = flowBijector(probabilityFlow(model), { t0: 1, t1: noising.tMin, ...tight })
    const truth = mixture.logProb(noising.tMin, points)
    // The prior is not quite what x(1) is: that, and no more, is between the model's likelihoods and the truth.
    const usual = diffusionToDistribution(model, tight)
    const prior = noising.prior(2)
    const z = await compiled((x: tf.Tensor) => exact.inverse(x), points)
    const missing = tf.sub(prior.logProb(z), mixture.logProb(1, z))
    const found = await compiled((x: tf.Tensor) => usual.logProb(x), points)
    expectClose(found, tf.add(truth, missing), { atol: 2e-3, rtol: 1e-3 })
    expect(tf.max(tf.abs(missing)).dataSync()[0]).toBeLessThan(0.3)
  })

  test.each([
    ['dopri5', dopri5, adaptive({ rtol: 1e-4, atol: 1e-4 })],
    ['heun', heun, fixedSteps(256)]
  ] as const)('samples by %s have the law at tMin, and their densities', async (_solver, solver, control) => {
    const base = exactPrior(noising, mixture)
    const flow = velocityToDistribution(probabilityFlow(model), base, { t0: 1, t1: noising.tMin, solver, control })
    const x = await compiled((k: Key) => flow.sample(k, [4000]), key(2))
    expectLaw(x, mixture, noising.tMin)
    const pair = jit((k: Key) => flow.sampleAndLogProb(k, [64]))
    const [drawn, logProb] = await pair(key(3))
    expectClose(logProb, mixture.logProb(noising.tMin, drawn), { atol: 0.05, rtol: 0.02 })
    await pair.dispose()
  })

  const ways: readonly (readonly [string, ReverseSdeOptions])[] = [
    ['500 levels of noise', { spacing: noiseLevelSpacing }],
    ['Euler-Heun, a power spacing', { spacing: powerSpacing(), solver: eulerHeun, steps: 400 }],
    ['half the noise', { spacing: noiseLevelSpacing, stochasticity: 0.5, steps: 400 }],
    ['a corrector', { spacing: noiseLevelSpacing, steps: 200, corrector: { steps: 2 } }]
  ]
  test.each(ways)('samples by the reverse equation have it too: %s', async (_way, options) => {
    const x = await compiled((k: Key) => reverseSdeSampler(model, options)(k, 4000), key(4))
    expectLaw(x, mixture, noising.tMin)
  })

  test('few-step samplers go where the flow goes, with errors of order 1 and 2', async () => {
    const n = 200
    const k = key(5)
    const flow = flowBijector(probabilityFlow(model), { t0: 1, t1: noising.tMin, ...tight })
    const truth = await compiled((x: tf.Tensor) => flow.forward(x), noising.prior(2).sample(k, [n]))
    const errorOf = async (order: 1 | 2, steps: number) => {
      const x = await compiled((root: Key) => dpmSampler(model, { order, steps })(root, n), k)
      return Math.sqrt(tf.mean(tf.square(tf.sub(x, truth))).dataSync()[0]!)
    }
    for (const order of [1, 2] as const) {
      const [coarse, fine] = [await errorOf(order, 50), await errorOf(order, 200)]
      expect(Math.abs(Math.log2(coarse / fine) / 2 - order)).toBeLessThan(0.3)
    }
    expect(await errorOf(2, 20)).toBeLessThan(0.5 * (await errorOf(1, 20)))
  })

  test('a corrector mends what few steps of the equation get wrong', async () => {
    const few = { steps: 6, spacing: noiseLevelSpacing }
    const distance = async (options: ReverseSdeOptions) => {
      const x = await compiled((k: Key) => reverseSdeSampler(model, options)(k, 20000), key(7))
      return Math.max(...[0, 1].map((k) => ksStatistic(columnOf(x, k), mixture.cdf(noising.tMin, k))))
    }
    const corrected = await distance({ ...few, corrector: { steps: 20, ratio: 0.3 } })
    expect(corrected).toBeLessThan(0.5 * (await distance(few)))
  })

  test('reverseSde is what solveSde takes; without noise it is the flow', async () => {
    const n = 1500
    const simulate = (k: Key) => {
      const [startKey, pathKey] = split(k)
      const y0 = exactPrior(noising, mixture).sample(startKey, [n])
      const control = givenSteps(noiseLevelSpacing(noising, 200))
      return solveSde({ ...reverseSde(model), y0, t0: 1, t1: noising.tMin, key: pathKey, control }).y
    }
    expectLaw(await compiled(simulate, key(8)), mixture, noising.tMin)
    const [t, x] = [tf.scalar(0.4), mixture.sample(key(9), 5)]
    const still = reverseSde(model, 0)
    expectClose(still.drift(t, x), probabilityFlow(model)(t, x), { atol: 1e-5, rtol: 1e-5 })
    expectClose(still.diffusion(t, x), tf.zeros([5, 2]), { atol: 0, rtol: 0 })
  })
})

const noising = variancePreserving()
const mixture = noisedMixture(noising, two)
const model: Diffusion = { score: mixture.score, noising, dimension: 2 }

test('samplers are functions of their key, the same eagerly and compiled, batched by vmap; nothing is left behind', async () => {
  const samplers = [
    reverseSdeSampler(model, { steps: 6, spacing: noiseLevelSpacing, corrector: { steps: 2 } }),
    reverseSdeSampler(model, { steps: 6 }),
    dpmSampler(model, { steps: 6 }),
    dpmSampler(model, { steps: 1, order: 1 })
  ]
  const k = key(10)
  for (const sampler of samplers) {
    const [eager, found] = await eagerAndCompiled((root: Key) => sampler(root, 5), [k])
    expect(eager.shape).toEqual([5, 2])
    expectClose(found, eager, { atol: 1e-3, rtol: 1e-3 })
    const both = vmap((root: Key) => sampler(root, 5))(tf.stack([k, key(11)]))
    expectClose(tf.slice(both, [0, 0, 0], [1, 5, 2]), tf.expandDims(eager, 0), { atol: 1e-3, rtol: 1e-3 })
    expect(tf.max(tf.abs(tf.sub(tf.slice(both, [1, 0, 0], [1, 5, 2]), eager))).dataSync()[0]).toBeGreaterThan(0.01)
    expectNoLeak(() => sampler(k, 5))
  }
})

test('likelihoods are the same eagerly and compiled, and have gradients of both orders in the data', async () => {
  const d = diffusionToDistribution(model, { solver: heun, control: fixedSteps(40) })
  const x = mixture.sample(key(12), 4)
  const logProb = (at: tf.Tensor) => tf.sum(d.logProb(at))
  const all = (at: tf.Tensor) => ({
    logProb: d.logProb(at),
    slope: grad(logProb)(at),
    curve: jvp(grad(logProb), at, tf.onesLike(at))[1]
  })
  const [eager, found] = await eagerAndCompiled(all, [x])
  expectClose(found.logProb, eager.logProb, { atol: 1e-3, rtol: 1e-3 })
  expectClose(found.slope, eager.slope, { atol: 1e-2, rtol: 1e-2 })
  const size = tf.max(tf.abs(eager.curve)).dataSync()[0]!
  expectClose(found.curve, eager.curve, { atol: 1e-2 * size, rtol: 1e-2 })
  expectNoLeak(() => d.logProb(x))
})

test('classes: guided scores are those of the class, of all, and steer beyond', async () => {
  const classes = [0, 1].map((i) =>
    noisedMixture(noising, { weights: [1], means: [two.means[i]!], scales: [two.scales[i]!] })
  )
  // A context says which class: [1, 0] or [0, 1].
  const ofContext: ConditionalScore = (context) =>
    context === undefined ? mixture.score : classes[context.dataSync()[0] === 1 ? 0 : 1]!.score
  const first = tf.tensor1d([1, 0])
  const steered = async (scale: number) => {
    const score = guided(ofContext, { scale })(first)
    const way = { steps: 300, spacing: noiseLevelSpacing }
    return compiled((k: Key) => reverseSdeSampler({ ...model, score }, way)(k, 3000), key(13))
  }
  expectLaw(await steered(1), classes[0]!, noising.tMin)
  expectLaw(await steered(0), mixture, noising.tMin)
  // Twice the pull: further from the other class, which lies to the right, than the class itself.
  const mean = (x: tf.Tensor) => tf.mean(tf.slice(x, [0, 0], [-1, 1])).dataSync()[0]!
  expect(mean(await steered(3))).toBeLessThan(two.means[0]![0]! - 0.03)
})

test('what is refused', () => {
  expect(() => reverseSdeSampler(model, { steps: 0 })).toThrow(/reverseSdeSampler.*steps/s)
  expect(() => reverseSdeSampler(model, { stochasticity: -1 })).toThrow(/stochasticity/)
  expect(() => reverseSde(model, NaN)).toThrow(/reverseSde.*stochasticity/s)
  expect(() => reverseSdeSampler(model, { corrector: { steps: 0 } })).toThrow(/corrector/)
  expect(() => reverseSdeSampler(model, { corrector: { ratio: 0 } })).toThrow(/ratio/)
  expect(() => reverseSdeSampler(model)(key(0), 0)).toThrow(/n /)
  expect(() => dpmSampler(model, { steps: 1.5 })).toThrow(/steps/)
  const order = Number('3') as 1 | 2
  expect(() => dpmSampler(model, { order })).toThrow(/order/)
})
