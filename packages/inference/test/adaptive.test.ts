// Warm-up of each chain in the graph, the step size to begin with, and warm-up of all chains for any kernel.
import * as tf from '@tensorflow/tfjs-core'
import { jit, scan, vmap } from '@bdl/compiler'
import { key, leaves, normal, scoped, splitStack, toHostSync } from '@bdl/core'
import { eagerAndCompiled, expectClose } from '@bdl/testing'
import { expect, test } from 'vitest'
import { adaptive, hmc, hmcInit, identityMetric, nuts, reasonableStepSize, runChains, warmUp } from '../src/index'
import type { AdaptiveOptions, MassMatrix, NutsState, Tuning } from '../src/index'
import { coordinate, expectChainMoments } from './statistics'

const sd = [0.1, 1, 5]
const gaussian = (q: tf.Tensor) => tf.mul(-0.5, tf.sum(tf.square(tf.div(q, tf.tensor1d(sd)))))
const tunable = (tuning: Tuning) => nuts(gaussian, tuning)
const starts = (chains: number) => scoped(() => normal(key(1), [chains, 3]))
const average = (xs: ArrayLike<number>) => Array.from(xs).reduce((a, b) => a + b, 0) / xs.length

/** One row of [chains, n, ...]. */
const chainOf = (x: tf.Tensor, chain: number): readonly number[] => {
  const { shape, data } = toHostSync(x)
  const size = data.length / (shape[0] ?? 1)
  return Array.from(data.slice(chain * size, (chain + 1) * size))
}

test('each chain finds its own step size and variances, and then keeps them', async () => {
  const kernel = adaptive(tunable, { transitions: 300 })
  const run = await runChains({ kernel, key: key(2), positions: starts(8), warmup: 300, steps: 400 })
  const stepSizes = Array.from({ length: 8 }, (_, chain) => chainOf(run.infos.stepSize, chain))
  stepSizes.forEach((all) => expect(new Set(all).size).toBe(1))
  const distinct = new Set(stepSizes.map(([first]) => first))
  expect(distinct.size).toBe(8)
  distinct.forEach((stepSize) => expect(stepSize).toBeGreaterThan(0.4)) // 0.1 would be the limit without a metric
  const variances = run.state.adaptation.inverseMass
  for (let chain = 0; chain < 8; chain++)
    chainOf(variances, chain).forEach((variance, i) => {
      const ratio = variance / sd[i]! ** 2
      expect(ratio).toBeGreaterThan(0.4)
      expect(ratio).toBeLessThan(2.5)
    })
  expect(Math.abs(average(toHostSync(run.infos.acceptProb).data) - 0.8)).toBeLessThan(0.12)
  const draws = toHostSync(run.positions)
  sd.forEach((s, i) => expectChainMoments(coordinate(draws, i), 0, s, `coordinate ${i}`))
})

test('a dense metric learns correlations', async () => {
  const rows = [1, 0.9 * 4, 0.9 * 4, 16]
  const precision = tf.div(tf.tensor2d([16, -3.6, -3.6, 1], [2, 2]), 16 - 3.6 ** 2)
  const logDensity = (q: tf.Tensor) => {
    const row = tf.reshape(q, [1, 2])
    return tf.mul(-0.5, tf.sum(tf.mul(tf.matMul(row, precision), row)))
  }
  const family = (tuning: Tuning) => nuts(logDensity, tuning)
  const positions = scoped(() => normal(key(3), [8, 2]))
  const options = { kernel: family, key: key(4), positions, transitions: 300, massMatrix: 'dense' } as const
  const warm = await warmUp(options)
  const expected = tf.tensor2d(rows, [2, 2])
  expectClose(warm.inverseMass, expected, { atol: 0.1, rtol: 0.2 })
  const pooled = await runChains({ kernel: family(warm.tuning), key: key(5), positions: warm.positions, steps: 300 })
  const kernel = adaptive(family, { transitions: 300, massMatrix: 'dense' })
  const own = await runChains({ kernel, key: key(5), positions, warmup: 300, steps: 300 })
  for (const run of [pooled, own]) {
    const draws = toHostSync(run.positions)
    expectChainMoments(coordinate(draws, 0), 0, 1, 'first')
    expectChainMoments(coordinate(draws, 1), 0, 4, 'second')
    expect(average(toHostSync(run.infos.steps).data)).toBeLessThan(8) // a unit sphere, once the metric is right
  }
  const factors = own.state.adaptation.factor[0]!
  expectClose(tf.matMul(factors, factors, false, true), own.state.adaptation.inverseMass, { atol: 1e-4, rtol: 1e-4 })
})

test('all chains together: one step size for NUTS near its target acceptance, and variances', async () => {
  // thirty directions: acceptance falls smoothly with the step size
  const scales = Array.from({ length: 30 }, (_, i) => 0.1 + 0.1 * i)
  const target = (q: tf.Tensor) => tf.mul(-0.5, tf.sum(tf.square(tf.div(q, tf.tensor1d(scales)))))
  const family = (tuning: Tuning) => nuts(target, tuning)
  const positions = scoped(() => normal(key(1), [16, 30]))
  for (const targetAccept of [0.7, 0.9]) {
    const warm = await warmUp({ kernel: family, key: key(6), positions, transitions: 200, targetAccept })
    expect([warm.isComplete, warm.acceptance.length, warm.tuning.stepSize]).toEqual([true, 200, warm.stepSize])
    const kernel = family(warm.tuning)
    const { infos } = await runChains({ kernel, key: key(7), positions: warm.positions, steps: 100 })
    expect(Math.abs(average(toHostSync(infos.acceptProb).data) - targetAccept)).toBeLessThan(0.07)
    const variances = scales.map((scale) => scale ** 2)
    expectClose(warm.inverseMass, variances, { atol: 0, rtol: 0.35 }) // five standard errors at 500 effective draws
  }
})

test('a step size is searched for: one leapfrog step is accepted with a probability across 0.8', async () => {
  for (const [scale, first] of [
    [1e-3, 1],
    [50, 0.01]
  ] as const) {
    // prettier-ignore
    const target = (q: tf.Tensor) => tf.mul(-0.5, tf.sum(tf.square(tf.div(q, scale))))
    const find = (k: tf.Tensor, q: tf.Tensor) =>
      reasonableStepSize(target)(k, hmcInit(target)(q), { stepSize: first, metric: identityMetric })
    const [eager, compiled] = await eagerAndCompiled(find, [key(8), tf.fill([20], scale)])
    expect(compiled.dataSync()[0]).toBe(eager.dataSync()[0])
    const found = eager.dataSync()[0]! / scale // leapfrog is unstable at 2, and 20 dimensions need less
    expect(found).toBeGreaterThan(0.2)
    expect(found).toBeLessThan(2)
    const doublings = Math.log2(eager.dataSync()[0]! / first)
    expect(Math.abs(doublings - Math.round(doublings))).toBeLessThan(1e-5)
  }
})

test('a search ends where the density is flat or not finite', async () => {
  const state = (value: number) => ({ position: tf.zeros([2]), logDensity: tf.scalar(value), gradient: tf.zeros([2]) })
  const tuning = { stepSize: 1, metric: identityMetric }
  const flat = reasonableStepSize((q: tf.Tensor) => tf.mul(0, tf.sum(q)))(key(9), state(0), tuning)
  expect(Math.log2(flat.dataSync()[0]!)).toBe(49)
  const nowhere = reasonableStepSize((q: tf.Tensor) => tf.mul(NaN, tf.sum(q)))(key(9), state(NaN), tuning)
  expect(Math.log2(nowhere.dataSync()[0]!)).toBe(-49)
})

test('a search saves the first transitions from steps far too small', async () => {
  const wide = (q: tf.Tensor) => tf.mul(-0.5, tf.sum(tf.square(tf.div(q, 1000))))
  const family = (tuning: Tuning) => nuts(wide, tuning)
  const stepsOf = async (options: Partial<AdaptiveOptions<NutsState<tf.Tensor>>>) => {
    const kernel = adaptive(family, { transitions: 20, stepSize: 0.01, ...options })
    const run = await runChains({ kernel, key: key(10), positions: tf.fill([4, 2], 500), steps: 5 })
    return Math.max(...run.infos.steps.dataSync())
  }
  expect(await stepsOf({})).toBe(1023)
  expect(await stepsOf({ search: reasonableStepSize(wide) })).toBeLessThan(64)
})

test('HMC adapts too; compiled is eager; a batch of chains is its members', async () => {
  for (const massMatrix of ['identity', 'diagonal', 'dense'] as const satisfies readonly MassMatrix[]) {
    const kernel = adaptive((tuning) => hmc(gaussian, { ...tuning, steps: 3 }), { transitions: 22, massMatrix })
    const chain = (k: tf.Tensor, q: tf.Tensor) => {
      const [last, infos] = scan(
        (state: ReturnType<typeof kernel.init>, own: tf.Tensor) => kernel.step(own, state),
        kernel.init(q),
        splitStack(k, 26)
      )
      return { position: last.position, stepSize: infos.stepSize, inverseMass: last.adaptation.inverseMass }
    }
    const positions = starts(3)
    const [one, ...others] = tf.unstack(positions).map((q, i) => [key(20 + i), q] as const)
    const [eager, compiled] = await eagerAndCompiled(chain, [...one!])
    const tolerance = { atol: 2e-3, rtol: 2e-3 }
    expectClose(compiled.stepSize, eager.stepSize, tolerance, massMatrix)
    expectClose(compiled.position, eager.position, tolerance, massMatrix)
    const keys = tf.stack([one!, ...others].map(([k]) => k))
    const batch = await jit(vmap(chain))(keys, positions)
    expectClose(tf.unstack(batch.stepSize)[0]!, compiled.stepSize, tolerance, massMatrix)
    expectClose(tf.unstack(batch.inverseMass)[0]!, compiled.inverseMass, tolerance, massMatrix)
  }
})

test('warm-up of any kernel leaves alive what it returns, and with a search stays the same for the same key', async () => {
  const options = {
    kernel: tunable,
    key: key(12),
    positions: starts(4),
    transitions: 24,
    search: reasonableStepSize(gaussian)
  }
  const before = tf.memory().numTensors
  const first = await warmUp({ ...options, massMatrix: 'dense' })
  expect(tf.memory().numTensors - before).toBe(leaves([first.positions, first.inverseMass, first.factor]).length)
  expect(first.factor.length).toBe(1)
  const second = await warmUp({ ...options, massMatrix: 'dense' })
  expect([second.stepSize, ...second.acceptance]).toEqual([first.stepSize, ...first.acceptance])
})

test('bad options are errors that name the argument', async () => {
  expect(() => adaptive(tunable, { transitions: 0 })).toThrowError(/adaptive: transitions/)
  expect(() => adaptive(tunable, { transitions: 5, stepSize: -1 })).toThrowError(/adaptive: stepSize/)
  expect(() => adaptive(tunable, { transitions: 5, targetAccept: 1 })).toThrowError(/adaptive: targetAccept/)
  const base = { kernel: tunable, key: key(13), positions: starts(2), transitions: 5 }
  await expect(warmUp({ ...base, stepSize: 0 })).rejects.toThrowError(/warmUp: stepSize/)
})
