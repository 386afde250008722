// SGLD and SGHMC on a Gaussian: their dynamics are linear, so that even the bias of a finite step is known exactly.
import * as tf from '@tensorflow/tfjs-core'
import { jit, vmap } from '@bdl/compiler'
import { key, normal, scoped, splitStack, toHostSync } from '@bdl/core'
import { eagerAndCompiled, expectClose, expectMean, expectNoLeak, expectVariance } from '@bdl/testing'
import { expect, test } from 'vitest'
import {
  constantStep,
  cyclicalCosine,
  isSampling,
  minibatchLogJoint,
  polynomialDecay,
  runChains,
  sghmc,
  sgld
} from '../src/index'

const SD = 0.8
const gaussian = (w: tf.Tensor): tf.Tensor => tf.mul(-0.5 / SD ** 2, tf.sum(tf.square(w)))
/** Coordinates are independent, so that every chain of ten gives ten values. */
const [CHAINS, DIM] = [400, 10]

/** Stationary variance of w ← (1 − ε/2s²) w + √ε ξ. */
const sgldVariance = (stepSize: number) => stepSize / (1 - (1 - stepSize / (2 * SD ** 2)) ** 2)

/** Stationary covariance of (w, v): v ← m v − (ε/s²) w + n, w ← w + v, by iterating the Lyapunov equation. */
const sghmcVariance = (stepSize: number, momentum: number) => {
  const pull = stepSize / SD ** 2
  const noise = 2 * (1 - momentum) * stepSize
  let [ww, wv, vv] = [SD ** 2, 0, stepSize]
  for (let i = 0; i < 20_000; i++) {
    const v2 = momentum ** 2 * vv - 2 * momentum * pull * wv + pull ** 2 * ww + noise
    const wNew = momentum * wv - pull * ww // covariance of w with the new v
    ;[ww, wv, vv] = [ww + 2 * wNew + v2, wNew + v2, v2]
  }
  return { ww, vv }
}

const starts = () => scoped(() => tf.mul(SD, normal(key(1), [CHAINS, DIM])))

test('SGLD has the stationary variance of its recursion, bias included', async () => {
  const stepSize = 0.3
  const { state } = await runChains({
    kernel: sgld(gaussian, { stepSize }),
    key: key(2),
    positions: starts(),
    steps: 60,
    thin: 60
  })
  expectMean(toHostSync(state.position).data, 0, SD)
  expectVariance(toHostSync(state.position).data, 0, sgldVariance(stepSize))
})

test('SGHMC has the stationary variance of its recursion, in position and momentum', async () => {
  const [stepSize, momentum] = [0.02, 0.9]
  const kernel = sghmc(gaussian, { stepSize, momentum })
  const { state } = await runChains({ kernel, key: key(3), positions: starts(), steps: 250, thin: 250 })
  const truth = sghmcVariance(stepSize, momentum)
  expect(Math.abs(truth.ww / SD ** 2 - 1)).toBeLessThan(0.02)
  expectMean(toHostSync(state.position).data, 0, SD)
  expectVariance(toHostSync(state.position).data, 0, truth.ww)
  expectVariance(toHostSync(state.momentum).data, 0, truth.vv)
})

test('one step is what the formula says, and at temperature 0 no noise', async () => {
  const quiet = (stepSize: number) => () => ({ stepSize: tf.scalar(stepSize), temperature: tf.scalar(0) })
  const w = tf.tensor1d([0.5, -1])
  const drift = tf.div(w, -(SD ** 2)).dataSync()
  const once = (k: tf.Tensor, q: tf.Tensor) => {
    const langevin = sgld(gaussian, { stepSize: quiet(0.1) })
    const hamiltonian = sghmc(gaussian, { stepSize: quiet(0.1), momentum: 0.5 })
    const [first] = hamiltonian.step(k, hamiltonian.init(q))
    return { langevin: langevin.step(k, langevin.init(q))[0], first, second: hamiltonian.step(k, first)[0] }
  }
  for (const r of await eagerAndCompiled(once, [key(4), w])) {
    expectClose(r.langevin.position, [0.5 + 0.05 * drift[0]!, -1 + 0.05 * drift[1]!], { atol: 1e-6, rtol: 1e-6 })
    const v = [0.1 * drift[0]!, 0.1 * drift[1]!]
    expectClose(r.first.position, [0.5 + v[0]!, -1 + v[1]!], { atol: 1e-6, rtol: 1e-6 })
    const w1 = 0.5 + v[0]!
    expectClose(r.second.position.dataSync()[0]!, w1 + 0.5 * v[0]! - (0.1 * w1) / SD ** 2, { atol: 1e-6, rtol: 1e-6 })
    expect(r.second.step.dataSync()[0]).toBe(2)
  }
})

test('cyclical steps: from the first to the floor, quiet at the start of each cycle', () => {
  const options = { initial: 2, cycleLength: 20, floor: 0.3, exploration: 0.1 }
  const schedule = cyclicalCosine(options)
  const at = (step: number) => {
    const { stepSize, temperature } = schedule(tf.scalar(step))
    return [stepSize.dataSync()[0]!, temperature.dataSync()[0]!] as const
  }
  for (const cycle of [0, 1, 250]) {
    expectClose([...at(20 * cycle)], [2, 0], { atol: 1e-4, rtol: 0 })
    expect(at(20 * cycle + 1)[1]).toBe(0)
    expect(at(20 * cycle + 2)[1]).toBe(1)
    expectClose(at(20 * cycle + 10)[0], 2 * (0.3 + 0.35), { atol: 1e-3, rtol: 0 })
    expectClose(at(20 * cycle + 19)[0], 2 * (0.3 + 0.35 * (1 + Math.cos(Math.PI * 0.95))), { atol: 1e-3, rtol: 0 })
  }
  expect(Array.from({ length: 20 }, (_, i) => isSampling(i, options)).filter(Boolean).length).toBe(18)
  const { stepSize } = polynomialDecay(1, 2, 0.5)(tf.scalar(7))
  expectClose(stepSize, 1 / 3, { atol: 0, rtol: 1e-5 })
})

test('a minibatch estimate is unbiased in value and gradient', async () => {
  const x = scoped(() => normal(key(5), [50, 2]))
  const y = scoped(() => normal(key(6), [50]))
  const options = {
    logPrior: (w: tf.Tensor) => tf.mul(-0.5, tf.sum(tf.square(w))),
    logLikelihood: (w: tf.Tensor, data: { readonly x: tf.Tensor; readonly y: tf.Tensor }) => {
      const fit = tf.reshape(tf.matMul(data.x, tf.reshape(w, [2, 1])), [-1])
      return tf.mul(-0.5, tf.sum(tf.square(tf.sub(data.y, fit))))
    },
    data: { x, y }
  }
  const w = tf.tensor1d([0.4, -0.7])
  const whole = scoped(() => tf.add(options.logPrior(w), options.logLikelihood(w, { x, y }))).dataSync()[0]!
  const estimate = minibatchLogJoint({ ...options, batchSize: 10 })
  const many = await jit(vmap((k: tf.Tensor) => estimate(w, k)))(splitStack(key(7), 5000))
  const values = await many.data()
  const mean = Array.from(values).reduce((a, b) => a + b, 0) / 5000
  const sd = Math.sqrt(Array.from(values).reduce((a, b) => a + (b - mean) ** 2, 0) / 4999)
  expectMean(Array.from(values), whole, sd)
  expect(sd).toBeGreaterThan(1)
  expectNoLeak(() => estimate(w, x0))
  expect(() => minibatchLogJoint({ ...options, data: { x, y: tf.ones([3]) }, batchSize: 5 })).toThrowError(/rows/)
})

const x0 = key(8)

test('bad parameters are errors that name the argument', () => {
  expect(() => sgld(gaussian, { stepSize: -1 })).toThrowError(/sgld: stepSize/)
  expect(() => sghmc(gaussian, { stepSize: 0.1, momentum: 1 })).toThrowError(/sghmc: momentum/)
  expect(() => cyclicalCosine({ initial: 1, cycleLength: 0 })).toThrowError(/cyclicalCosine: cycleLength/)
  expect(() => cyclicalCosine({ initial: 1, cycleLength: 5, floor: 2 })).toThrowError(/cyclicalCosine: floor/)
  expect(() => constantStep(0)).toThrowError(/constantStep: stepSize/)
})

test('nothing leaks', () => {
  const kernel = sghmc(gaussian, { stepSize: 0.1 })
  const start = tf.tensor1d([1])
  const state = expectNoLeak(() => kernel.init(start))
  expectNoLeak(() => kernel.step(x0, state))
  const langevin = sgld(gaussian, { stepSize: cyclicalCosine({ initial: 1, cycleLength: 5 }) })
  const other = expectNoLeak(() => langevin.init(start))
  expectNoLeak(() => langevin.step(x0, other))
})
