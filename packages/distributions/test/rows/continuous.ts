import * as tf from '@tensorflow/tfjs-core'
import {
  beta,
  cauchy,
  exponential,
  gamma,
  gumbel,
  halfCauchy,
  halfNormal,
  inverseGamma,
  laplace,
  logistic,
  logNormal,
  normal,
  studentT,
  truncatedNormal,
  uniform,
  vonMises
} from '../../src/index'
import type { Rows } from './row'

const loc = tf.tensor1d([0, 1, -2])
const scales = tf.tensor1d([0.5, 1, 3])
const concentrations = tf.tensor1d([0.3, 1, 40])

export const continuous: Rows = {
  golden: {
    Beta: { make: (p) => beta(p['concentration1']!, p['concentration0']!), dtype: 'float32' },
    Cauchy: { make: (p) => cauchy(p['loc']!, p['scale']!), dtype: 'float32' },
    Exponential: { make: (p) => exponential(p['rate']!), dtype: 'float32' },
    Gamma: { make: (p) => gamma(p['concentration']!, p['rate']!), dtype: 'float32' },
    Gumbel: { make: (p) => gumbel(p['loc']!, p['scale']!), dtype: 'float32' },
    HalfCauchy: { make: (p) => halfCauchy(p['loc']!, p['scale']!), dtype: 'float32' },
    HalfNormal: { make: (p) => halfNormal(p['scale']!), dtype: 'float32' },
    InverseGamma: { make: (p) => inverseGamma(p['concentration']!, p['scale']!), dtype: 'float32' },
    Laplace: { make: (p) => laplace(p['loc']!, p['scale']!), dtype: 'float32' },
    Logistic: { make: (p) => logistic(p['loc']!, p['scale']!), dtype: 'float32' },
    LogNormal: { make: (p) => logNormal(p['loc']!, p['scale']!), dtype: 'float32' },
    Normal: { make: (p) => normal(p['loc']!, p['scale']!), dtype: 'float32' },
    StudentT: { make: (p) => studentT(p['df']!, p['loc']!, p['scale']!), dtype: 'float32' },
    TruncatedNormal: {
      make: (p) => truncatedNormal(p['loc']!, p['scale']!, p['low']!, p['high']!),
      dtype: 'float32'
    },
    Uniform: { make: (p) => uniform(p['low']!, p['high']!), dtype: 'float32' },
    VonMises: { make: (p) => vonMises(p['loc']!, p['concentration']!), dtype: 'float32' }
  },
  laws: {
    beta: beta(tf.tensor1d([0.6, 2, 30]), tf.tensor1d([0.7, 1.5, 5])),
    cauchy: cauchy(loc, scales),
    exponential: exponential(scales),
    gamma: gamma(concentrations, tf.tensor2d([[0.5], [4]])),
    'gamma of numbers': gamma(2, 3),
    gumbel: gumbel(loc, scales),
    halfCauchy: halfCauchy(0, scales),
    'halfCauchy elsewhere': halfCauchy(loc, 2),
    halfNormal: halfNormal(scales),
    inverseGamma: inverseGamma(tf.tensor1d([0.8, 5, 40]), 2),
    laplace: laplace(loc, scales),
    logistic: logistic(loc, scales),
    logNormal: logNormal(loc, tf.tensor1d([0.5, 0.2, 0.4])),
    normal: normal(loc, scales),
    'normal of numbers': normal(1, 2),
    studentT: studentT(tf.tensor1d([0.9, 6, 50]), loc, scales),
    truncatedNormal: truncatedNormal(loc, scales, tf.tensor1d([-1, 2, -3]), tf.tensor1d([2, 4, 20])),
    'truncatedNormal in a tail': truncatedNormal(0, 1, tf.tensor1d([4, -9]), tf.tensor1d([6, -8.5])),
    'truncatedNormal on a half-line': truncatedNormal(loc, 1, -Infinity, 1),
    uniform: uniform(tf.tensor1d([-1, 0]), 3),
    vonMises: vonMises(loc, tf.tensor1d([0.3, 4, 500]))
  },
  families: {
    beta: { make: (p) => beta(p, tf.tensor1d([0.7, 1.5, 5])), at: tf.tensor1d([0.6, 2, 30]) },
    exponential: { make: (p) => exponential(p), at: scales },
    gamma: { make: (p) => gamma(p, 2), at: concentrations },
    'gamma of numbers': { make: (p) => gamma(2, p), at: scales },
    inverseGamma: { make: (p) => inverseGamma(p, 2), at: tf.tensor1d([8, 20, 40]) },
    logNormal: { make: (p) => logNormal(0, p), at: tf.tensor1d([0.5, 0.2, 0.4]) },
    normal: { make: (p) => normal(loc, p), at: scales },
    studentT: { make: (p) => studentT(p, 1, 2), at: tf.tensor1d([9, 20, 50]) },
    truncatedNormal: { make: (p) => truncatedNormal(p, 1, -1, 2), at: loc },
    'truncatedNormal in a tail': { make: (p) => truncatedNormal(0, 1, p, 9), at: tf.tensor1d([4, 6]) },
    'truncatedNormal on a half-line': { make: (p) => truncatedNormal(0, p, -Infinity, 1), at: scales },
    uniform: { make: (p) => uniform(-3, p), at: scales }
  }
}
