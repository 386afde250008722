/** The Gaussian of best fit, which any density model should beat. */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, cholesky, diagPart } from '@bdl/core'
import { distribution, multivariateNormalTriL, real, type Distribution } from '@bdl/distributions'
import { momentsOf, rowsAndColumns, type Moments } from './scatter-matrix.js'

export interface GaussianFitOptions {
  /**
   * Share of the round covariance (tr C / d) I in the fitted one, from 0 (default: maximum likelihood) to 1; `ledoit-wolf` takes
   * the share of least expected squared error, for few rows in many dimensions.
   */
  readonly shrinkage?: number | 'ledoit-wolf'
}

/** The share that minimises the expected squared Frobenius distance to the true covariance, in [0, 1]. */
const ledoitWolf = (data: tf.Tensor, { mean, covariance }: Moments): tf.Tensor => {
  const [n = 1, d = 1] = data.shape
  const centred = tf.sub(data, mean)
  const level = tf.div(tf.sum(diagPart(covariance)), d)
  const total = tf.sum(tf.square(covariance))
  const lengths = tf.sum(tf.square(centred), -1)
  // Mean over rows of |x x^T - C|^2, over n.
  const noise = tf.div(tf.sub(tf.mean(tf.square(lengths)), total), n)
  const distance = tf.sub(total, tf.mul(tf.square(level), d))
  return tf.where(tf.greater(distance, 0), tf.minimum(1, tf.div(tf.maximum(noise, 0), distance)), 1)
}

const shrunk = (data: tf.Tensor, moments: Moments, shrinkage: number | 'ledoit-wolf'): tf.Tensor => {
  const { covariance } = moments
  if (shrinkage === 0) return covariance
  const [d = 1] = covariance.shape
  const share = shrinkage === 'ledoit-wolf' ? ledoitWolf(data, moments) : tf.scalar(shrinkage)
  const level = tf.div(tf.sum(diagPart(covariance)), d)
  return tf.add(tf.mul(covariance, tf.sub(1, share)), tf.mul(tf.eye(d), tf.mul(share, level)))
}

/**
 * N(mean, C) of data [n, d] with the maximum-likelihood mean and full covariance (divided by n), which `shrinkage` may pull
 * towards a round one. Differentiable in the data.
 *
 * @error ShapeMismatch if `data` is no matrix; InvalidArgument for fewer than two rows or a share outside of [0, 1]
 * @precision float32: the data are centred first; with fewer than d + 1 rows the covariance is singular, and densities are
 *   NaN, unless it is shrunk
 * @source Ledoit & Wolf (2004), doi:10.1016/S0047-259X(03)00096-4
 * @example gaussianFit(data).logProb(x) // [m, d] -> [m], nats
 */
export const gaussianFit = (data: tf.Tensor, { shrinkage = 0 }: GaussianFitOptions = {}): Distribution => {
  const [n, d] = rowsAndColumns('gaussianFit', data)
  if (typeof shrinkage === 'number' && !(shrinkage >= 0 && shrinkage <= 1))
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'gaussianFit',
      argument: 'shrinkage',
      expected: "a number from 0 to 1, or 'ledoit-wolf'",
      got: String(shrinkage)
    })
  // Fitted where it is used (compiled, once): the distribution holds the data, and no tensors of its own.
  const fit = () => {
    const moments = momentsOf(data, tf.fill([n], 1 / n))
    return multivariateNormalTriL(moments.mean, cholesky(shrunk(data, moments, shrinkage)))
  }
  return distribution<tf.Tensor>({
    name: 'gaussianFit',
    batchShape: [],
    eventShape: [d],
    isReparameterised: true,
    support: real,
    logProb: (x) => fit().logProb(x),
    sampleAndLogProb: (key, shape) => fit().sampleAndLogProb(key, shape),
    mean: () => momentsOf(data, tf.fill([n], 1 / n)).mean,
    mode: () => momentsOf(data, tf.fill([n], 1 / n)).mean,
    variance: () => diagPart(shrunk(data, momentsOf(data, tf.fill([n], 1 / n)), shrinkage)),
    covariance: () => shrunk(data, momentsOf(data, tf.fill([n], 1 / n)), shrinkage),
    entropy: () => {
      const l = cholesky(shrunk(data, momentsOf(data, tf.fill([n], 1 / n)), shrinkage))
      return tf.add(tf.sum(tf.log(diagPart(l))), (d / 2) * (1 + Math.log(2 * Math.PI)))
    }
  })
}
