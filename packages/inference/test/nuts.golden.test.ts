// NUTS with its warm-up against posteriors with known moments, and against those that BlackJAX sampled in float64.
import type * as tf from '@tensorflow/tfjs-core'
import { hostArray, key, normal, scoped, toHostSync } from '@bdl/core'
import type { HostArray } from '@bdl/core'
import { describeFixture } from '@bdl/testing'
import { expect, test } from 'vitest'
import { adaptive, nuts, rankNormalisedRhat, runChains } from '../src/index'
import type { Tuning } from '../src/index'
import { logDensityOf, momentsOf, sampledOf } from './inference-json'
import type { InferenceCase } from './inference-json'
import { coordinate, expectChainExpectation, expectChainMean } from './statistics'

/** A mixture keeps each chain in one mode, and no step size fits the funnel from neck to mouth: not for this sampler. */
const NOT_SAMPLED = ['gaussianMixture', 'funnel']

const WARM_UP = 300

type Effort = { readonly chains: number; readonly steps: number }

/** The long tail of a hierarchical model asks for more, and the arms of a banana for much more, in each chain. */
const effortOf = ({ model }: InferenceCase): Effort => {
  if (model === 'banana') return { chains: 4, steps: 15_000 }
  return { chains: 16, steps: model === 'eightSchoolsNonCentred' ? 3000 : 800 }
}

const sample = (logDensity: (q: tf.Tensor) => tf.Tensor, dim: number, { chains, steps }: Effort) => {
  const kernel = adaptive((tuning: Tuning) => nuts(logDensity, tuning), { transitions: WARM_UP, targetAccept: 0.9 })
  const positions = scoped(() => normal(key(1), [chains, dim]))
  return runChains({ kernel, key: key(2), positions, warmup: WARM_UP, steps })
}

/** What the fixture's moments are of, where it is not the unconstrained position. */
const quantities: Readonly<Record<string, (x: number) => number>> = {
  betaBernoulli: (logit) => 1 / (1 + Math.exp(-logit)),
  gammaPoisson: (log) => Math.exp(log)
}

const expectMoments = (draws: HostArray, means: readonly number[], sds: readonly number[]) => {
  for (const [i, mean] of means.entries()) {
    const column = coordinate(draws, i)
    expect(rankNormalisedRhat(column)).toBeLessThan(1.02)
    expectChainMean(column, mean, `mean ${i}`)
    expectChainExpectation(column, (x) => (x - mean) ** 2, sds[i]! ** 2, `variance ${i}`)
  }
}

describeFixture<InferenceCase>('inference.json', import.meta.url, (fixture) => {
  const cases = [...fixture.cases.entries()].filter(([, c]) => !NOT_SAMPLED.includes(c.model))
  for (const [index, c] of cases) {
    const logDensity = logDensityOf(c)
    if (logDensity === null) continue
    test(`${c.model} ${index}: NUTS has the posterior's moments`, async () => {
      const { mean: means, sd } = momentsOf(c)
      const { positions, infos } = await sample(logDensity, means.length, effortOf(c))
      const raw = toHostSync(positions)
      expectMoments(hostArray(raw.shape, raw.data.map(quantities[c.model] ?? ((x) => x))), means, sd)
      const energies = toHostSync(infos.energy).data
      const densities = toHostSync(infos.logDensity).data
      expect(energies.every((energy, i) => energy >= -densities[i]! - 1e-3)).toBe(true) // H is potential and kinetic
      const sampled = sampledOf(c)
      for (const [i, mean] of sampled?.mean.entries() ?? [])
        expectChainMean(coordinate(raw, i), mean, `BlackJAX's mean ${i}`, sampled!.mcseMean[i])
    })
  }

  for (const c of fixture.cases.filter(({ model }) => model === 'funnel'))
    test('a funnel: its neck diverges, and the info says so', async () => {
      const logDensity = logDensityOf(c)!
      const kernel = nuts(logDensity, { stepSize: 0.8 })
      const positions = scoped(() => normal(key(3), [16, 2]))
      const { infos } = await runChains({ kernel, key: key(4), positions, steps: 500 })
      const divergent = toHostSync(infos.isDivergent).data
      const turning = toHostSync(infos.isTurning).data
      const depth = toHostSync(infos.treeDepth).data
      expect(divergent.some((flag) => flag === 1)).toBe(true)
      // each trajectory ended for one reason
      expect(
        divergent.every((flag, i) => flag + turning[i]! === 1 || (flag + turning[i]! === 0 && depth[i] === 10))
      ).toBe(true)
    })

  test('cases with sampled moments are among those that are sampled here', () => {
    const withMoments = cases.filter(([, c]) => sampledOf(c) !== undefined).map(([, c]) => c.model)
    expect(withMoments.every((model) => ['logisticRegression', 'eightSchoolsNonCentred'].includes(model))).toBe(true)
  })
})
