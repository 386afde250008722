// Keys and samplers under the transformations, their errors, and statistics that bit-equality alone does not show.
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { jit, scan, vmap } from '@bdl/compiler'
import { eagerAndCompiled, expectClose, expectKs, expectMean, expectNoLeak, expectVariance } from '@bdl/testing'
import {
  bernoulli,
  beta,
  binomial,
  bits,
  categorical,
  cauchy,
  dirichlet,
  exponential,
  foldIn,
  gamma,
  gumbel,
  key,
  laplace,
  logGamma,
  logistic,
  ndtr,
  normal,
  permutation,
  poisson,
  rademacher,
  randint,
  split,
  splitStack,
  truncatedNormal,
  uniform
} from '../src/index'

const exact = { atol: 0, rtol: 0 }
const rounding = { atol: 2e-6, rtol: 5e-6 }

type Sampler = (key: tf.Tensor) => tf.Tensor

const seven = tf.scalar(7, 'int32')
const [low, high] = [tf.scalar(-1), tf.tensor1d([0, 1, 2])]
const chances = tf.tensor1d([0.1, 0.6])
const rates = tf.tensor1d([2, 20])
const spreadOut = tf.tensor1d([0.1, 1, 100])
const logits = tf.tensor2d([
  [0, 1, 2],
  [3, 0, 1]
])

const samplers: Readonly<Record<string, Sampler>> = {
  split: (k) => splitStack(k, [2, 3]),
  foldIn: (k) => foldIn(k, seven),
  bits: (k) => bits(k, [2, 3]),
  uniform: (k) => uniform(k, [2, 3], { minval: low, maxval: high }),
  normal: (k) => normal(k, [5]),
  randint: (k) => randint(k, [4], -3, 1000),
  permutation: (k) => permutation(k, 9),
  bernoulli: (k) => bernoulli(k, chances, [3, 2]),
  exponential: (k) => exponential(k, [2]),
  gumbel: (k) => gumbel(k, []),
  laplace: (k) => laplace(k, [3]),
  logistic: (k) => logistic(k, [3]),
  cauchy: (k) => cauchy(k, [3]),
  truncatedNormal: (k) => truncatedNormal(k, -0.5, 2, [3]),
  rademacher: (k) => rademacher(k, [4]),
  categorical: (k) => categorical(k, logits, [4, 2]),
  gamma: (k) => gamma(k, spreadOut, [4, 3]),
  logGamma: (k) => logGamma(k, 0.01, [5]),
  beta: (k) => beta(k, spreadOut, 2),
  dirichlet: (k) => dirichlet(k, spreadOut, [2]),
  poisson: (k) => poisson(k, rates, [3, 2]),
  binomial: (k) => binomial(k, 40, chances, [3, 2])
}

describe('every sampler is the same in and under every transformation', () => {
  const keys = splitStack(key(11), 3)
  const members = tf.unstack(keys)

  test.each(Object.entries(samplers))('%s', async (name, draw) => {
    const expected = tf.stack(members.map(draw))
    const overScan: Sampler = (ks) =>
      scan((carry: tf.Tensor, k: tf.Tensor) => [carry, draw(k)] as const, tf.scalar(0), ks)[1]
    const tolerance = expected.dtype === 'float32' ? rounding : exact
    for (const batched of await eagerAndCompiled(vmap(draw), [keys]))
      expectClose(batched, expected, tolerance, `vmap ${name}`)
    for (const scanned of await eagerAndCompiled(overScan, [keys]))
      expectClose(scanned, expected, tolerance, `scan ${name}`)
    expectNoLeak(() => draw(members[0]!))
  })

  test('a split inside a loop carries the key on', async () => {
    const walk: Sampler = (k) => {
      const body = (carry: tf.Tensor, _: tf.Tensor) => {
        const [next, use] = split(carry)
        return [next, normal(use, [])] as const
      }
      return scan(body, k, tf.zeros([4]))[1]
    }
    const steps: number[] = []
    let current = key(3)
    for (let i = 0; i < 4; i++) {
      const [next, use] = split(current)
      steps.push(normal(use, []).dataSync()[0]!)
      current = next
    }
    const compiled = jit(walk)
    expectClose(await compiled(key(3)), steps, rounding)
    compiled.dispose()
  })
})

describe('keys', () => {
  test('children, siblings and folds are all different', () => {
    const k = key(0)
    const all = [...split(k, 50), ...Array.from({ length: 50 }, (_, i) => foldIn(key(1), i)), k]
    expect(new Set(all.map((x) => x.dataSync().join())).size).toBe(101)
  })

  test('the number of keys is in the type', () => {
    const [a, b, c]: readonly [tf.Tensor, tf.Tensor, tf.Tensor] = split(key(0), 3)
    expect([a, b, c].map((k) => k.shape)).toEqual([[2], [2], [2]])
  })

  test('errors: seed, batches of keys, dtype, counts', () => {
    expect(() => key(0.5)).toThrow(/key: seed: expected an integer in \[-2\^31, 2\^32\), got 0.5/)
    expect(() => key(2 ** 32)).toThrow(/4294967296/)
    expect(() => bits(tf.zeros([3, 2], 'int32'), [2])).toThrow(/bits: key: expected one key, shape \[2\], got \[3, 2\]/)
    expect(() => bits(tf.zeros([2]), [2])).toThrow(/expected an int32 key, got float32/)
    expect(() => split(key(0), 0)).toThrow(/split: n/)
    expect(() => splitStack(key(0), [2, -1])).toThrow(/splitStack: shape/)
  })
})

describe('randint and permutation', () => {
  test('the full range of int32, and spans beyond 2^31', () => {
    const draws = Array.from(randint(key(1), [4000], -(2 ** 31), 2 ** 31 - 1).dataSync())
    expect(Math.min(...draws)).toBeLessThan(-2e9)
    expect(Math.max(...draws)).toBeGreaterThan(2e9)
    expectMean(draws, -0.5, 2 ** 32 / Math.sqrt(12))
    const upper = Array.from(randint(key(2), [4000], -(2 ** 31), 2 ** 30).dataSync())
    expect(Math.max(...upper)).toBeLessThan(2 ** 30)
    // 2^32 is 4/3 spans: the lowest third comes twice as often, as in JAX
    expectMean(upper, -(2 ** 31) + 1.25 * 2 ** 30, 2 ** 30)
  })

  test('an empty interval gives its lower end', () => {
    expect(Array.from(randint(key(1), [3], 5, 5).dataSync())).toEqual([5, 5, 5])
  })

  test.each([0, 1, 2, 1000])('a permutation of %i is one', (n) => {
    expect(Array.from(permutation(key(4), n).dataSync()).sort((a, b) => a - b)).toEqual(
      Array.from({ length: n }, (_, i) => i)
    )
  })

  test('errors', () => {
    expect(() => randint(key(0), [1], 0, 2 ** 31)).toThrow(/randint: maxval: expected an int32/)
    expect(() => randint(key(0), [1], 0.5, 2)).toThrow(/randint: minval/)
    expect(() => permutation(key(0), -1)).toThrow(/permutation: n/)
    expect(() => truncatedNormal(key(0), 1, 1, [])).toThrow(
      /truncatedNormal: lower, upper: expected lower < upper, got 1, 1/
    )
    expect(() => categorical(key(0), tf.zeros([2, 3]), [5])).toThrow(/categorical: shape: expected \[\.\.\., 2\]/)
  })
})

describe('laws of the samplers', () => {
  const n = 20000
  const draws = (f: (k: tf.Tensor, shape: readonly number[]) => tf.Tensor): Float32Array =>
    f(key(2026), [n]).dataSync<'float32'>()
  const phi = (x: number): number => ndtr(tf.scalar(x)).dataSync()[0]!

  test.each([
    ['uniform', uniform, (x: number) => x],
    ['exponential', exponential, (x: number) => -Math.expm1(-x)],
    ['gumbel', gumbel, (x: number) => Math.exp(-Math.exp(-x))],
    ['laplace', laplace, (x: number) => (x < 0 ? Math.exp(x) / 2 : 1 - Math.exp(-x) / 2)],
    ['logistic', logistic, (x: number) => 1 / (1 + Math.exp(-x))],
    ['cauchy', cauchy, (x: number) => 0.5 + Math.atan(x) / Math.PI]
  ] as const)('%s follows its distribution function', (_, f, cdf) => expectKs(draws(f), cdf))

  test('normal: distribution, mean, variance', () => {
    const x = draws(normal)
    expectKs(x.slice(0, 2000), phi)
    expectMean(x, 0, 1)
    expectVariance(x, 0, 1)
  })

  test('truncated normal: inside its ends, with the conditioned distribution', () => {
    const x = truncatedNormal(key(5), -1, 2, [2000]).dataSync()
    expect(Math.min(...x)).toBeGreaterThan(-1)
    expect(Math.max(...x)).toBeLessThan(2)
    const [low, high] = [phi(-1), phi(2)]
    expectKs(x, (t) => (phi(t) - low) / (high - low))
    const half = truncatedNormal(key(6), 0, Infinity, [2000]).dataSync()
    expectKs(half, (t) => 2 * phi(t) - 1)
  })

  test('categorical: frequencies, and what has no mass never comes', () => {
    const x = Array.from(categorical(key(8), tf.tensor1d([0, -Infinity, Math.log(3)]), [n]).dataSync())
    expect(x.includes(1)).toBe(false)
    expectMean(
      x.map((i) => Number(i === 2)),
      0.75,
      Math.sqrt(0.75 * 0.25)
    )
  })
})
