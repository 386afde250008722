// Losses of score matching on normal data, where the score, the loss of it, and that of others are known.
import * as tf from '@tensorflow/tfjs-core'
import { grad, jit, vmap } from '@bdl/compiler'
import { key, normal, split, splitStack, type Key, type Learnable } from '@bdl/core'
import { eagerAndCompiled, expectClose, expectMean, expectNoLeak } from '@bdl/testing'
import { describe, expect, test } from 'vitest'
import {
  conditionalDenoisingScoreMatching,
  conditionalScoreMlp,
  denoisingScoreMatching,
  implicitScoreMatching,
  logProbBound,
  noiseLevelTimes,
  scoreMlp,
  subVariancePreserving,
  uniformTimes,
  varianceExploding,
  variancePreserving,
  type Noising,
  type Score,
  type ScoreMatchingOptions
} from '../src/index'
import { noisedMixture } from './noised-mixture'

const [m, s, n] = [0.7, 0.5, 256]

type Params = { readonly a: tf.Tensor; readonly b: tf.Tensor }
const truth: Params = { a: tf.scalar(1), b: tf.scalar(0) }

/** a times the score of N(m, s^2 I) plus b / v, v the standard deviation of x(t). */
const family = (noising: Noising): Learnable<Params, Score> => {
  const { score } = noisedMixture(noising, { weights: [1], means: [[m, m]], scales: [s] })
  return {
    init: () => truth,
    build:
      ({ a, b }) =>
      (t, x) => {
        const variance = tf.add(tf.square(tf.mul(noising.scale(t), s)), tf.square(noising.std(t)))
        return tf.add(tf.mul(a, score(t, x)), tf.expandDims(tf.div(b, tf.sqrt(variance)), -1))
      }
  }
}

const drawn = (k: Key): tf.Tensor => tf.add(tf.mul(normal(k, [n, 2]), s), m)

/** Losses of so many batches of data of their own. */
const losses = async (f: (batch: tf.Tensor, k: Key) => tf.Tensor, count = 400): Promise<Float32Array> => {
  const run = jit((keys: tf.Tensor) =>
    vmap((k: tf.Tensor) => {
      const [dataKey, lossKey] = split(k)
      return f(drawn(dataKey), lossKey)
    })(keys)
  )
  const found = await run(splitStack(key(1), count))
  await run.dispose()
  return found.dataSync() as Float32Array
}

const sdOf = (x: Float32Array): number => {
  const mean = x.reduce((a, b) => a + b, 0) / x.length
  return Math.sqrt(x.reduce((a, b) => a + (b - mean) ** 2, 0) / (x.length - 1))
}

/** Simpson's rule from tMin to 1, in equal steps of t^(1/3), so that the end by the data is fine enough. */
const integral = (noising: Noising, f: (at: Readonly<Record<'scale' | 'std' | 'g', number>>) => number): number => {
  const steps = 4000
  const [low, high] = [Math.cbrt(noising.tMin), 1]
  const u = Array.from({ length: steps + 1 }, (_, i) => low + ((high - low) * i) / steps)
  const t = tf.tensor1d(u.map((v) => v ** 3))
  const [scale, std, g] = [noising.scale(t), noising.std(t), noising.diffusion(t)].map((x) => x.dataSync())
  return u.reduce((sum, v, i) => {
    const weight = (i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2) * ((high - low) / steps / 3)
    return sum + weight * 3 * v * v * f({ scale: scale![i]!, std: std![i]!, g: g![i]! })
  }, 0)
}

type At = Readonly<Record<'scale' | 'std' | 'g', number>>
const varianceAt = ({ scale, std }: At): number => (scale * s) ** 2 + std ** 2

const weightings: readonly (readonly [string, ScoreMatchingOptions<Params>['weighting'], (at: At) => number])[] = [
  ['variance', 'variance', ({ std }) => std ** 2],
  ['likelihood', 'likelihood', ({ g }) => g ** 2]
]

/** With the share of the spread that importance sampling leaves, at most: in VE times the level is uniform as it is. */
describe.each([
  ['variancePreserving', variancePreserving(), 0.6],
  ['subVariancePreserving', subVariancePreserving({ tMin: 0.01 }), 0.6],
  ['varianceExploding', varianceExploding({ sigmaMin: 0.05, sigmaMax: 10 }), 1.001]
] as const)('%s', (_name, noising, left) => {
  const score = family(noising)

  test.each(weightings)(
    '%s weighting: the loss of the score is what the noise leaves of it',
    async (_w, weighting, w) => {
      // Of e given x(t) the variance is (scale s)^2 / v^2, of the target e / std that over std^2.
      const least = integral(noising, (at) => (w(at) / at.std ** 2) * ((at.scale * s) ** 2 / varianceAt(at)))
      const spreads = []
      for (const times of [uniformTimes(noising), noiseLevelTimes(noising), undefined]) {
        const loss = denoisingScoreMatching({
          score,
          noising,
          ...(weighting && { weighting }),
          ...(times && { times })
        })
        const found = await losses((batch, k) => loss(truth, batch, k))
        expectMean(found, least, sdOf(found))
        spreads.push(sdOf(found) / least)
      }
      const [uniform, byLevel, byDefault] = spreads as [number, number, number]
      expect(uniform).toBeLessThan(0.5)
      if (weighting === 'likelihood') expect(byLevel).toBeLessThan(left * uniform)
      expect(byDefault).toBe(weighting === 'likelihood' ? byLevel : uniform)
    }
  )

  test.each(weightings)('%s weighting: no gradient at the score', async (_w, weighting) => {
    const loss = denoisingScoreMatching({ score, noising, ...(weighting && { weighting }) })
    const a = await losses((batch, k) => grad((p: Params) => loss(p, batch, k))(truth).a)
    const b = await losses((batch, k) => grad((p: Params) => loss(p, batch, k))(truth).b)
    for (const found of [a, b]) {
      expect(sdOf(found)).toBeGreaterThan(0)
      expectMean(found, 0, sdOf(found))
    }
  })

  test('denoising is explicit score matching, up to its constant; so is implicit, exact and sliced', async () => {
    const [off, shift] = [1.4, 0.3]
    const wrong: Params = { a: tf.scalar(off), b: tf.scalar(shift) }
    // |(a - 1) score + b / v|^2 has the mean ((a - 1)^2 + b^2) / v^2 in each entry.
    const w = (at: At) => at.std ** 2 / varianceAt(at)
    const excess = ((off - 1) ** 2 + shift ** 2) * integral(noising, w)
    const losing = [
      denoisingScoreMatching({ score, noising }),
      implicitScoreMatching({ score, noising }),
      implicitScoreMatching({ score, noising, probes: 2 })
    ]
    for (const loss of losing) {
      const found = await losses((batch, k) => tf.sub(loss(wrong, batch, k), loss(truth, batch, k)))
      expect(sdOf(found)).toBeLessThan(excess)
      expectMean(found, excess, sdOf(found))
    }
    const [, ...implicit] = losing
    for (const loss of implicit) {
      const found = await losses((batch, k) => loss(truth, batch, k))
      expectMean(found, -integral(noising, w), sdOf(found))
    }
  })

  test('the bound of the log density is tight at the score, but for the prior, and lower elsewhere', async () => {
    const boundOf = (p: Params) => (batch: tf.Tensor, k: Key) =>
      tf.mean(logProbBound({ score: score.build(p), noising, dimension: 2 })(k, batch))
    const variances = [noising.tMin, 1].map((t) => {
      const at = tf.scalar(t)
      const [scale, std] = [noising.scale(at).dataSync()[0]!, noising.std(at).dataSync()[0]!]
      return { mean: scale * m, variance: (scale * s) ** 2 + std ** 2 }
    })
    const [start, end] = variances as [(typeof variances)[0], (typeof variances)[0]]
    const prior = noising.prior(2).variance!().dataSync()[0]!
    // Entropies and divergences of normals, two entries each.
    const entropy = Math.log(2 * Math.PI * Math.E * start.variance)
    const ratio = end.variance / prior
    const missing = ratio - 1 - Math.log(ratio) + end.mean ** 2 / prior
    const tight = await losses(boundOf(truth))
    expectMean(tight, -entropy - missing, sdOf(tight))
    const wrong: Params = { a: tf.scalar(1), b: tf.scalar(0.2) }
    const off = await losses((batch, k) => tf.sub(boundOf(truth)(batch, k), boundOf(wrong)(batch, k)))
    // 1/2 int g^2 |b / v|^2 dt, of both entries.
    expectMean(off, 0.2 ** 2 * integral(noising, (at) => at.g ** 2 / varianceAt(at)), sdOf(off))
    expect(sdOf(off) / 20).toBeLessThan(off.reduce((a, b) => a + b, 0) / off.length / 5)
  })
})

const noising = variancePreserving()
const score = scoreMlp({ noising, dimension: 2, hidden: [8] })

test('a weighting of one`s own: std^4 as a function', async () => {
  const fixed = family(noising)
  const loss = denoisingScoreMatching({
    score: fixed,
    noising,
    weighting: (t) => tf.square(tf.square(noising.std(t)))
  })
  const least = integral(noising, (at) => (at.std ** 2 * (at.scale * s) ** 2) / varianceAt(at))
  const found = await losses((batch, k) => loss(truth, batch, k))
  expectMean(found, least, sdOf(found))
})

test('losses are the same eagerly and compiled, twice differentiable, functions of their key; nothing is left behind', async () => {
  const params = score.init(key(0)).map(({ w, b }) => ({ w: tf.add(w, 0.1), b: tf.clone(b) }))
  const [batch, k] = [drawn(key(2)), key(3)]
  const all = [
    denoisingScoreMatching({ score, noising }),
    denoisingScoreMatching({ score, noising, weighting: 'likelihood' }),
    implicitScoreMatching({ score, noising }),
    implicitScoreMatching({ score, noising, probes: 1 })
  ]
  for (const loss of all) {
    const [eager, compiled] = await eagerAndCompiled(loss, [params, batch, k])
    expect(eager.shape).toEqual([])
    expectClose(compiled, eager, { atol: 1e-4, rtol: 1e-4 })
    expect(loss(params, batch, key(4)).dataSync()[0]).not.toBe(eager.dataSync()[0])
    expectNoLeak(() => loss(params, batch, k))
    const slope = (p: typeof params) => tf.sum(tf.square(grad((q: typeof params) => loss(q, batch, k))(p)[1]!.w))
    const [second, compiledSecond] = await eagerAndCompiled(grad(slope), [params])
    const size = tf.max(tf.abs(second[0]!.w)).dataSync()[0]!
    expect(size).toBeGreaterThan(0)
    expectClose(compiledSecond[0]!.w, second[0]!.w, { atol: 1e-4 * size, rtol: 1e-3 })
  }
})

describe('with a context', () => {
  const field = conditionalScoreMlp({ noising, dimension: 2, context: 2, hidden: [8] })
  const params = field.init(key(5)).map(({ w, b }) => ({ w: tf.add(w, 0.1), b: tf.clone(b) }))
  const x = drawn(key(6))
  const context = tf.add(normal(key(7), [n, 2]), 3)

  test('all dropped, or none, is the loss of the marginal, or of the conditional score; some is between, in the mean', async () => {
    const lossOf = (drop: number) => conditionalDenoisingScoreMatching({ score: field, noising, drop })
    const meanOf = async (f: (k: Key) => tf.Tensor) => {
      const run = jit((keys: tf.Tensor) => vmap(f)(keys))
      const found = await run(splitStack(key(8), 300))
      await run.dispose()
      return found.dataSync() as Float32Array
    }
    const fixed = (given?: tf.Tensor) =>
      denoisingScoreMatching({ score: { init: () => params, build: (p) => field.build(p)(given) }, noising })
    const mean = (v: Float32Array) => v.reduce((a, b) => a + b, 0) / v.length
    const [none, all] = [await meanOf((k) => fixed()(params, x, k)), await meanOf((k) => fixed(context)(params, x, k))]
    expect(Math.abs(mean(none) - mean(all))).toBeGreaterThan((10 * sdOf(all)) / Math.sqrt(300))
    for (const drop of [0, 0.25, 1]) {
      const found = await meanOf((k) => lossOf(drop)(params, { x, context }, k))
      expectMean(found, drop * mean(none) + (1 - drop) * mean(all), sdOf(found) + sdOf(none) + sdOf(all))
    }
  })

  test('eagerly and compiled; sizes are checked', async () => {
    const loss = conditionalDenoisingScoreMatching({ score: field, noising, weighting: 'likelihood' })
    const [eager, compiled] = await eagerAndCompiled(loss, [params, { x, context }, key(9)])
    expectClose(compiled, eager, { atol: 1e-4, rtol: 1e-4 })
    const k = key(9)
    expectNoLeak(() => loss(params, { x, context }, k))
    expect(() => loss(params, { x, context: tf.zeros([3, 2]) }, k)).toThrow(/context/)
  })
})

test('the bound: eagerly and compiled, nothing left behind, sizes checked', async () => {
  const model = { score: score.build(score.init(key(0))), noising, dimension: 2 }
  const [k, batch] = [key(1), drawn(key(2))]
  const [eager, compiled] = await eagerAndCompiled(
    (root: Key, x: tf.Tensor) => logProbBound(model)(root, x),
    [k, batch]
  )
  expect(eager.shape).toEqual([n])
  expectClose(compiled, eager, { atol: 1e-3, rtol: 1e-3 })
  expectNoLeak(() => logProbBound(model)(k, batch))
  expect(() => logProbBound(model)(k, tf.zeros([4, 3]))).toThrow(/logProbBound.*x/s)
})

test('what is refused', () => {
  expect(() => implicitScoreMatching({ score, noising, probes: 0 })).toThrow(/probes/)
  const [params, k, flat] = [score.init(key(0)), key(1), tf.zeros([2])]
  expect(() => denoisingScoreMatching({ score, noising })(params, flat, k)).toThrow(/denoisingScoreMatching.*batch/s)
  expect(() => implicitScoreMatching({ score, noising })(params, flat, k)).toThrow(/implicitScoreMatching.*batch/s)
})
