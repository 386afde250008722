// The driver: exact moments, draws that do not depend on chunks, progress, stopping, lifetimes.
import * as tf from '@tensorflow/tfjs-core'
import { foldIn, hostArray, key, leaves, normal, scoped, splitStack, toHostSync, unstackTree } from '@bdl/core'
import type { Key } from '@bdl/core'
import { expectClose } from '@bdl/testing'
import { expect, test } from 'vitest'
import { hmc, runChains, samplesOf, splitRhat } from '../src/index'
import type { Kernel } from '../src/index'
import { chunkSizes } from '../src/chunks'
import { inverse } from './potentials'
import { coordinate, expectChainExpectation, expectChainMean, expectChainMoments } from './statistics'

const mean = [1, -2, 0.5]
const cov = [
  [1, 0.6, 0],
  [0.6, 2, -0.3],
  [0, -0.3, 0.5]
]

const correlated = (q: tf.Tensor): tf.Tensor => {
  const d = tf.sub(q, tf.tensor1d(mean))
  const row = tf.reshape(d, [1, -1])
  return tf.mul(-0.5, tf.sum(tf.mul(tf.matMul(row, tf.tensor2d(inverse(cov))), row)))
}

const kernel = hmc(correlated, { stepSize: 0.35, steps: 5 })
const starts = (chains: number) => scoped(() => tf.mul(3, normal(key(9), [chains, 3])))

test('moments of a correlated Gaussian, 32 chains in one graph', async () => {
  const { positions, infos, drawnAt, isComplete } = await runChains({
    kernel,
    key: key(1),
    positions: starts(32),
    steps: 400,
    thin: 2,
    warmup: 50
  })
  expect(positions.shape).toEqual([32, 200, 3])
  expect(infos.acceptProb.shape).toEqual([32, 400])
  expect([drawnAt.length, drawnAt[0], drawnAt.at(-1), isComplete]).toEqual([200, 2, 400, true])
  const draws = toHostSync(positions)
  for (const i of [0, 1, 2]) {
    expectChainMoments(coordinate(draws, i), mean[i]!, Math.sqrt(cov[i]![i]!), `coordinate ${i}`)
    expect(splitRhat(coordinate(draws, i))).toBeLessThan(1.02)
  }
  const centred = (i: number) => coordinate(draws, i).data.map((x) => x - mean[i]!)
  for (const [i, j] of [
    [0, 1],
    [1, 2],
    [0, 2]
  ] as const) {
    const other = centred(j)
    expectChainMean(
      hostArray(
        [32, 200],
        centred(i).map((x, at) => x * other[at]!)
      ),
      cov[i]![j]!,
      `covariance ${i} ${j}`
    )
  }
  expectChainExpectation(toHostSync(infos.logDensity), (x) => x, -1.5, 'log density') // −χ²₃/2
})

test('draws do not depend on the chunk size, nor compiled on eager', async () => {
  const run = (chunk: number) =>
    runChains({ kernel, key: key(2), positions: starts(4), steps: 12, thin: 3, warmup: 4, chunk })
  const whole = await run(100)
  for (const chunk of [1, 2, 3, 7]) {
    const cut = await run(chunk)
    expectClose(cut.positions, whole.positions, { atol: 1e-5, rtol: 1e-5 })
    expectClose(cut.infos.energyError, whole.infos.energyError, { atol: 1e-5, rtol: 1e-4 })
    expectClose(cut.state.gradient, whole.state.gradient, { atol: 1e-5, rtol: 1e-5 })
  }
  // chain 2 by hand: its key, folded with the number of the transition
  const chainKey = unstackTree(splitStack(key(2), 4))[2]!
  let state = kernel.init(unstackTree(starts(4))[2]!)
  for (let t = 0; t < 16; t++) state = kernel.step(foldIn(chainKey, t), state)[0]
  expectClose(state.position, unstackTree(whole.state.position)[2]!, { atol: 1e-4, rtol: 1e-4 })
})

test('progress is told, and a signal stops between chunks with what there is', async () => {
  const stop = new AbortController()
  const seen: number[] = []
  const result = await runChains({
    kernel,
    key: key(3),
    positions: starts(2),
    steps: 40,
    thin: 2,
    warmup: 10,
    chunk: 10,
    signal: stop.signal,
    onProgress: ({ done, total }) => {
      expect(total).toBe(50)
      seen.push(done)
      if (done === 30) stop.abort()
    }
  })
  expect(seen).toEqual([10, 20, 30])
  expect(result.isComplete).toBe(false)
  expect(result.positions.shape).toEqual([2, 10, 3])
  expect(result.infos.acceptProb.shape).toEqual([2, 20])
})

test('stopped before the first draw: empty draws of the right form', async () => {
  const stop = AbortSignal.abort()
  const result = await runChains({ kernel, key: key(4), positions: starts(2), steps: 5, signal: stop })
  expect([result.positions.shape, result.infos.isAccepted.shape]).toEqual([
    [2, 0, 3],
    [2, 0]
  ])
  expect([result.drawnAt, result.isComplete]).toEqual([[], false])
})

test('only what is returned stays alive', async () => {
  const [k, positions] = [key(5), starts(3)]
  const before = tf.memory().numTensors
  const result = await runChains({ kernel, key: k, positions, steps: 6, thin: 2, warmup: 3, chunk: 4 })
  expect(tf.memory().numTensors - before).toBe(leaves([result.positions, result.infos, result.state]).length)
  expect(positions.isDisposed).toBe(false)
})

test('a failing kernel leaves no tensors behind', async () => {
  const failing: Kernel<tf.Tensor, { position: tf.Tensor }, readonly []> = {
    init: (position) => ({ position: tf.clone(position) }),
    step: (_: Key, state) => {
      if (state.position.shape.length > 0) throw new Error('no step')
      return [state, []]
    }
  }
  const [k, positions] = [key(6), starts(2)]
  const before = tf.memory().numTensors
  await expect(runChains({ kernel: failing, key: k, positions, steps: 2 })).rejects.toThrowError(/no step/)
  expect(tf.memory().numTensors - before).toBe(0)
})

test('samples of a run: chain after chain, each draw with its origin', async () => {
  const result = await runChains({ kernel, key: key(7), positions: starts(2), steps: 6, thin: 3 })
  const { positions, provenance } = samplesOf('hmc', result)
  expect(positions.shape).toEqual([4, 3])
  expect(provenance).toEqual({ method: 'hmc', chain: [0, 0, 1, 1], step: [3, 6, 3, 6] })
})

test('chunks add up, with at most two sizes', () => {
  for (const [total, limit] of [
    [10, 4],
    [7, 7],
    [1, 5],
    [100, 33],
    [0, 3]
  ] as const) {
    const sizes = chunkSizes(total, limit)
    expect(sizes.reduce((a, b) => a + b, 0)).toBe(total)
    expect(Math.max(0, ...sizes)).toBeLessThanOrEqual(limit)
    expect(new Set(sizes).size).toBeLessThanOrEqual(2)
  }
})

test('bad options are errors that name the argument', async () => {
  const base = { kernel, key: key(8), positions: starts(2), steps: 4 }
  await expect(runChains({ ...base, thin: 5 })).rejects.toThrowError(/runChains: thin: expected at most steps = 4/)
  await expect(runChains({ ...base, steps: 0 })).rejects.toThrowError(/runChains: steps/)
  await expect(runChains({ ...base, positions: tf.scalar(1) })).rejects.toThrowError(/runChains: positions/)
})
