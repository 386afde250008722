// Every family over tensors, as `drawn.ts` draws its parameters.
import * as tf from '@tensorflow/tfjs-core'
import { exp } from '@bdl/bijectors'
import { diagPart, matrixProduct, setDiag, tril } from '@bdl/core'
import * as d from '../../src/index'
import type { Tensors } from '../rows/row'
import { between, chance, count, eventOf, location, matrix, size, whole, type DrawnFamily } from './drawn'

const loc = location
const scale = size
const classes = eventOf(location, 3)
/** Rows of probabilities. */
const weightsOf = (x: tf.Tensor): d.ClassWeights => ({ probs: tf.softmax(x) })
/** A lower triangle with a positive diagonal. */
const factorOf = (a: tf.Tensor): tf.Tensor => setDiag(tril(a), tf.exp(tf.sub(diagPart(a), 1)))
const widthOf = (p: Tensors): tf.Tensor => tf.add(p['low']!, p['width']!)
/** Shares below this come so near to 0 or 1 that float32 has only the end. */
const concentration = between(0.8, 30)

const continuous: Readonly<Record<string, DrawnFamily>> = {
  beta: { parameters: { a: concentration, b: concentration }, make: (p) => d.beta(p['a']!, p['b']!) },
  cauchy: { parameters: { loc, scale }, make: (p) => d.cauchy(p['loc']!, p['scale']!) },
  exponential: { parameters: { rate: size }, make: (p) => d.exponential(p['rate']!) },
  gamma: { parameters: { a: concentration, rate: size }, make: (p) => d.gamma(p['a']!, p['rate']!) },
  gumbel: { parameters: { loc, scale }, make: (p) => d.gumbel(p['loc']!, p['scale']!) },
  halfCauchy: { parameters: { loc, scale }, make: (p) => d.halfCauchy(p['loc']!, p['scale']!) },
  halfNormal: { parameters: { scale }, make: (p) => d.halfNormal(p['scale']!) },
  inverseGamma: { parameters: { a: concentration, scale }, make: (p) => d.inverseGamma(p['a']!, p['scale']!) },
  laplace: { parameters: { loc, scale }, make: (p) => d.laplace(p['loc']!, p['scale']!) },
  logNormal: { parameters: { loc, scale: between(0.1, 2) }, make: (p) => d.logNormal(p['loc']!, p['scale']!) },
  logistic: { parameters: { loc, scale }, make: (p) => d.logistic(p['loc']!, p['scale']!) },
  normal: { parameters: { loc, scale }, make: (p) => d.normal(p['loc']!, p['scale']!) },
  studentT: {
    parameters: { df: between(0.8, 50), loc, scale },
    make: (p) => d.studentT(p['df']!, p['loc']!, p['scale']!)
  },
  truncatedNormal: {
    parameters: { loc, scale, low: location, width: size },
    make: (p) => d.truncatedNormal(p['loc']!, p['scale']!, p['low']!, widthOf(p))
  },
  uniform: { parameters: { low: location, width: size }, make: (p) => d.uniform(p['low']!, widthOf(p)) },
  vonMises: { parameters: { loc, k: between(0.1, 100) }, make: (p) => d.vonMises(p['loc']!, p['k']!) }
}

const discrete: Readonly<Record<string, DrawnFamily>> = {
  bernoulli: { parameters: { probs: chance }, make: (p) => d.bernoulli({ probs: p['probs']! }) },
  'bernoulli of logits': { parameters: { logits: loc }, make: (p) => d.bernoulli({ logits: p['logits']! }) },
  binomial: {
    parameters: { n: count, probs: chance },
    make: (p) => d.binomial(p['n']!, { probs: p['probs']! })
  },
  'binomial of logits': {
    parameters: { n: count, logits: loc },
    make: (p) => d.binomial(p['n']!, { logits: p['logits']! })
  },
  categorical: { parameters: { logits: classes }, make: (p) => d.categorical({ logits: p['logits']! }) },
  'categorical of probabilities': { parameters: { classes }, make: (p) => d.categorical(weightsOf(p['classes']!)) },
  geometric: { parameters: { probs: chance }, make: (p) => d.geometric({ probs: p['probs']! }) },
  'geometric of logits': { parameters: { logits: loc }, make: (p) => d.geometric({ logits: p['logits']! }) },
  multinomial: {
    parameters: { n: count, logits: whole(classes) },
    make: (p) => d.multinomial(p['n']!, { logits: p['logits']! })
  },
  negativeBinomial: {
    parameters: { n: size, probs: chance },
    make: (p) => d.negativeBinomial(p['n']!, { probs: p['probs']! })
  },
  'negativeBinomial of logits': {
    parameters: { n: size, logits: loc },
    make: (p) => d.negativeBinomial(p['n']!, { logits: p['logits']! })
  },
  oneHotCategorical: { parameters: { logits: classes }, make: (p) => d.oneHotCategorical({ logits: p['logits']! }) },
  poisson: { parameters: { rate: between(0.1, 100) }, make: (p) => d.poisson(p['rate']!) }
}

const vectors = { loc: eventOf(loc, 3), scale: eventOf(scale, 3) }

const multivariate: Readonly<Record<string, DrawnFamily>> = {
  dirichlet: { parameters: { a: eventOf(concentration, 3) }, make: (p) => d.dirichlet(p['a']!) },
  lkjCholesky: { parameters: { eta: concentration }, make: (p) => d.lkjCholesky(3, p['eta']!) },
  matrixNormal: {
    parameters: { loc: eventOf(loc, 2, 3), a: matrix(2), b: matrix(3) },
    make: (p) => d.matrixNormal(p['loc']!, factorOf(p['a']!), factorOf(p['b']!))
  },
  multivariateNormal: {
    parameters: { loc: vectors.loc, a: matrix(3) },
    make: (p) => {
      const factor = factorOf(p['a']!)
      return d.multivariateNormal(p['loc']!, matrixProduct(factor, factor, { transposeB: true }))
    },
    tolerance: 1e-3
  },
  multivariateNormalDiag: {
    parameters: vectors,
    make: (p) => d.multivariateNormalDiag(p['loc']!, p['scale']!)
  },
  multivariateNormalLowRank: {
    parameters: { loc: vectors.loc, factor: eventOf(loc, 3, 2), variances: eventOf(between(0.3, 3), 3) },
    make: (p) => d.multivariateNormalLowRank(p['loc']!, p['factor']!, p['variances']!),
    tolerance: 1e-3
  },
  multivariateNormalTriL: {
    parameters: { loc: vectors.loc, a: matrix(3) },
    make: (p) => d.multivariateNormalTriL(p['loc']!, factorOf(p['a']!))
  },
  wishart: {
    parameters: { more: between(1, 20), a: matrix(3) },
    make: (p) => d.wishart(tf.add(p['more']!, 2), factorOf(p['a']!)),
    tolerance: 1e-3
  }
}

const temperature = between(0.5, 3)
const mixed = { logits: whole(classes), loc: whole(eventOf(loc, 3)), scale: eventOf(scale, 3) }

const combinators: Readonly<Record<string, DrawnFamily>> = {
  deterministic: { parameters: { loc }, make: (p) => d.deterministic(p['loc']!) },
  expRelaxedOneHot: {
    parameters: { temperature, logits: classes },
    make: (p) => d.expRelaxedOneHot(p['temperature']!, { logits: p['logits']! })
  },
  gumbelSoftmax: {
    parameters: { temperature: between(1, 3), logits: classes },
    make: (p) => d.gumbelSoftmax(p['temperature']!, { logits: p['logits']! })
  },
  horseshoe: { parameters: { scale }, make: (p) => d.horseshoe(p['scale']!) },
  independent: {
    parameters: vectors,
    make: (p) => d.independent(1)(d.normal(p['loc']!, p['scale']!))
  },
  mixture: {
    parameters: mixed,
    make: (p) => d.mixture({ logits: p['logits']! }, d.normal(p['loc']!, p['scale']!))
  },
  'mixture of counts': {
    parameters: { logits: whole(classes), rate: whole(eventOf(size, 3)) },
    make: (p) => d.mixture({ logits: p['logits']! }, d.poisson(p['rate']!))
  },
  mixtureOf: {
    parameters: { logits: whole(eventOf(loc, 2)), loc: whole(loc), scale },
    make: (p) =>
      d.mixtureOf({ logits: p['logits']! }, [d.normal(p['loc']!, p['scale']!), d.laplace(p['loc']!, p['scale']!)])
  },
  scaleMixtureNormal: {
    parameters: { pi: chance, sigma1: size, sigma2: size },
    make: (p) => d.scaleMixtureNormal({ pi: p['pi']!, sigma1: p['sigma1']!, sigma2: p['sigma2']! })
  },
  transformed: {
    parameters: { loc, scale: between(0.1, 1) },
    make: (p) => d.transformed(d.normal(p['loc']!, p['scale']!), exp)
  }
}

export const drawnFamilies: Readonly<Record<string, DrawnFamily>> = {
  ...continuous,
  ...discrete,
  ...multivariate,
  ...combinators
}
