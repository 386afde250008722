import * as tf from '@tensorflow/tfjs-core'
import { cholesky } from '@bdl/core'
import {
  dirichlet,
  lkjCholesky,
  matrixNormal,
  multivariateNormal,
  multivariateNormalDiag,
  multivariateNormalLowRank,
  multivariateNormalTriL,
  wishart,
  type MultivariateNormalFull
} from '../../src/index'
import type { Rows } from './row'

const loc = tf.tensor1d([0.5, -1, 2])
const locs = tf.tensor2d([
  [0, 1, -2],
  [3, 0, 0.5]
])
const tril = tf.tensor2d([
  [1.5, 0, 0],
  [-0.5, 0.75, 0],
  [0.25, 1, 2]
])
const trils = tf.stack([tril, tf.mul(tf.eye(3), 0.5)])
const covariance = tf.matMul(tril, tril, false, true)
const factor = tf.tensor2d([
  [1, 0.5],
  [-2, 0],
  [0.25, 1]
])
const concentrations = tf.tensor2d([
  [2, 3, 1.5, 4],
  [0.5, 20, 1, 0.75]
])

const isFull = (d: object): d is MultivariateNormalFull => 'precision' in d
const full = (read: (d: MultivariateNormalFull) => tf.Tensor) => (d: object) => (isFull(d) ? read(d) : tf.zeros([0]))

export const multivariate: Rows = {
  golden: {
    Dirichlet: { make: (p) => dirichlet(p['concentration']!), dtype: 'float32' },
    MultivariateNormalDiag: { make: (p) => multivariateNormalDiag(p['loc']!, p['scaleDiag']!), dtype: 'float32' },
    MultivariateNormalTriL: { make: (p) => multivariateNormalTriL(p['loc']!, p['scaleTril']!), dtype: 'float32' },
    MultivariateNormalFullCovariance: {
      make: (p) => multivariateNormal(p['loc']!, p['covarianceMatrix']!),
      dtype: 'float32',
      fields: { scaleTril: full((d) => d.scaleTril()), precisionMatrix: full((d) => d.precision()) },
      symmetric: ['covarianceMatrix']
    },
    MultivariateNormalLowRank: {
      make: (p) => multivariateNormalLowRank(p['loc']!, p['covFactor']!, p['covDiag']!),
      dtype: 'float32'
    },
    MatrixNormal: {
      make: (p) => matrixNormal(p['loc']!, cholesky(p['rowCovariance']!), cholesky(p['colCovariance']!)),
      dtype: 'float32'
    },
    Wishart: { make: (p) => wishart(p['df']!, cholesky(p['scale']!)), dtype: 'float32', symmetric: ['x', 'scale'] }
  },
  laws: {
    dirichlet: dirichlet(concentrations),
    'dirichlet, flat': dirichlet(tf.ones([3])),
    multivariateNormalDiag: multivariateNormalDiag(locs, tf.tensor1d([0.5, 1, 3])),
    'multivariateNormalDiag of a number': multivariateNormalDiag(1, tf.tensor1d([0.5, 2])),
    multivariateNormalTriL: multivariateNormalTriL(loc, tril),
    'multivariateNormalTriL, a batch of factors': multivariateNormalTriL(loc, trils),
    'multivariateNormalTriL, a batch of means': multivariateNormalTriL(locs, tril),
    multivariateNormal: multivariateNormal(locs, covariance),
    'multivariateNormal, a batch of covariances': multivariateNormal(0, tf.stack([covariance, tf.eye(3)])),
    multivariateNormalLowRank: multivariateNormalLowRank(loc, factor, tf.tensor1d([0.5, 1, 0.25])),
    'multivariateNormalLowRank, a batch of variances': multivariateNormalLowRank(
      0,
      factor,
      tf.tensor2d([
        [0.5, 1, 0.25],
        [1, 2, 3]
      ])
    ),
    'multivariateNormalLowRank, a batch of factors': multivariateNormalLowRank(locs, tf.stack([factor, factor]), 0.5),
    matrixNormal: matrixNormal(tf.concat([locs, locs], 1), tf.tensor2d([1, 0, 0.5, 2], [2, 2]), tf.eye(6)),
    'matrixNormal, a batch of factors': matrixNormal(0, trils, tf.tensor2d([1, 0, 0.5, 2], [2, 2])),
    wishart: wishart(5, tril),
    'wishart, a batch': wishart(tf.tensor1d([4.5, 30]), trils),
    lkjCholesky: lkjCholesky(4, tf.tensor1d([1, 2.5])),
    'lkjCholesky of pairs': lkjCholesky(2, 0.75)
  },
  families: {
    dirichlet: { make: (a) => dirichlet(a), at: concentrations },
    multivariateNormalDiag: { make: (s) => multivariateNormalDiag(loc, s), at: tf.tensor1d([0.5, 1, 3]) },
    multivariateNormalTriL: {
      make: (l) => multivariateNormalTriL(loc, tf.add(tril, tf.mul(l, tf.eye(3)))),
      at: tf.scalar(0.5)
    },
    multivariateNormal: { make: (s) => multivariateNormal(loc, tf.mul(covariance, s)), at: tf.scalar(2) },
    multivariateNormalLowRank: {
      make: (s) => multivariateNormalLowRank(loc, tf.mul(factor, s), s),
      at: tf.scalar(0.5)
    },
    matrixNormal: { make: (s) => matrixNormal(0, tf.mul(tril, s), tf.mul(tril, s)), at: tf.scalar(0.5) },
    wishart: { make: (df) => wishart(df, tril), at: tf.scalar(4.5) },
    lkjCholesky: { make: (eta) => lkjCholesky(3, eta), at: tf.scalar(1.5) }
  }
}
