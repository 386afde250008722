// The horseshoe: a Gaussian whose scale is half-Cauchy, with a pole at zero and heavy tails.
import * as tf from '@tensorflow/tfjs-core'
import { cauchy, normal, split } from '@bdl/core'
import { real } from '../constraint.js'
import { distribution, type Distribution } from '../distribution.js'
import { batchShapeOf, expectPositiveParameter, logOf, type Parameter } from '../parameters.js'

export interface Horseshoe extends Distribution {
  readonly name: 'horseshoe'
  readonly scale: Parameter
}

/** log(1 / sqrt(2 pi^3)) */
const LOG_CONSTANT = -0.5 * Math.log(2 * Math.PI ** 3)
const EULER_GAMMA = 0.5772156649015329

const horner = (x: tf.Tensor, coefficients: readonly number[]): tf.Tensor =>
  coefficients.slice(1).reduce<tf.Tensor>((sum, c) => tf.add(tf.mul(sum, x), c), tf.fill(x.shape, coefficients[0]!))

const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1))

/** (-1)^(k+1) / (k k!) for k = 11, ..., 1, and 0: the entire part of E1, NIST DLMF 6.6.2. */
const SERIES = [...Array.from({ length: 11 }, (_, i) => (-1) ** (12 - i) / ((11 - i) * factorial(11 - i))), 0]
/** x exp(x) E1(x) on [1, inf) to 2e-8: Abramowitz & Stegun (1964), 5.1.56. */
const TOP = [1, 8.5733287401, 18.059016973, 8.6347608925, 0.2677737343]
const BOTTOM = [1, 9.5733223454, 25.6329561486, 21.0996530827, 3.9584969228]
/** (-1)^k k! for k = 8, ..., 0: its asymptotic series in 1 / x, DLMF 6.12.1. */
const FAR = Array.from({ length: 9 }, (_, i) => (-1) ** (8 - i) * factorial(8 - i))

const NEAR_BELOW = 1
const FAR_ABOVE = 30

/**
 * log(exp(z) E1(z)) for z = u^2 / 2, from log u too, so that z may underflow and overflow. Each branch is kept on its own
 * ground; derivatives are those of the branches.
 */
const logScaledIntegral = (u: tf.Tensor): tf.Tensor => {
  const z = tf.mul(tf.square(u), 0.5)
  const logZ = tf.sub(tf.mul(tf.log(u), 2), Math.LN2)
  const [isNear, isFar] = [tf.less(z, NEAR_BELOW), tf.greater(z, FAR_ABOVE)]
  const own = (isOwn: tf.Tensor, inside: number): tf.Tensor => tf.where(isOwn, z, inside)
  const zNear = own(isNear, 0.5)
  const integral = tf.sub(tf.sub(horner(zNear, SERIES), tf.where(isNear, logZ, 0)), EULER_GAMMA)
  const near = tf.add(zNear, tf.log(integral))
  const isMiddle = tf.logicalNot(tf.logicalOr(isNear, isFar))
  const zMiddle = own(isMiddle, 2)
  const middle = tf.sub(tf.log(tf.div(horner(zMiddle, TOP), horner(zMiddle, BOTTOM))), tf.log(zMiddle))
  const far = tf.sub(tf.log(horner(tf.reciprocal(own(isFar, 60)), FAR)), logZ)
  return tf.where(isNear, near, tf.where(isFar, far, middle))
}

/**
 * x = scale |c| z with c standard Cauchy and z standard normal: log p(x) = log(exp(s) E1(s)) - log scale - log(2 pi^3) / 2
 * with s = x^2 / (2 scale^2) and E1 the exponential integral. Infinite at 0, with tails like 1 / x^2: a prior that shrinks
 * what is small and leaves what is large. It has no mean.
 *
 * @param scale > 0, a number or a tensor [...B]
 * @error InvalidArgument if a scale is not finite and positive
 * @precision the density is exact up to 1e-6 relatively, for |x| / scale from 1e-38 to 1e38
 * @source Carvalho, Polson & Scott (2010), The horseshoe estimator for sparse signals, Biometrika 97(2), 465-480
 * @example horseshoe(1).logProb(tf.scalar(1)) // => -2.1439
 */
export const horseshoe = (scale: Parameter): Horseshoe => {
  expectPositiveParameter('horseshoe', 'scale', scale)
  const batchShape = batchShapeOf('horseshoe', { scale })
  const logProb = (x: tf.Tensor): tf.Tensor => {
    const u = tf.div(tf.abs(x), scale)
    const isUsual = tf.logicalAnd(tf.greater(u, 0), tf.isFinite(u))
    // from a tensor that is positive everywhere: |x| / scale itself has an infinite log at 0
    const density = logScaledIntegral(tf.where(isUsual, u, 1))
    const ends = tf.where(tf.equal(u, 0), Infinity, tf.where(tf.isNaN(u), NaN, -Infinity))
    return tf.sub(tf.add(tf.where(isUsual, density, ends), LOG_CONSTANT), logOf(scale))
  }
  return distribution<tf.Tensor, Pick<Horseshoe, 'name' | 'scale'>>({
    name: 'horseshoe',
    scale,
    batchShape,
    eventShape: [],
    isReparameterised: true,
    support: real,
    logProb,
    sampleAndLogProb: (key, sampleShape) => {
      const [keyScale, keyNoise] = split(key)
      const shape = [...sampleShape, ...batchShape]
      const x = tf.mul(tf.mul(tf.abs(cauchy(keyScale, shape)), normal(keyNoise, shape)), scale)
      return [x, logProb(x)]
    },
    mode: () => tf.zeros([...batchShape])
  })
}
