// Wrong parameters throw where they are given, nothing is read while tracing, and checks can be turned off.
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { jit } from '@bdl/compiler'
import { exp } from '@bdl/bijectors'
import { isBdlError, withoutValidation } from '@bdl/core'
import * as constraints from '../src/constraint'
import * as index from '../src/index'

const t = tf.tensor1d
const not = (...x: number[]): tf.Tensor => t([1, ...x])
const { normal } = index

type Wrong = readonly [name: keyof typeof index, argument: RegExp, make: (bad: tf.Tensor) => unknown, bad: tf.Tensor]

/** A tensor of parameters with one wrong entry, for every family that has parameters with values to be wrong. */
const wrong: readonly Wrong[] = [
  ['bernoulli', /probs/, (p) => index.bernoulli({ probs: p }), not(1.5)],
  ['beta', /concentration1/, (p) => index.beta(p, 1), not(0)],
  ['beta', /concentration0/, (p) => index.beta(1, p), not(-1)],
  ['binomial', /totalCount/, (p) => index.binomial(p, { probs: 0.5 }), not(2.5)],
  ['binomial', /probs/, (p) => index.binomial(2, { probs: p }), not(-0.1)],
  ['categorical', /probs/, (p) => index.categorical({ probs: p }), t([0.5, 0.6])],
  ['categorical', /logits/, (p) => index.categorical({ logits: p }), t([-Infinity, -Infinity])],
  ['cauchy', /scale/, (p) => index.cauchy(0, p), not(0)],
  ['deterministic', /loc/, (p) => index.deterministic(p), not(NaN)],
  ['dirichlet', /concentration/, (p) => index.dirichlet(p), not(0)],
  ['empirical', /weights|probs/, (p) => index.empirical(t([1, 2]), { weights: { probs: p } }), t([0.5, 0.6])],
  ['exponential', /rate/, (p) => index.exponential(p), not(-1)],
  ['expRelaxedOneHot', /temperature/, (p) => index.expRelaxedOneHot(p, { logits: tf.zeros([2, 3]) }), not(0)],
  ['gamma', /concentration/, (p) => index.gamma(p, 1), not(0)],
  ['gamma', /rate/, (p) => index.gamma(1, p), not(NaN)],
  ['geometric', /probs/, (p) => index.geometric({ probs: p }), not(0)],
  ['gumbel', /scale/, (p) => index.gumbel(0, p), not(0)],
  ['gumbelSoftmax', /temperature/, (p) => index.gumbelSoftmax(p, { logits: tf.zeros([2, 3]) }), not(-1)],
  ['halfCauchy', /scale/, (p) => index.halfCauchy(0, p), not(0)],
  ['halfNormal', /scale/, (p) => index.halfNormal(p), not(0)],
  ['horseshoe', /scale/, (p) => index.horseshoe(p), not(Infinity)],
  ['inverseGamma', /scale/, (p) => index.inverseGamma(1, p), not(0)],
  ['laplace', /scale/, (p) => index.laplace(0, p), not(-2)],
  ['lkjCholesky', /concentration/, (p) => index.lkjCholesky(3, p), not(0)],
  ['logNormal', /scale/, (p) => index.logNormal(0, p), not(0)],
  ['logistic', /scale/, (p) => index.logistic(0, p), not(0)],
  ['mixture', /probs/, (p) => index.mixture({ probs: p }, normal(t([0, 1]), 1)), t([0.5, 0.6])],
  ['mixtureOf', /probs/, (p) => index.mixtureOf({ probs: p }, [normal(0, 1), normal(0, 2)]), t([1.5, -0.5])],
  ['multinomial', /probs/, (p) => index.multinomial(3, { probs: p }), t([0.5, 0.6])],
  ['multinomial', /totalCount/, (p) => index.multinomial(p, { logits: tf.zeros([2, 3]) }), not(-1)],
  ['multivariateNormalDiag', /scale/i, (p) => index.multivariateNormalDiag(tf.zeros([2]), p), not(0)],
  ['negativeBinomial', /totalCount/, (p) => index.negativeBinomial(p, { probs: 0.5 }), not(0)],
  ['negativeBinomial', /probs/, (p) => index.negativeBinomial(2, { probs: p }), t([0.5, 1])],
  ['normal', /scale/, (p) => normal(0, p), not(0)],
  ['oneHotCategorical', /probs/, (p) => index.oneHotCategorical({ probs: p }), t([0.5, 0.6])],
  ['poisson', /rate/, (p) => index.poisson(p), not(-1)],
  ['scaleMixtureNormal', /pi/, (p) => index.scaleMixtureNormal({ pi: p, sigma1: 1, sigma2: 1 }), not(1.5)],
  ['scaleMixtureNormal', /sigma2/, (p) => index.scaleMixtureNormal({ pi: 0.5, sigma1: 1, sigma2: p }), not(0)],
  ['studentT', /df/, (p) => index.studentT(p, 0, 1), not(0)],
  ['truncatedNormal', /low|high/, (p) => index.truncatedNormal(0, 1, p, 1), not(2)],
  ['uniform', /low|high/, (p) => index.uniform(p, 1), not(2)],
  ['vonMises', /concentration/, (p) => index.vonMises(0, p), not(-1)]
]

/** Families whose wrong parameters are matrices or shapes, and the test that has them. */
const elsewhere: Readonly<Record<string, string>> = {
  independent: 'laws.test.ts',
  joint: 'laws.test.ts',
  matrixNormal: 'multivariate.test.ts',
  multivariateNormal: 'multivariate.test.ts',
  multivariateNormalLowRank: 'multivariate.test.ts',
  multivariateNormalTriL: 'multivariate.test.ts',
  normalTree: 'laws.test.ts',
  priorTree: 'combinators.test.ts',
  transformed: 'laws.test.ts',
  wishart: 'multivariate.test.ts'
}

test('every public family stands in the table, or where else it does', () => {
  const inTable = wrong.map(([name]) => name)
  const others = ['distribution', 'kl', 'klMonteCarlo', 'klRules', 'klWith']
  const left = Object.keys(index).filter(
    (name) => !(name in constraints) && !others.includes(name) && !inTable.some((one) => one === name)
  )
  expect(left.sort()).toEqual(Object.keys(elsewhere).sort())
})

describe.each(wrong)('%s: %s', (name, argument, make, bad) => {
  test('throws, naming function and argument', () => {
    const caught = (() => {
      try {
        make(bad)
      } catch (error) {
        return error
      }
    })()
    if (!isBdlError(caught)) throw new Error(`no BdlError: ${String(caught)}`)
    expect([caught.code, caught.message]).toEqual([
      expect.stringMatching(/InvalidArgument/),
      expect.stringMatching(new RegExp(`^${name}: .*(${argument.source})`, argument.flags))
    ])
  })

  test('is not read while tracing, nor without validation', async () => {
    withoutValidation(() => make(bad))
    const f = jit((p: tf.Tensor) => {
      make(p)
      return tf.neg(p)
    })
    expect((await f(bad)).shape).toEqual(bad.shape)
    f.dispose()
  })
})

test('numbers are always checked', () => {
  expect(() => withoutValidation(() => index.poisson(-1))).toThrow(/poisson: rate/)
  expect(() => withoutValidation(() => index.bernoulli({ probs: 2 }))).toThrow(/bernoulli: probs/)
})

test('one form of odds and weights, shapes that fit', () => {
  expect(() => index.bernoulli({ probs: 0.5, logits: 0 })).toThrow(/bernoulli: options: expected probs or logits/)
  expect(() => index.categorical({ logits: tf.zeros([2, 0]) })).toThrow(/categorical: logits: expected shape/)
  expect(() => index.binomial(tf.ones([2]), { probs: tf.ones([3]) })).toThrow(/binomial: .*broadcast/)
  expect(() => index.multinomial(tf.ones([3]), { logits: tf.zeros([2, 4]) })).toThrow(/multinomial: /)
  expect(() => index.mixture({ logits: tf.zeros([2]) }, normal(0, 1))).toThrow(/mixture: components: expected batch/)
  expect(() => index.mixtureOf({ logits: tf.zeros([2]) }, [normal(0, 1)])).toThrow(/mixtureOf: parts: expected 2/)
  expect(() => index.empirical(tf.zeros([0]))).toThrow(/empirical: samples/)
  expect(() => index.integersBelow(0)).toThrow(/integersBelow: n/)
  expect(() => index.integerInterval(2, 1)).toThrow(/integerInterval: low, high/)
})

test('transformed has a density to move: of a discrete base it says so', () => {
  const { poisson, categorical, deterministic, empirical, independent, mixture, mixtureOf, multinomial, transformed } = index
  const logits = tf.zeros([3])
  const bases = [
    ...[poisson(2), categorical({ logits }), multinomial(2, { logits }), deterministic(1), empirical(t([1, 2]))],
    ...[independent(1)(poisson(t([1, 2]))), mixture({ logits: tf.zeros([2]) }, poisson(t([1, 2])))],
    mixtureOf({ logits: tf.zeros([2]) }, [poisson(1), poisson(2)])
  ]
  for (const base of bases)
    expect(() => transformed(base, exp)).toThrow(/transformed: base: expected a distribution with a density.*Transform the draws/s)
  expect(transformed(independent(1)(normal(t([1, 2]), 1)), exp).support.isDiscrete).toBe(false)
}) // prettier-ignore
