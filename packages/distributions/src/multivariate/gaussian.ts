// What every multivariate normal is, whichever way its covariance is stated.
import * as tf from '@tensorflow/tfjs-core'
import { scoped, type Key } from '@bdl/core'
import { everyOf, real, type Constraint } from '../constraint.js'
import { distribution, type Distribution } from '../distribution.js'
import { filled, type Parameter } from '../parameters.js'
import { onlyInside } from './inside.js'

const HALF_LOG_TAU = 0.5 * Math.log(2 * Math.PI)

/** How a covariance Σ [...B, n, n] acts, without the matrix itself. */
export interface Covariance {
  /** δᵀ Σ⁻¹ δ of vectors: [...S, ...B, n] -> [...S, ...B]. */
  readonly quadratic: (delta: tf.Tensor) => tf.Tensor
  /** log det Σ / 2, [...B]. */
  readonly halfLogDet: () => tf.Tensor
  /** F with F Fᵀ = Σ, [...B, n, m]. */
  readonly factor: () => tf.Tensor
  readonly variance: () => tf.Tensor
  readonly covariance: () => tf.Tensor
}

/** Fields beyond those of every distribution, or that are there for certain. */
interface GaussianFields extends Covariance {
  /** Mean: a number, or [...B, n]. */
  readonly loc: Parameter
  readonly mean: () => tf.Tensor
  readonly mode: () => tf.Tensor
  readonly entropy: () => tf.Tensor
}

export interface MultivariateNormal extends Distribution, GaussianFields {
  readonly mean: () => tf.Tensor
  readonly mode: () => tf.Tensor
  readonly variance: () => tf.Tensor
  readonly covariance: () => tf.Tensor
  readonly entropy: () => tf.Tensor
}

export interface GaussianParts extends Covariance {
  readonly name: string
  readonly loc: Parameter
  readonly batchShape: readonly number[]
  readonly size: number
  /** Vectors δ ~ N(0, Σ), [...sampleShape, ...B, n], and their quadratic form where that is known without solving. */
  readonly draw: (key: Key, shape: readonly number[]) => readonly [delta: tf.Tensor, quadratic?: tf.Tensor]
}

export const realVectors: Constraint = everyOf(1)(real)

/** Infinitely far from the mean the density is zero; what is computed of such a point is computed of the mean instead. */
const atFinite = (delta: tf.Tensor, f: (delta: tf.Tensor) => tf.Tensor): tf.Tensor => {
  const isFar = tf.any(tf.isInf(delta), -1)
  return onlyInside(tf.logicalNot(isFar), f(tf.where(tf.expandDims(isFar, -1), 0, delta)))
}

/** log p(x) = -(x - m)ᵀ Σ⁻¹ (x - m) / 2 - log det Σ / 2 - n log(2 pi) / 2 */
export const gaussian = (parts: GaussianParts): MultivariateNormal => {
  const { name, loc, batchShape, size, quadratic, halfLogDet, factor, draw, variance, covariance } = parts
  const mean = (): tf.Tensor => filled(loc, [...batchShape, size])
  const density = (squares: tf.Tensor): tf.Tensor =>
    tf.sub(tf.mul(squares, -0.5), tf.add(halfLogDet(), size * HALF_LOG_TAU))
  return distribution<tf.Tensor, GaussianFields>({
    name,
    loc,
    quadratic: (delta) => scoped(() => quadratic(delta)),
    halfLogDet: () => scoped(halfLogDet),
    factor: () => scoped(factor),
    batchShape,
    eventShape: [size],
    isReparameterised: true,
    support: realVectors,
    logProb: (x) => atFinite(tf.sub(x, loc), (delta) => density(quadratic(delta))),
    sample: (key, sampleShape) => tf.add(draw(key, [...sampleShape, ...batchShape])[0], loc),
    sampleAndLogProb: (key, sampleShape) => {
      const [delta, squares] = draw(key, [...sampleShape, ...batchShape])
      return [tf.add(delta, loc), density(squares ?? quadratic(delta))]
    },
    mean,
    variance,
    covariance,
    mode: mean,
    entropy: () => filled(tf.add(halfLogDet(), size * (HALF_LOG_TAU + 0.5)), batchShape)
  })
}
