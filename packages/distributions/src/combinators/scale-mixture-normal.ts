// The prior of Bayes by Backprop: a narrow and a wide Gaussian around zero.
import * as tf from '@tensorflow/tfjs-core'
import { expectEvery, ndtr, withoutValidation } from '@bdl/core'
import { normal } from '../continuous/normal.js'
import { real } from '../constraint.js'
import { distribution, type Distribution } from '../distribution.js'
import { batchShapeOf, expectPositiveParameter, filled, type Parameter } from '../parameters.js'
import { mixture, type Mixture } from './mixture.js'

export interface ScaleMixtureNormalOptions {
  /** Weight of the first Gaussian, in [0, 1]. */
  readonly pi: Parameter
  /** Standard deviations, > 0; the paper has sigma1 > sigma2 and sigma2 << 1. */
  readonly sigma1: Parameter
  readonly sigma2: Parameter
}

export interface ScaleMixtureNormal extends Distribution, ScaleMixtureNormalOptions {
  readonly name: 'scaleMixtureNormal'
}

/** Two tensors [...B] of finite numbers as one, [...B, 2]: tf.stack forgets those without entries. */
const beside = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
  tf.add(tf.mul(tf.expandDims(a, -1), tf.tensor1d([1, 0])), tf.mul(tf.expandDims(b, -1), tf.tensor1d([0, 1])))

/**
 * pi N(0, sigma1^2) + (1 - pi) N(0, sigma2^2), for single weights.
 *
 * @param options numbers or tensors, which broadcast together to [...B]
 * @error InvalidArgument if `pi` is not in [0, 1] or a standard deviation is not finite and positive; ShapeMismatch
 * @source Blundell, Cornebise, Kavukcuoglu & Wierstra (2015), Weight Uncertainty in Neural Networks, arXiv:1505.05424, eq. 7
 * @example scaleMixtureNormal({ pi: 0.5, sigma1: 1, sigma2: Math.exp(-6) }).logProb(tf.scalar(0)) // => 4.3908
 */
export const scaleMixtureNormal = ({ pi, sigma1, sigma2 }: ScaleMixtureNormalOptions): ScaleMixtureNormal => {
  expectEvery('scaleMixtureNormal', 'pi', pi, 'probabilities, numbers in [0, 1]', (x) => x >= 0 && x <= 1)
  expectPositiveParameter('scaleMixtureNormal', 'sigma1', sigma1)
  expectPositiveParameter('scaleMixtureNormal', 'sigma2', sigma2)
  const batchShape = batchShapeOf('scaleMixtureNormal', { pi, sigma1, sigma2 })
  // made anew in each call: what it holds dies with the call
  const both = (): Mixture =>
    withoutValidation(() => {
      const first = filled(pi, batchShape)
      const scales = beside(filled(sigma1, batchShape), filled(sigma2, batchShape))
      return mixture({ probs: beside(first, tf.sub(1, first)) }, normal(0, scales))
    })
  return distribution<tf.Tensor, Pick<ScaleMixtureNormal, 'name' | 'pi' | 'sigma1' | 'sigma2'>>({
    name: 'scaleMixtureNormal',
    pi,
    sigma1,
    sigma2,
    batchShape,
    eventShape: [],
    isReparameterised: true,
    support: real,
    logProb: (x) => both().logProb(x),
    sampleAndLogProb: (key, sampleShape) => both().sampleAndLogProb(key, sampleShape),
    mode: () => tf.zeros([...batchShape]),
    mean: () => tf.zeros([...batchShape]),
    variance: () => {
      const [first, a, b] = [filled(pi, batchShape), filled(sigma1, batchShape), filled(sigma2, batchShape)]
      return tf.add(tf.mul(first, tf.square(a)), tf.mul(tf.sub(1, first), tf.square(b)))
    },
    cdf: (x) => {
      const [first, a, b] = [filled(pi, batchShape), filled(sigma1, batchShape), filled(sigma2, batchShape)]
      return tf.add(tf.mul(first, ndtr(tf.div(x, a))), tf.mul(tf.sub(1, first), ndtr(tf.div(x, b))))
    }
  })
}
