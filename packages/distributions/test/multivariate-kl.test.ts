// Divergences of vectors and matrices: between forms, against closed forms in 40 digits, against draws.
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { cholesky, key, scoped } from '@bdl/core'
import { eagerAndCompiled, expectClose, expectNoLeak } from '@bdl/testing'
import {
  dirichlet,
  kl,
  matrixNormal,
  multivariateNormal,
  multivariateNormalDiag,
  multivariateNormalLowRank,
  multivariateNormalTriL,
  wishart,
  type Distribution
} from '../src/index'

const close = { atol: 2e-5, rtol: 2e-5 }
const factor = tf.tensor2d([1.5, 0, 0, -0.5, 0.75, 0, 0.25, 1, 2], [3, 3])
const columns = tf.tensor2d([1, 0, 0.5, 2], [2, 2])
const lowRank = tf.tensor2d([1, 0.5, -2, 0, 0.25, 1], [3, 2])
const scale = tf.tensor1d([0.5, 1, 3])
const locs = tf.tensor2d([0, 1, -2, 3, 0, 0.5], [2, 3])

/** Each form of a normal vector, and the same with its covariance in full. */
const forms: Readonly<Record<string, (loc: tf.Tensor | number) => Distribution>> = {
  diag: (loc) => multivariateNormalDiag(loc, scale),
  tril: (loc) => multivariateNormalTriL(loc, factor),
  full: (loc) => multivariateNormal(loc, tf.matMul(factor, factor, false, true)),
  'low rank': (loc) => multivariateNormalLowRank(loc, lowRank, scale)
}
const pairs = Object.keys(forms).flatMap((p) => Object.keys(forms).map((q) => [p, q] as const))

describe('normal vectors', () => {
  test.each(pairs)('%s from %s: as between covariances in full, also in batches', (p, q) => {
    const [a, b] = [forms[p]!(locs), forms[q]!(0.5)]
    const inFull = (d: Distribution): Distribution => multivariateNormal(d.mean!(), d.covariance!())
    expectClose(kl(a, b), kl(inFull(a), inFull(b)), close)
    expectClose(kl(b, a), kl(inFull(b), inFull(a)), close)
    expect(kl(a, b).shape).toEqual([2])
    expectNoLeak(() => kl(a, b))
  })

  test('of numbers and of a batch of factors', () => {
    const many = multivariateNormalTriL(0, tf.stack([factor, tf.mul(factor, 2), tf.eye(3)]))
    const one = multivariateNormalTriL(1, factor)
    const each = [factor, tf.mul(factor, 2), tf.eye(3)].map((l) => kl(one, multivariateNormalTriL(0, l)))
    expectClose(kl(one, many), tf.stack(each), close)
    expectClose(kl(multivariateNormalLowRank(0, lowRank, 1), many).shape, [3], close)
  })

  test('nearly equal scales: no cancellation', () => {
    const [p, q] = [multivariateNormalDiag(0, tf.ones([3])), multivariateNormalDiag(0, tf.fill([3], 1 + 2 ** -12))]
    // 3 (log s + (1 / s^2 - 1) / 2) with s = 1 + 2^-12: 3 (e^2 - 5 e^3 / 3), e = 2^-12
    const e = 2 ** -12
    expectClose(kl(p, q), 3 * (e ** 2 - (5 / 3) * e ** 3), { atol: 0, rtol: 1e-3 })
  })

  test('of other sizes there is none', () => {
    expect(() => kl(multivariateNormalDiag(0, tf.ones([2])), multivariateNormalDiag(0, tf.ones([3])))).toThrow(
      /closed form/
    )
  })
})

describe('closed forms in 40 digits', () => {
  test('Dirichlet, of small and of large concentrations', async () => {
    const f = (a: tf.Tensor, b: tf.Tensor) => kl(dirichlet(a), dirichlet(b))
    const small = [tf.tensor1d([0.01, 2, 3]), tf.tensor1d([0.02, 1, 5])] as [tf.Tensor, tf.Tensor]
    for (const y of await eagerAndCompiled(f, small)) expectClose(y, 1.263943301969745, close)
    const large = [tf.tensor1d([2e4, 5e4, 1.3e5]), tf.tensor1d([20_100, 49_500, 130_500])] as [tf.Tensor, tf.Tensor]
    for (const y of await eagerAndCompiled(f, large)) expectClose(y, 3.693306898053548, close)
  })

  test('Wishart, of few and of many degrees of freedom', async () => {
    const l = cholesky(tf.tensor2d([1.5, 0.3, 0.1, 0.3, 1, 0.2, 0.1, 0.2, 2], [3, 3]))
    const other = cholesky(tf.mul(tf.eye(3), 1.25))
    const few = (p: tf.Tensor, q: tf.Tensor) => kl(wishart(5, p), wishart(7.5, q))
    for (const y of await eagerAndCompiled(few, [l, other])) expectClose(y, 1.4814263811334585, close)
    const many = (p: tf.Tensor) => kl(wishart(5000, p), wishart(5100, p))
    for (const y of await eagerAndCompiled(many, [l])) expectClose(y, 1.4906911889051597, close)
  })

  test('of a distribution from itself: zero', () => {
    const all = [...Object.values(forms).map((form) => form(0)), wishart(5, factor), matrixNormal(0, factor, columns)]
    for (const d of [...all, dirichlet(tf.tensor1d([0.5, 1e5]))]) expectClose(kl(d, d), 0, { atol: 2e-6, rtol: 0 })
  })
})

/** The mean of log p - log q over draws of p, within 5 standard errors. */
const expectByDraws = (p: Distribution, q: Distribution): void =>
  scoped(() => {
    const [x, logP] = p.sampleAndLogProb(key(11), [20_000])
    const gaps = tf.sub(logP, q.logProb(x))
    const mean = tf.mean(gaps)
    const error = Math.sqrt(tf.mean(tf.square(tf.sub(gaps, mean))).dataSync()[0]! / 20_000)
    expect(Math.abs(mean.dataSync()[0]! - kl(p, q).dataSync()[0]!)).toBeLessThanOrEqual(5 * error)
  })

test.each<readonly [string, Distribution, Distribution]>([
  ['Wishart', wishart(6, factor), wishart(4.5, tf.mul(tf.eye(3), 1.5))],
  ['matrix normal', matrixNormal(0.5, factor, columns), matrixNormal(0, tf.mul(tf.eye(3), 2), columns)],
  ['matrix normal, other columns', matrixNormal(0, factor, tf.eye(2)), matrixNormal(0, tf.mul(factor, 1.5), columns)],
  ['Dirichlet', dirichlet(tf.tensor1d([0.5, 2, 3])), dirichlet(tf.tensor1d([1, 1.5, 4]))],
  ['low rank from a diagonal', forms['low rank']!(0), forms['diag']!(0.5)]
])('%s: the mean of log p - log q over draws of p', (_, p, q) => expectByDraws(p, q))
