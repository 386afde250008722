// The Gaussian of one variable.
import * as tf from '@tensorflow/tfjs-core'
import { ndtr, ndtri, normal as standardNormal } from '@bdl/core'
import { real } from '../constraint.js'
import { distribution, type Distribution } from '../distribution.js'
import { batchShapeOf, expectPositiveParameter, filled, logOf, type Parameter } from '../parameters.js'

const HALF_LOG_TAU = 0.5 * Math.log(2 * Math.PI)

export interface Normal extends Distribution {
  readonly name: 'normal'
  readonly loc: Parameter
  readonly scale: Parameter
}

/**
 * N(loc, scale^2): log p(x) = -((x - loc) / scale)^2 / 2 - log scale - log(2 pi) / 2.
 *
 * @param loc mean, a number or a tensor; broadcasts with `scale` to the batch shape
 * @param scale standard deviation, > 0
 * @error InvalidArgument if `scale` is a number that is not finite and positive; ShapeMismatch if shapes do not broadcast
 * @precision float32: `cdf` is relatively accurate in the left tail down to -13 scales; draws end at 5.4 scales
 * @example normal(0, tf.tensor1d([1, 2])).logProb(tf.scalar(0)) // => [-0.919, -1.612]
 */
export const normal = (loc: Parameter, scale: Parameter): Normal => {
  expectPositiveParameter('normal', 'scale', scale)
  const batchShape = batchShapeOf('normal', { loc, scale })
  const standardise = (x: tf.Tensor): tf.Tensor => tf.div(tf.sub(x, loc), scale)
  const logDensity = (z: tf.Tensor): tf.Tensor => tf.sub(tf.sub(tf.mul(tf.square(z), -0.5), HALF_LOG_TAU), logOf(scale))
  const at = (z: tf.Tensor): tf.Tensor => tf.add(tf.mul(z, scale), loc)
  return distribution<tf.Tensor, Pick<Normal, 'name' | 'loc' | 'scale'>>({
    name: 'normal',
    loc,
    scale,
    batchShape,
    eventShape: [],
    isReparameterised: true,
    support: real,
    logProb: (x) => logDensity(standardise(x)),
    sampleAndLogProb: (key, sampleShape) => {
      const z = standardNormal(key, [...sampleShape, ...batchShape])
      return [at(z), logDensity(z)]
    },
    mean: () => filled(loc, batchShape),
    variance: () => tf.square(filled(scale, batchShape)),
    mode: () => filled(loc, batchShape),
    entropy: () => tf.add(tf.log(filled(scale, batchShape)), HALF_LOG_TAU + 0.5),
    cdf: (x) => ndtr(standardise(x)),
    icdf: (p) => at(ndtri(p))
  })
}
