// Laws of HMC: invariance from exact draws, rejections, and the shapes and lifetimes of what it returns.
import * as tf from '@tensorflow/tfjs-core'
import { jit, vmap } from '@bdl/compiler'
import { isBdlError, key, scoped, softplus, splitStack, uniform } from '@bdl/core'
import { eagerAndCompiled, expectClose, expectKs, expectNoLeak, ksStatistic } from '@bdl/testing'
import { expect, test } from 'vitest'
import { hmc, hmcInit, identityMetric, leapfrog } from '../src/index'

const CHAINS = 20_000

/** Standard logistic: heavier tails than a Gaussian, and exact draws by its quantiles. */
const logistic = (q: tf.Tensor): tf.Tensor => tf.neg(tf.sum(tf.add(q, tf.mul(2, softplus(tf.neg(q))))))
const logisticCdf = (x: number): number => 1 / (1 + Math.exp(-x))

const exactDraws = (n: number) =>
  scoped(() => {
    const u = tf.add(uniform(key(100), [n, 1]), 2 ** -25)
    return tf.log(tf.div(u, tf.sub(1, u)))
  })

/** Coarse steps, so that about one proposal in five is rejected. */
const coarse = { stepSize: 2.6, steps: 3, jitter: 0.2 }

test('invariant: exact draws are exact after a transition with coarse steps', async () => {
  const kernel = hmc(logistic, coarse)
  const oneStep = jit((keys: tf.Tensor, q: tf.Tensor) => vmap(kernel.step)(keys, vmap(kernel.init)(q)))
  const [next, info] = await oneStep(splitStack(key(1), CHAINS), exactDraws(CHAINS))
  const acceptance = (await tf.mean(info.acceptProb).data())[0]!
  expect(acceptance).toBeGreaterThan(0.5)
  expect(acceptance).toBeLessThan(0.97) // or the accept test would not be tested
  expectKs(await next.position.data(), logisticCdf)
  expectClose(tf.mean(tf.cast(info.isAccepted, 'float32')), acceptance, {
    atol: (5 * 0.5) / Math.sqrt(CHAINS),
    rtol: 0
  })
})

test('the invariance test has teeth: without the accept test it fails', async () => {
  const dynamics = { logDensity: logistic, metric: identityMetric }
  const move = (k: tf.Tensor, q: tf.Tensor) => {
    const state = hmcInit(logistic)(q)
    const start = { ...state, momentum: identityMetric.momentum(k, 1) }
    return leapfrog(dynamics, start, coarse.stepSize, coarse.steps).position
  }
  const moved = await jit(vmap(move))(splitStack(key(1), CHAINS), exactDraws(CHAINS))
  expect(Math.sqrt(CHAINS) * ksStatistic(await moved.data(), logisticCdf)).toBeGreaterThan(2.7)
})

test('a transition is the same eagerly and compiled, on trees of any form', async () => {
  const onTree = (p: { w: tf.Tensor; b: readonly [tf.Tensor] }) =>
    tf.neg(tf.add(tf.sum(tf.square(p.w)), tf.sum(tf.square(tf.sub(p.b[0], 1)))))
  const kernel = hmc(onTree, { stepSize: 0.2, steps: 5 })
  const start = {
    w: tf.tensor2d([
      [0.5, -1],
      [2, 0.1]
    ]),
    b: [tf.tensor1d([0.3])] as const
  }
  const [eager, compiled] = await eagerAndCompiled(
    (k: tf.Tensor, p: typeof start) => kernel.step(k, kernel.init(p)),
    [key(5), start]
  )
  expectClose(compiled[0].position.w, eager[0].position.w, { atol: 1e-5, rtol: 1e-5 })
  expectClose(compiled[0].position.b[0], eager[0].position.b[0], { atol: 1e-5, rtol: 1e-5 })
  expectClose(compiled[0].gradient, eager[0].gradient, { atol: 1e-5, rtol: 1e-5 })
  expectClose(compiled[1].acceptProb, eager[1].acceptProb, { atol: 1e-5, rtol: 1e-5 })
  expect(eager[0].gradient.shape).toEqual([5])
})

test('divergence is data: steps far too long are rejected and the chain stays', async () => {
  const stiff = (q: tf.Tensor) => tf.mul(-1e6, tf.sum(tf.square(q)))
  const kernel = hmc(stiff, { stepSize: 10, steps: 20 })
  const start = tf.tensor1d([1e-3, -1e-3])
  for (const [next, info] of await eagerAndCompiled(
    (k: tf.Tensor, q: tf.Tensor) => kernel.step(k, kernel.init(q)),
    [key(6), start]
  )) {
    expectClose(next.position, start, { atol: 0, rtol: 0 })
    expect([info.isDivergent, info.isAccepted, info.acceptProb].map((t) => t.dataSync()[0])).toEqual([1, 0, 0])
  }
})

test('a log density of −Infinity outside the support rejects', async () => {
  const halfLine = (q: tf.Tensor) => tf.sum(tf.where(tf.less(q, 0), tf.scalar(-Infinity), tf.neg(q)))
  const kernel = hmc(halfLine, { stepSize: 1.5, steps: 3 })
  const step = jit((keys: tf.Tensor, q: tf.Tensor) => vmap(kernel.step)(keys, vmap(kernel.init)(q)))
  const [next, info] = await step(splitStack(key(7), 500), tf.fill([500, 1], 0.2))
  expect(tf.min(next.position).dataSync()[0]).toBeGreaterThanOrEqual(0)
  expect(tf.sum(tf.cast(info.isDivergent, 'int32')).dataSync()[0]).toBeGreaterThan(0)
})

test('nothing leaks, and a result is no argument', () => {
  const kernel = hmc(logistic, { stepSize: 0.5, steps: 2 })
  const start = tf.tensor1d([0.1])
  const state = expectNoLeak(() => kernel.init(start))
  const k = key(8)
  expectNoLeak(() => kernel.step(k, state))
  expect(state.position).not.toBe(start)
})

test('bad parameters are errors that name the argument', () => {
  const bad = [
    () => hmc(logistic, { stepSize: 0, steps: 3 }),
    () => hmc(logistic, { stepSize: 0.1, steps: 0 }),
    () => hmc(logistic, { stepSize: 0.1, steps: 3, jitter: 1 })
  ]
  const names = bad.map((make) => {
    try {
      make()
      return 'none'
    } catch (e) {
      return isBdlError(e) ? `${e.fn} ${e.argument} ${e.code}` : 'other'
    }
  })
  expect(names).toEqual(['hmc stepSize InvalidArgument', 'hmc steps InvalidArgument', 'hmc jitter InvalidArgument'])
})
