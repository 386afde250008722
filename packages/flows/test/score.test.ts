// Scores, their other names, networks as scores, and levels of noise.
import * as tf from '@tensorflow/tfjs-core'
import { grad, jvp, vmap } from '@bdl/compiler'
import { key, leaves, normal, split, uniform } from '@bdl/core'
import { eagerAndCompiled, expectClose, expectNoLeak } from '@bdl/testing'
import { describe, expect, test } from 'vitest'
import {
  conditionalScoreMlp,
  dataFromScore,
  noiseFromScore,
  noiseLevel,
  noiseLevelSpacing,
  noiseLevelTimes,
  powerSpacing,
  scoreFromData,
  scoreFromNetwork,
  scoreFromNoise,
  scoreMlp,
  timeOfNoiseLevel,
  uniformSpacing,
  uniformTimes,
  variancePreserving,
  type Score
} from '../src/index'
import { noisedMixture, processes, two } from './noised-mixture'

/** A normal N(m, s^2 I): x(0) and the noise given x(t) are linear in x(t). */
const [m, s] = [0.7, 0.4]

describe.each(processes)('%s', (_name, noising) => {
  const one = noisedMixture(noising, { weights: [1], means: [[m, m]], scales: [s] })
  const times = tf.tensor1d([noising.tMin, 0.05, 0.3, 0.6, 1])
  const x = normal(key(0), [5, 2])

  test('the score of the mixture that tests lean on is the gradient of its log density', () => {
    const { score, logProb } = noisedMixture(noising, two)
    for (const t of [0.1, 0.7])
      expectClose(score(tf.scalar(t), x), grad((at: tf.Tensor) => tf.sum(logProb(t, at)))(x), {
        atol: 1e-4,
        rtol: 1e-4
      })
  })

  test('noise and data given x, in closed form for a normal; and back', () => {
    const column = (t: tf.Tensor) => tf.expandDims(t, -1)
    const [scale, std] = [column(noising.scale(times)), column(noising.std(times))]
    const variance = tf.add(tf.square(tf.mul(scale, s)), tf.square(std))
    const off = tf.div(tf.sub(x, tf.mul(scale, m)), variance)
    const [noise, data] = [noiseFromScore(noising)(one.score), dataFromScore(noising)(one.score)]
    expectClose(
      expectNoLeak(() => noise(times, x)),
      tf.mul(off, std),
      { atol: 1e-5, rtol: 1e-5 }
    )
    // E x0 = m + cov(x0, x) (x - scale m) / var x. Noise of 10 times the data costs the sum x + std^2 score two digits.
    const truth = tf.add(m, tf.mul(off, tf.mul(scale, s * s)))
    const lost = tf.div(tf.square(tf.max(std)), tf.min(scale)).dataSync()[0]!
    expectClose(
      expectNoLeak(() => data(times, x)),
      truth,
      { atol: 1e-5 + 3e-7 * lost, rtol: 1e-5 }
    )
    const expected = one.score(times, x)
    expectClose(scoreFromNoise(noising)(noise)(times, x), expected, { atol: 1e-5, rtol: 1e-5 })
    // An ulp of x over std^2: near the data it is all there is.
    const ulp = tf.div(2 ** -22, tf.square(std))
    const error = tf.div(tf.sub(scoreFromData(noising)(data)(times, x), expected), tf.add(ulp, 1e-4))
    expect(tf.max(tf.abs(error)).dataSync()[0]).toBeLessThan(3)
  })

  test('a network that says nothing is the score of N(0, dataScale^2), at rows of times and at one', () => {
    const truth = noisedMixture(noising, { weights: [1], means: [[0, 0]], scales: [s] })
    const net = scoreMlp({ noising, dimension: 2, dataScale: s, hidden: [8] })
    const score = net.build(net.init(key(1)))
    expectClose(
      expectNoLeak(() => score(times, x)),
      truth.score(times, x),
      { atol: 1e-5, rtol: 1e-5 }
    )
    const t = tf.scalar(0.3)
    expectClose(
      expectNoLeak(() => score(t, x)),
      truth.score(t, x),
      { atol: 1e-5, rtol: 1e-5 }
    )
  })

  test('a network that says the rest of the data is the score: of N(m, s^2), F = m std / (s v)', () => {
    const ideal: Score = (level, at) => {
      const t = timeOfNoiseLevel(noising, level)
      const [signal, std] = [tf.mul(noising.scale(t), s), noising.std(t)]
      const v = tf.sqrt(tf.add(tf.square(signal), tf.square(std)))
      return tf.mul(tf.onesLike(at), tf.expandDims(tf.mul(tf.div(std, v), m / s), -1))
    }
    const score = scoreFromNetwork(noising, s)(ideal)
    expectClose(score(times, x), one.score(times, x), { atol: 1e-4, rtol: 1e-4 })
  })

  test('a network has second derivatives, batches, and is the same compiled', async () => {
    const net = scoreMlp({ noising, dimension: 2, hidden: [8] })
    // Off zero, where the last layer starts.
    const params = net.init(key(1)).map(({ w, b }) => ({ w: tf.add(w, 0.1), b: tf.add(b, 0.05) }))
    const squared = (at: tf.Tensor) => tf.sum(tf.square(net.build(params)(times, at)))
    const twice = (at: tf.Tensor, along: tf.Tensor) => jvp(grad(squared), at, along)[1]
    const along = normal(key(2), [5, 2])
    const [eager, compiled] = await eagerAndCompiled(twice, [x, along])
    const size = tf.max(tf.abs(eager)).dataSync()[0]!
    expectClose(compiled, eager, { atol: 1e-5 * size, rtol: 1e-4 })
    expect(tf.all(tf.isFinite(eager)).dataSync()[0]).toBe(1)
    const each = vmap((t: tf.Tensor, at: tf.Tensor) => net.build(params)(t, at))(times, tf.expandDims(x, 1))
    expectClose(tf.squeeze(each, [1]), net.build(params)(times, x), { atol: 1e-4, rtol: 1e-4 })
  })

  test('levels: 0 at tMin, 1 at 1, and times come back from them', async () => {
    const level = noiseLevel(noising, times)
    expectClose(tf.slice(level, [0], [1]), [0], { atol: 1e-6, rtol: 0 })
    expectClose(tf.slice(level, [4], [1]), [1], { atol: 1e-6, rtol: 0 })
    const back = (at: tf.Tensor) => timeOfNoiseLevel(noising, at)
    const { timeOf: _formula, ...process } = noising
    const bisected = (at: tf.Tensor) => timeOfNoiseLevel(process, at)
    for (const f of [back, bisected]) {
      for (const found of await eagerAndCompiled(f, [level])) expectClose(found, times, { atol: 3e-6, rtol: 1e-5 })
      expectNoLeak(() => f(level))
    }
  })

  test('laws of times: even over a batch, and their density is that of the draws', () => {
    const n = 4096
    for (const law of [uniformTimes(noising), noiseLevelTimes(noising)]) {
      const root = key(3)
      const t = expectNoLeak(() => law.sample(root, n))
      expect(Math.min(...t.dataSync())).toBeGreaterThanOrEqual(noising.tMin - 1e-7)
      expect(Math.max(...t.dataSync())).toBeLessThanOrEqual(1)
      // Even draws: the mean of 1 / density is the length of the interval, to a rectangle rule's error.
      expectClose(tf.mean(tf.div(1, law.density(t))), 1 - noising.tMin, { atol: 2e-3, rtol: 0 })
      // And so are the moments under the weights 1 / density: t has mean (1 + tMin) / 2 under the uniform law.
      const mean = tf.div(tf.mean(tf.div(t, law.density(t))), 1 - noising.tMin)
      expectClose(mean, (1 + noising.tMin) / 2, { atol: 2e-3, rtol: 0 })
    }
  })

  test('spacings go from 1 to tMin, each in equal steps of its own', async () => {
    const steps = 8
    const ratio = (t: tf.Tensor) => tf.div(noising.std(t), noising.scale(t))
    const cases = [
      [uniformSpacing, (t: tf.Tensor) => t],
      [noiseLevelSpacing, (t: tf.Tensor) => tf.log(ratio(t))],
      [powerSpacing(7), (t: tf.Tensor) => tf.pow(ratio(t), 1 / 7)]
    ] as const
    for (const [spacing, of] of cases)
      for (const t of await eagerAndCompiled(() => spacing(noising, steps), [])) {
        const marks = [...of(t).dataSync()]
        expect(t.dataSync()[0]).toBe(1)
        expect(t.dataSync()[steps]).toBe(Math.fround(noising.tMin))
        const equal = marks.map((_, i) => marks[0]! + ((marks[steps]! - marks[0]!) * i) / steps)
        expectClose(marks, equal, { atol: 1e-4, rtol: 1e-4 })
      }
  })
})

test('conditional scores: a context, none, and another one differ; sizes are checked', () => {
  const noising = variancePreserving()
  const net = conditionalScoreMlp({ noising, dimension: 2, context: 3, hidden: [8], dataScale: 0.5 })
  const [paramKey, dataKey] = split(key(5))
  const params = net.init(paramKey).map(({ w, b }) => ({ w: tf.add(w, 0.1), b: tf.clone(b) }))
  const scoreOf = net.build(params)
  const x = normal(dataKey, [4, 2])
  const t = uniform(dataKey, [4], { minval: 0.1, maxval: 1 })
  const found = [undefined, [1, 0, 0], [0, 1, 0]].map((c) => scoreOf(c && tf.tensor1d(c))(t, x))
  expect(found.map((s) => s.shape)).toEqual([
    [4, 2],
    [4, 2],
    [4, 2]
  ])
  for (const [i, j] of [
    [0, 1],
    [1, 2],
    [0, 2]
  ] as const)
    // prettier-ignore
    expect(tf.max(tf.abs(tf.sub(found[i]!, found[j]!))).dataSync()[0]).toBeGreaterThan(1e-3)
  const start = net.build(net.init(paramKey))(tf.tensor1d([1, 0, 0]))
  const truth = noisedMixture(noising, { weights: [1], means: [[0, 0]], scales: [0.5] })
  expectClose(start(t, x), truth.score(t, x), { atol: 1e-5, rtol: 1e-5 })
  expect(() => scoreOf(tf.tensor1d([1, 0]))(t, x)).toThrow(/context/)
  expect(leaves(params).length).toBeGreaterThan(0)
})

test('what is refused', () => {
  const noising = variancePreserving()
  expect(() => scoreMlp({ noising, dimension: 2, dataScale: 0 })).toThrow(/dataScale/)
  expect(() => conditionalScoreMlp({ noising, dimension: 2, context: 1, dataScale: -1 })).toThrow(/dataScale/)
  expect(() => uniformSpacing(noising, 0)).toThrow(/uniformSpacing.*steps/s)
  expect(() => noiseLevelSpacing(noising, 1.5)).toThrow(/noiseLevelSpacing.*steps/s)
  expect(() => powerSpacing(0)).toThrow(/rho/)
  expect(() => powerSpacing(7)(noising, -1)).toThrow(/powerSpacing.*steps/s)
})
