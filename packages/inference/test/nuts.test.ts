// NUTS as a kernel: invariance from exact draws, chains in lock step, what its info tells, and bad parameters.
import * as tf from '@tensorflow/tfjs-core'
import { jit, scan, vmap } from '@bdl/compiler'
import {
  hostArray,
  isBdlError,
  key,
  mapTree,
  scoped,
  softplus,
  splitStack,
  stackTrees,
  toHostSync,
  uniform
} from '@bdl/core'
import { eagerAndCompiled, expectClose, expectKs, ksStatistic } from '@bdl/testing'
import { expect, test } from 'vitest'
import { denseMetric, nuts, runChains } from '../src/index'
import type { NutsState } from '../src/index'
import { coordinate, expectChainMoments } from './statistics'

const CHAINS = 20_000

/** Standard logistic: heavier tails than a Gaussian, and exact draws by its quantiles. */
const logistic = (q: tf.Tensor): tf.Tensor => tf.neg(tf.sum(tf.add(q, tf.mul(2, softplus(tf.neg(q))))))
const logisticCdf = (x: number): number => 1 / (1 + Math.exp(-x))
const exactDraws = (n: number) =>
  scoped(() => {
    const u = tf.add(uniform(key(100), [n, 1]), 2 ** -25)
    return tf.log(tf.div(u, tf.sub(1, u)))
  })

const oneStep = (kernel: ReturnType<typeof nuts<tf.Tensor>>) =>
  jit((keys: tf.Tensor, q: tf.Tensor) => vmap(kernel.step)(keys, vmap(kernel.init)(q)))

test('invariant: exact draws are exact after a transition with coarse steps', async () => {
  const [next, info] = await oneStep(nuts(logistic, { stepSize: 2.2, maxTreeDepth: 5 }))(
    splitStack(key(1), CHAINS),
    exactDraws(CHAINS)
  )
  expect(tf.mean(info.acceptProb).dataSync()[0]).toBeLessThan(0.97) // or the weights would not be tested
  expect(new Set(info.treeDepth.dataSync()).size).toBeGreaterThan(2) // nor the doublings
  expectKs(await next.position.data(), logisticCdf)
})

test('the invariance test has teeth: without the weights it fails', async () => {
  const flat = (q: tf.Tensor) => tf.mul(0, tf.sum(q))
  const [next] = await oneStep(nuts(flat, { stepSize: 1, maxTreeDepth: 2 }))(
    splitStack(key(1), CHAINS),
    exactDraws(CHAINS)
  )
  expect(Math.sqrt(CHAINS) * ksStatistic(await next.position.data(), logisticCdf)).toBeGreaterThan(2.7)
})

test('a transition is the same eagerly and compiled, on trees of any form', async () => {
  const onTree = (p: { w: tf.Tensor; b: readonly [tf.Tensor] }) =>
    tf.neg(tf.add(tf.sum(tf.square(p.w)), tf.sum(tf.square(tf.sub(p.b[0], 1)))))
  const kernel = nuts(onTree, { stepSize: 0.2 })
  const start = { w: tf.tensor2d([[0.5, -1], [2, 0.1]]), b: [tf.tensor1d([0.3])] as const } // prettier-ignore
  const [eager, compiled] = await eagerAndCompiled(
    (k: tf.Tensor, p: typeof start) => kernel.step(k, kernel.init(p)),
    [key(5), start]
  )
  const tolerance = { atol: 1e-5, rtol: 1e-5 }
  expectClose(compiled[0].position.w, eager[0].position.w, tolerance)
  expectClose(compiled[0].position.b[0], eager[0].position.b[0], tolerance)
  expectClose(compiled[0].gradient, eager[0].gradient, tolerance)
  for (const name of ['acceptProb', 'energy', 'logDensity', 'steps', 'treeDepth', 'isTurning', 'isDivergent'] as const)
    expectClose(compiled[1][name], eager[1][name], tolerance, name)
  expect([eager[1].steps.dtype, eager[1].treeDepth.dtype, eager[1].isTurning.dtype]).toEqual(['int32', 'int32', 'bool'])
  expect(eager[1].steps.dataSync()[0]).toBeGreaterThan(3)
})

test('chains in lock step are the chains one by one', async () => {
  const scales = tf.tensor1d([0.3, 1, 2])
  const kernel = nuts((q: tf.Tensor) => tf.mul(-0.5, tf.sum(tf.square(tf.div(q, scales)))), { stepSize: 0.35 })
  const chain = (k: tf.Tensor, q: tf.Tensor) =>
    scan(
      (state: NutsState<tf.Tensor>, own: tf.Tensor) => {
        const [next, { steps, isTurning }] = kernel.step(own, state)
        return [next, { position: tf.clone(next.position), steps, isTurning }] as const
      },
      kernel.init(q),
      splitStack(k, 6)
    )[1]
  const [keys, starts] = [splitStack(key(9), 7), scoped(() => uniform(key(10), [7, 3]))]
  const together = await jit(vmap(chain))(keys, starts)
  const alone = jit(chain)
  const each = await Promise.all(tf.unstack(keys).map((k, i) => alone(k, tf.unstack(starts)[i]!)))
  const stacked = stackTrees(each)
  expect([...together.steps.dataSync()]).toEqual([...stacked.steps.dataSync()])
  expect(new Set(together.steps.dataSync()).size).toBeGreaterThan(2)
  expectClose(together.position, stacked.position, { atol: 1e-4, rtol: 1e-4 })
})

test('a dense metric samples a correlated Gaussian', async () => {
  const covariance = [1, 0.95 * 3, 0.95 * 3, 9]
  const det = covariance[0]! * covariance[3]! - covariance[1]! * covariance[2]!
  const precision = tf.tensor2d(
    [covariance[3]! / det, -covariance[1]! / det, -covariance[2]! / det, covariance[0]! / det],
    [2, 2]
  )
  const logDensity = (q: tf.Tensor) => {
    const row = tf.reshape(q, [1, 2])
    return tf.mul(-0.5, tf.sum(tf.mul(tf.matMul(row, precision), row)))
  }
  const onHost = denseMetric(hostArray([2, 2], Float64Array.from(covariance)))
  const onDevice = denseMetric(tf.tensor2d(covariance, [2, 2]))
  for (const metric of [onHost, onDevice]) {
    const kernel = nuts(logDensity, { stepSize: 0.8, metric })
    const positions = tf.zeros([16, 2])
    const run = await runChains({ kernel, key: key(11), positions, steps: 400, warmup: 20 })
    const draws = toHostSync(run.positions)
    expectChainMoments(coordinate(draws, 0), 0, 1, 'first')
    expectChainMoments(coordinate(draws, 1), 0, 3, 'second')
    // in the metric the target is a unit sphere: trajectories of a few steps
    expect(tf.max(run.infos.steps).dataSync()[0]).toBeLessThanOrEqual(15)
  }
})

test('divergence is data: far too long steps end the trajectory, and the chain stays', async () => {
  const stiff = (q: tf.Tensor) => tf.mul(-1e6, tf.sum(tf.square(q)))
  const kernel = nuts(stiff, { stepSize: 10 })
  const start = tf.tensor1d([1e-3, -1e-3])
  for (const [next, info] of await eagerAndCompiled(
    (k: tf.Tensor, q: tf.Tensor) => kernel.step(k, kernel.init(q)),
    [key(6), start]
  )) {
    expectClose(next.position, start, { atol: 0, rtol: 0 })
    const { isDivergent, isTurning, steps, treeDepth, acceptProb } = mapTree((t) => t)(info)
    expect([isDivergent, isTurning, steps, treeDepth, acceptProb].map((t) => t.dataSync()[0])).toEqual([1, 0, 1, 1, 0])
  }
})

test('a log density of −Infinity outside the support diverges there, and draws stay inside', async () => {
  const halfLine = (q: tf.Tensor) => tf.sum(tf.where(tf.less(q, 0), tf.scalar(-Infinity), tf.neg(q)))
  const [next, info] = await oneStep(nuts(halfLine, { stepSize: 0.8, maxTreeDepth: 4 }))(
    splitStack(key(7), 500),
    tf.fill([500, 1], 0.2)
  )
  expect(tf.min(next.position).dataSync()[0]).toBeGreaterThanOrEqual(0)
  expect(tf.sum(tf.cast(info.isDivergent, 'int32')).dataSync()[0]).toBeGreaterThan(0)
})

test('a start of no density is left at the first step that finds some', async () => {
  const halfLine = (q: tf.Tensor) => tf.sum(tf.where(tf.less(q, 0), tf.scalar(-Infinity), tf.neg(q)))
  const starts = tf.fill([200, 1], -0.3)
  const [next, info] = await oneStep(nuts(halfLine, { stepSize: 1, maxTreeDepth: 3 }))(splitStack(key(8), 200), starts)
  const [positions, divergent] = [next.position.dataSync(), info.isDivergent.dataSync()]
  const moved = [...positions].filter((x) => x >= 0).length
  expect(moved).toBeGreaterThan(20)
  positions.forEach((x, i) => expect(x >= 0 || (Math.fround(-0.3) === x && divergent[i] === 1)).toBe(true))
})

test('the greatest depth ends a trajectory, and neither flag is set', async () => {
  const kernel = nuts(logistic, { stepSize: 1e-3, maxTreeDepth: 3 })
  const [, info] = await oneStep(kernel)(splitStack(key(12), 20), exactDraws(20))
  expect([...info.steps.dataSync()]).toEqual(new Array(20).fill(7))
  expect([...info.treeDepth.dataSync()]).toEqual(new Array(20).fill(3))
  expect([...info.isTurning.dataSync(), ...info.isDivergent.dataSync()]).toEqual(new Array(40).fill(0))
})

test('bad parameters are errors that name the argument', () => {
  const bad = [
    () => nuts(logistic, { stepSize: 0 }),
    () => nuts(logistic, { stepSize: 0.1, maxTreeDepth: 0 }),
    () => nuts(logistic, { stepSize: 0.1, maxTreeDepth: 21 }),
    () => nuts(logistic, { stepSize: 0.1, divergenceThreshold: -1 })
  ]
  const names = bad.map((make) => {
    try {
      make()
      return 'none'
    } catch (e) {
      return isBdlError(e) ? `${e.fn} ${e.argument} ${e.code}` : 'other'
    }
  })
  expect(names).toEqual(
    ['stepSize', 'maxTreeDepth', 'maxTreeDepth', 'divergenceThreshold'].map((name) => `nuts ${name} InvalidArgument`)
  )
})
