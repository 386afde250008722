// Warm-up: the acceptance it was asked for, variances that are known, determinism, stopping.
import * as tf from '@tensorflow/tfjs-core'
import { key, leaves, normal, scoped, toHostSync } from '@bdl/core'
import { expectClose } from '@bdl/testing'
import { expect, test } from 'vitest'
import { diagonalMetric, hmc, runChains, warmUpHmc } from '../src/index'
import { coordinate, expectChainMoments } from './statistics'

const sd = [0.1, 1, 5]
const gaussian = (q: tf.Tensor) => tf.mul(-0.5, tf.sum(tf.square(tf.div(q, tf.tensor1d(sd)))))
const starts = () => scoped(() => normal(key(1), [16, 3]))

const average = (xs: Float64Array) => xs.reduce((a, b) => a + b, 0) / xs.length

test('one step size for all chains brings the mean acceptance to its target', async () => {
  // thirty directions of like scale: acceptance falls smoothly with the step size
  const scales = tf.tensor1d(Array.from({ length: 30 }, (_, i) => 0.7 + 0.02 * i))
  const many = (q: tf.Tensor) => tf.mul(-0.5, tf.sum(tf.square(tf.div(q, scales))))
  const positions = scoped(() => normal(key(1), [16, 30]))
  for (const targetAccept of [0.65, 0.9]) {
    const steps = 6
    const warm = await warmUpHmc({ logDensity: many, key: key(2), positions, transitions: 200, steps, targetAccept })
    expect([warm.isComplete, warm.acceptance.length]).toEqual([true, 200])
    const kernel = hmc(many, { stepSize: warm.stepSize, steps })
    const { infos } = await runChains({ kernel, key: key(3), positions: warm.positions, steps: 200 })
    expect(Math.abs(average(toHostSync(infos.acceptProb).data) - targetAccept)).toBeLessThan(0.06)
    expectClose(warm.inverseMass, new Array<number>(30).fill(1), { atol: 0, rtol: 0 })
  }
})

test('the diagonal metric learns the variances, and sampling with it is exact', async () => {
  const options = {
    logDensity: gaussian,
    key: key(4),
    positions: starts(),
    transitions: 300,
    steps: 8,
    massMatrix: 'diagonal'
  } as const
  const warm = await warmUpHmc(options)
  expectClose(
    warm.inverseMass,
    sd.map((s) => s ** 2),
    { atol: 1e-3, rtol: 0.25 }
  )
  expect(warm.stepSize).toBeGreaterThan(0.3) // 0.1 would be the limit without masses
  const kernel = hmc(gaussian, { stepSize: warm.stepSize, steps: 8, metric: diagonalMetric(warm.inverseMass) })
  const { positions, infos } = await runChains({ kernel, key: key(5), positions: warm.positions, steps: 200 })
  expect(average(toHostSync(infos.acceptProb).data)).toBeGreaterThan(0.6)
  const draws = toHostSync(positions)
  sd.forEach((s, i) => expectChainMoments(coordinate(draws, i), 0, s, `coordinate ${i}`))
})

test('the same key gives the same warm-up; only what is returned stays alive', async () => {
  const [k, positions] = [key(6), starts()]
  const run = () =>
    warmUpHmc({ logDensity: gaussian, key: k, positions, transitions: 23, steps: 3, massMatrix: 'diagonal' })
  const before = tf.memory().numTensors
  const first = await run()
  expect(tf.memory().numTensors - before).toBe(leaves([first.positions, first.inverseMass]).length)
  const second = await run()
  expect(second.stepSize).toBe(first.stepSize)
  expect([...second.acceptance]).toEqual([...first.acceptance])
})

test('a signal stops it, and says so', async () => {
  const stop = new AbortController()
  const warm = await warmUpHmc({
    logDensity: gaussian,
    key: key(7),
    positions: starts(),
    transitions: 50,
    steps: 2,
    signal: stop.signal,
    onProgress: ({ done }) => done >= 20 && stop.abort()
  })
  expect([warm.isComplete, warm.acceptance.length]).toEqual([false, 20])
  expect(warm.stepSize).toBeGreaterThan(0)
})

test('bad options are errors that name the argument', async () => {
  const base = { logDensity: gaussian, key: key(8), positions: starts(), transitions: 5, steps: 2 }
  await expect(warmUpHmc({ ...base, transitions: 0 })).rejects.toThrowError(/warmUpHmc: transitions/)
  await expect(warmUpHmc({ ...base, stepSize: -1 })).rejects.toThrowError(/warmUpHmc: stepSize/)
})
