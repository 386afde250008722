// The law of a variable whose logarithm is Gaussian.
import * as tf from '@tensorflow/tfjs-core'
import { ndtr, ndtri, normal as standardNormal } from '@bdl/core'
import { positive } from '../constraint.js'
import { distribution, type Distribution } from '../distribution.js'
import {
  batchShapeOf,
  expectFiniteParameter,
  expectPositiveParameter,
  filled,
  logOf,
  type Parameter
} from '../parameters.js'

const HALF_LOG_TAU = 0.5 * Math.log(2 * Math.PI)

export interface LogNormal extends Distribution {
  readonly name: 'logNormal'
  readonly loc: Parameter
  readonly scale: Parameter
}

/**
 * LogNormal(loc, scale): with z = (log x - loc) / scale, log p(x) = -z^2 / 2 - log x - log scale - log(2 pi) / 2 for x > 0.
 *
 * @param loc mean of log x, a number or a tensor; broadcasts with `scale` to the batch shape
 * @param scale standard deviation of log x, > 0
 * @error InvalidArgument if an entry of `loc` is not finite, or of `scale` not finite and positive; ShapeMismatch if shapes do
 *   not broadcast
 * @precision float32: `sampleAndLogProb` is right also where the draw over- or underflows
 * @example logNormal(0, 1).logProb(tf.tensor1d([0, 1])) // => [-inf, -0.9189]
 */
export const logNormal = (loc: Parameter, scale: Parameter): LogNormal => {
  expectFiniteParameter('logNormal', 'loc', loc)
  expectPositiveParameter('logNormal', 'scale', scale)
  const batchShape = batchShapeOf('logNormal', { loc, scale })
  const half = (): tf.Tensor => tf.mul(tf.square(filled(scale, batchShape)), 0.5)
  const at = (z: tf.Tensor): tf.Tensor => tf.add(tf.mul(z, scale), loc)
  const logDensity = (z: tf.Tensor, logX: tf.Tensor): tf.Tensor =>
    tf.sub(tf.sub(tf.mul(tf.square(z), -0.5), logX), tf.add(logOf(scale), HALF_LOG_TAU))
  const isInside = (x: tf.Tensor): tf.Tensor => tf.logicalAnd(tf.greater(x, 0), tf.less(x, Infinity))
  const logAt = (x: tf.Tensor, isIn: tf.Tensor): tf.Tensor => tf.log(tf.where(isIn, x, tf.onesLike(x)))
  const standardise = (logX: tf.Tensor): tf.Tensor => tf.div(tf.sub(logX, loc), scale)
  return distribution<tf.Tensor, Pick<LogNormal, 'name' | 'loc' | 'scale'>>({
    name: 'logNormal',
    loc,
    scale,
    batchShape,
    eventShape: [],
    isReparameterised: true,
    support: positive,
    logProb: (x) => {
      const isIn = isInside(x)
      const logX = logAt(x, isIn)
      return tf.where(isIn, logDensity(standardise(logX), logX), -Infinity)
    },
    sample: (key, sampleShape) => tf.exp(at(standardNormal(key, [...sampleShape, ...batchShape]))),
    sampleAndLogProb: (key, sampleShape) => {
      const z = standardNormal(key, [...sampleShape, ...batchShape])
      const logX = at(z)
      return [tf.exp(logX), logDensity(z, logX)]
    },
    mean: () => tf.exp(tf.add(half(), loc)),
    variance: () => tf.mul(tf.expm1(tf.mul(half(), 2)), tf.exp(tf.mul(tf.add(half(), loc), 2))),
    mode: () => tf.exp(tf.sub(loc, tf.mul(half(), 2))),
    entropy: () => tf.add(tf.add(tf.log(filled(scale, batchShape)), loc), HALF_LOG_TAU + 0.5),
    cdf: (x) => {
      const isPositive = tf.greater(x, 0)
      return tf.where(isPositive, ndtr(standardise(logAt(x, isPositive))), 0)
    },
    icdf: (p) => tf.exp(at(ndtri(p)))
  })
}
