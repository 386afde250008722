// Student's t: a Gaussian whose precision is uncertain.
import * as tf from '@tensorflow/tfjs-core'
import {
  digamma,
  gammaLogRatio,
  lbeta,
  logMinusDigamma,
  normal as standardNormal,
  split,
  stdtr,
  stdtrit
} from '@bdl/core'
import { real } from '../constraint.js'
import { distribution, type Distribution } from '../distribution.js'
import {
  batchShapeOf,
  expectFiniteParameter,
  expectPositiveParameter,
  filled,
  logOf,
  type Parameter
} from '../parameters.js'
import { logSquarePlus1 } from './cauchy.js'

export interface StudentT extends Distribution {
  readonly name: 'studentT'
  readonly df: Parameter
  readonly loc: Parameter
  readonly scale: Parameter
}

const half = (n: tf.Tensor): tf.Tensor => tf.mul(n, 0.5)

/** log B(n/2, 1/2) + log(n) / 2 */
const logNormaliser = (n: tf.Tensor): tf.Tensor => tf.add(lbeta(half(n), tf.mul(tf.onesLike(n), 0.5)), half(tf.log(n)))

/** z = t: log of its density with n degrees of freedom. */
const logDensity = (z: tf.Tensor, n: tf.Tensor): tf.Tensor => {
  const kernel = tf.mul(half(tf.add(n, 1)), logSquarePlus1(tf.div(z, tf.sqrt(n))))
  return tf.neg(tf.add(kernel, logNormaliser(n)))
}

/** (n + 1) / 2 (ψ((n + 1) / 2) - ψ(n / 2)) */
const entropyKernel = (n: tf.Tensor): tf.Tensor => {
  const [a, b] = [half(n), half(tf.add(n, 1))]
  const isFew = tf.less(n, 2)
  const few = tf.where(isFew, a, tf.onesLike(a))
  const direct = tf.sub(digamma(tf.add(few, 0.5)), digamma(few))
  const many = tf.add(tf.log1p(tf.reciprocal(n)), tf.sub(logMinusDigamma(a), logMinusDigamma(b)))
  return tf.mul(b, tf.where(isFew, direct, many))
}

/**
 * StudentT(df, loc, scale): with z = (x - loc) / scale, log p(x) = -(df + 1) / 2 log(1 + z^2 / df) - log B(df / 2, 1 / 2)
 * - log(df) / 2 - log scale.
 *
 * The mean is NaN for df <= 1; the variance is infinite for 1 < df <= 2 and NaN below. Draws are differentiable in all
 * parameters, in df implicitly.
 *
 * @param df degrees of freedom, > 0, a number or a tensor; broadcasts with the others to the batch shape
 * @param loc median @param scale > 0
 * @error InvalidArgument if an entry of `df` or `scale` is not finite and positive, or of `loc` not finite; ShapeMismatch if
 *   shapes do not broadcast
 * @precision float32: relative accuracy of `logProb` in both tails and of `cdf` in the left one
 * @source derivative of draws: Figurnov, Mohamed & Mnih (2018), arXiv:1805.08498
 * @example studentT(3, 0, 1).logProb(tf.scalar(0)) // => -1.0008
 */
export const studentT = (df: Parameter, loc: Parameter, scale: Parameter): StudentT => {
  expectPositiveParameter('studentT', 'df', df)
  expectFiniteParameter('studentT', 'loc', loc)
  expectPositiveParameter('studentT', 'scale', scale)
  const batchShape = batchShapeOf('studentT', { df, loc, scale })
  const degrees = (): tf.Tensor => filled(df, batchShape)
  const standardise = (x: tf.Tensor): tf.Tensor => tf.div(tf.sub(x, loc), scale)
  const at = (z: tf.Tensor): tf.Tensor => tf.add(tf.mul(z, scale), loc)
  const density = (z: tf.Tensor): tf.Tensor => tf.sub(logDensity(z, tf.add(degrees(), tf.zerosLike(z))), logOf(scale))
  return distribution<tf.Tensor, Pick<StudentT, 'name' | 'df' | 'loc' | 'scale'>>({
    name: 'studentT',
    df,
    loc,
    scale,
    batchShape,
    eventShape: [],
    isReparameterised: true,
    support: real,
    logProb: (x) => {
      const z = standardise(x)
      const isFinite = tf.isFinite(z)
      return tf.where(isFinite, density(tf.where(isFinite, z, tf.zerosLike(z))), -Infinity)
    },
    sampleAndLogProb: (key, sampleShape) => {
      const [keyNormal, keyGamma] = split(key)
      const shape = [...sampleShape, ...batchShape]
      // t = x / sqrt(g) with g a gamma variable of concentration and rate df / 2
      const shrink = tf.mul(gammaLogRatio(keyGamma, half(filled(df, shape))), -0.5)
      const z = tf.mul(standardNormal(keyNormal, shape), tf.exp(shrink))
      return [at(z), density(z)]
    },
    mean: () => tf.where(tf.greater(degrees(), 1), filled(loc, batchShape), NaN),
    variance: () => {
      const n = degrees()
      const isFinite = tf.greater(n, 2)
      const ratio = tf.div(n, tf.sub(tf.where(isFinite, n, tf.mul(tf.onesLike(n), 3)), 2))
      const variance = tf.mul(tf.square(filled(scale, batchShape)), ratio)
      return tf.where(isFinite, variance, tf.where(tf.greater(n, 1), Infinity, NaN))
    },
    mode: () => filled(loc, batchShape),
    entropy: () => {
      const n = degrees()
      return tf.add(tf.add(entropyKernel(n), logNormaliser(n)), logOf(scale))
    },
    cdf: (x) => stdtr(degrees(), standardise(x)),
    icdf: (p) => at(stdtrit(degrees(), p))
  })
}
