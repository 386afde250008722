// Draws by rejection and by search: their laws at 10^5 draws, compiled, and their implicit derivatives.
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { grad, jit } from '@bdl/compiler'
import { eagerAndCompiled, expectClose, expectMean } from '@bdl/testing'
import {
  betainc,
  beta,
  binomial,
  dirichlet,
  gamma,
  gammainc,
  gammaincc,
  implicit,
  key,
  logDirichlet,
  logGamma,
  poisson,
  vonMises,
  vonMisesCdf
} from '../src/index'

const DRAWS = 100_000

/** sup |F_n - F| sqrt(n) of values with their F, which exceeds 2.7 once in 10^6 keys. Ties count once. */
const expectLaw = (values: ArrayLike<number>, chances: ArrayLike<number>): void => {
  const order = Array.from({ length: values.length }, (_, i) => i).sort((i, j) => values[i]! - values[j]!)
  const n = order.length
  const gap = (at: number, i: number): number =>
    i + 1 < n && values[order[i + 1]!] === values[at] ? 0 : Math.abs((i + 1) / n - chances[at]!)
  expect(Math.sqrt(n) * order.reduce((worst, at, i) => Math.max(worst, gap(at, i)), 0)).toBeLessThan(2.7)
}

const checkLaw = async (draw: (k: tf.Tensor) => tf.Tensor, cdf: (x: tf.Tensor) => tf.Tensor): Promise<Float32Array> => {
  const compiled = jit((k: tf.Tensor) => {
    const x = tf.cast(draw(k), 'float32')
    return [x, cdf(x)] as const
  })
  const [x, chances] = await compiled(key(2026))
  const values = x.dataSync<'float32'>()
  expectLaw(values, chances.dataSync())
  compiled.dispose()
  return values
}

const scalar = (x: number): tf.Tensor => tf.scalar(x)

describe('draws follow their law', () => {
  test.each([1, 2.5, 300, 1e6])('gamma of concentration %d', async (a) => {
    const x = await checkLaw(
      (k) => gamma(k, a, [DRAWS]),
      (x) => gammainc(scalar(a), x)
    )
    expectMean(x, a, Math.sqrt(a))
  })

  test.each([
    [1e-3, -5.763935983e-4],
    [0.3, -0.1081748095]
  ])('logarithms of gamma variables of concentration %d', async (a, logGammaOfNext) => {
    // far down, where z underflows, P(a, z) is z^a / Γ(a + 1)
    const powerLaw = (l: tf.Tensor): tf.Tensor => tf.exp(tf.sub(tf.mul(l, a), logGammaOfNext))
    await checkLaw(
      (k) => logGamma(k, a, [DRAWS]),
      (l) => tf.where(tf.less(l, -20), powerLaw(l), gammainc(scalar(a), tf.exp(tf.maximum(l, -20))))
    )
  })

  test.each([
    [0.5, 0.5],
    [2, 30],
    [3000, 1000]
  ])('beta of %d, %d', async (a, b) => {
    await checkLaw(
      (k) => beta(k, a, b, [DRAWS]),
      (x) => betainc(scalar(a), scalar(b), x)
    )
  })

  test.each([0, 0.1, 4, 1e4])('von Mises of concentration %d', async (k) => {
    await checkLaw(
      (at) => vonMises(at, k, [DRAWS]),
      (x) => vonMisesCdf(x, scalar(k))
    )
  })

  test.each([0.01, 3, 9.9, 10, 45, 1e5])('Poisson of rate %d', async (rate) => {
    const x = await checkLaw(
      (k) => poisson(k, rate, [DRAWS]),
      (k) => gammaincc(tf.add(k, 1), scalar(rate))
    )
    expectMean(x, rate, Math.sqrt(rate))
  })

  test.each([
    [1, 0.3],
    [12, 0.9],
    [40, 0.5],
    [1000, 0.004],
    [50_000, 0.3]
  ])('binomial of %d, %d', async (n, p) => {
    const x = await checkLaw(
      (k) => binomial(k, n, p, [DRAWS]),
      // P(X <= k) = I_{1-p}(n - k, k + 1), and 1 at k = n
      (k) => {
        const isLast = tf.equal(k, n)
        const left = tf.where(isLast, 1, tf.sub(n, k))
        return tf.where(isLast, 1, betainc(left, tf.add(k, 1), scalar(1 - p)))
      }
    )
    expectMean(x, n * p, Math.sqrt(n * p * (1 - p)))
  })

  test('certain and impossible counts', () => {
    expect(Array.from(binomial(key(0), tf.tensor1d([7, 7, 0]), tf.tensor1d([0, 1, 0.5])).dataSync())).toEqual([0, 7, 0])
    expect(Array.from(poisson(key(0), 0, [3]).dataSync())).toEqual([0, 0, 0])
  })

  test('rare counts come as often as they should', async () => {
    const compiled = jit((k: tf.Tensor) => poisson(k, 1e-4, [1_000_000]))
    const x = (await compiled(key(1))).dataSync()
    expectMean(x, 1e-4, 1e-2)
    compiled.dispose()
  })

  test('Dirichlet: points of the simplex, means, and logarithms where the points underflow', () => {
    const a = tf.tensor1d([0.5, 2, 7.5])
    const x = dirichlet(key(4), a, [20_000])
    expectClose(tf.sum(x, -1), tf.ones([20_000]), { atol: 2e-6, rtol: 0 })
    const columns = tf.unstack(x, 1)
    const means = [0.05, 0.2, 0.75]
    columns.forEach((c, i) => {
      expectMean(c.dataSync(), means[i]!, Math.sqrt((means[i]! * (1 - means[i]!)) / 11))
    })
    const logs = logDirichlet(key(5), tf.tensor1d([1e-3, 1e-3]), [100])
    expect(Math.min(...logs.dataSync())).toBeLessThan(-200)
    expect(logs.dataSync().every(Number.isFinite)).toBe(true)
  })
})

describe('the distribution function at a draw does not depend on the parameter: implicit derivatives', () => {
  const k = key(7)
  const rows: Readonly<Record<string, readonly [at: number, f: (p: tf.Tensor) => tf.Tensor]>> = {
    'gamma, few': [0.4, (a) => gammainc(a, gamma(k, a))],
    gamma: [2.5, (a) => gammainc(a, gamma(k, a))],
    'gamma, many': [1000, (a) => gammainc(a, gamma(k, a))],
    'von Mises, wide': [0.2, (c) => vonMisesCdf(vonMises(k, c), c)],
    'von Mises': [5, (c) => vonMisesCdf(vonMises(k, c), c)],
    'von Mises, narrow': [2000, (c) => vonMisesCdf(vonMises(k, c), c)]
  }

  test.each(Object.entries(rows))('%s, to second order', async (_, [at, f]) => {
    const parameter = tf.fill([50], at)
    const slope = grad((p: tf.Tensor) => tf.sum(f(p)))
    // relative to the size of what cancels, of order 1 / p and 1 / p^2
    const first = (p: tf.Tensor): tf.Tensor => tf.mul(slope(p), p)
    const second = (p: tf.Tensor): tf.Tensor => tf.mul(grad((q: tf.Tensor) => tf.sum(slope(q)))(p), tf.square(p))
    for (const y of await eagerAndCompiled(first, [parameter])) expectClose(y, tf.zeros([50]), { atol: 1e-4, rtol: 0 })
    for (const y of await eagerAndCompiled(second, [parameter])) expectClose(y, tf.zeros([50]), { atol: 5e-3, rtol: 0 })
  })

  test('implicit: a root with its derivatives to third order', () => {
    // y^3 = x
    const root = (x: tf.Tensor): tf.Tensor => implicit(tf.pow(x, 1 / 3), [x], (y) => [tf.div(1 / 3, tf.square(y))])
    const sum = (f: (x: tf.Tensor) => tf.Tensor) => grad((x: tf.Tensor) => tf.sum(f(x)))
    const x = tf.tensor1d([1, 8])
    const close = { atol: 0, rtol: 1e-5 }
    expectClose(sum(root)(x), [1 / 3, 1 / 12], close)
    expectClose(sum(sum(root))(x), [-2 / 9, -1 / 144], close)
    expectClose(sum(sum(sum(root)))(x), [10 / 27, 10 / 6912], close)
  })
})

describe('parameters', () => {
  test('shapes: those of the parameters together, or one that they broadcast to', () => {
    expect(beta(key(0), tf.ones([3, 1]), tf.ones([2])).shape).toEqual([3, 2])
    expect(gamma(key(0), 1).shape).toEqual([])
    expect(gamma(key(0), tf.ones([0, 2])).shape).toEqual([0, 2])
    expect(() => gamma(key(0), tf.ones([3]), [2])).toThrow(/concentration: expected a shape that broadcasts to \[2\]/)
    expect(() => beta(key(0), tf.ones([3]), tf.ones([2]))).toThrow(/a, b: expected shapes that broadcast together/)
  })

  test('what is no parameter gives NaN, and ends', () => {
    const x = gamma(key(0), tf.tensor1d([NaN, 1]))
    expect(Array.from(x.dataSync()).map(Number.isNaN)).toEqual([true, false])
  })
})
