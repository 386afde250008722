// Radial maps: space expands or contracts around a point.
import * as tf from '@tensorflow/tfjs-core'
import { stopGradient } from '@bdl/compiler'
import { expectInteger, normal, softplus, type Learnable } from '@bdl/core'
import { bijector, sumLast, type Bijector, type WithLogDet } from '../bijector.js'
import { deferred } from '../combinators/deferred.js'
import { expectVectors } from '../expect-event.js'
import { lastSize } from '../numerics/last-axis.js'
import { expectFinite, expectPositiveEntries, filled, type Parameter } from '../parameters.js'

export interface RadialOptions {
  /** The point that stays, [..., n]. Leading axes broadcast against those of x. */
  readonly centre: tf.Tensor
  /** How far the map reaches, > 0: a number, or [...]. */
  readonly alpha: Parameter
  /** Any real number, or [...]: at log(exp(alpha) - 1) the map is the identity, it contracts below and expands above. */
  readonly beta: Parameter
}

/** |v| over the last axis, kept; with derivative 0 at 0. Scaled by its largest entry, so that squares stay within float32. */
const lengthOf = (v: tf.Tensor): tf.Tensor => {
  const most = stopGradient(tf.max(tf.abs(v), -1, true))
  const isZero = tf.equal(most, 0)
  const unit = tf.where(isZero, tf.onesLike(most), most)
  const squared = tf.sum(tf.square(tf.div(v, unit)), -1, true)
  const root = tf.mul(unit, tf.sqrt(tf.where(isZero, tf.onesLike(squared), squared)))
  return tf.where(isZero, tf.zerosLike(root), root)
}

/** The r >= 0 with r (r + s) / (r + alpha) = t: the root of r² + (s - t) r - alpha t, in the form that does not cancel. */
const radiusOf = (t: tf.Tensor, alpha: tf.Tensor, s: tf.Tensor): tf.Tensor => {
  const c = tf.sub(s, t)
  // scaled, so that squares of huge radii do not overflow
  const unit = tf.add(tf.add(t, s), alpha)
  const [cu, product] = [tf.div(c, unit), tf.mul(tf.div(t, unit), tf.div(alpha, unit))]
  const root = tf.sqrt(tf.add(tf.square(cu), tf.mul(product, 4)))
  const isRising = tf.greater(c, 0)
  const below = tf.div(tf.mul(product, 2), tf.where(isRising, tf.add(cu, root), tf.onesLike(root)))
  return tf.mul(unit, tf.where(isRising, below, tf.mul(tf.sub(root, cu), 0.5)))
}

/**
 * y = x + β̂ (x - c) / (alpha + r), r = |x - c|, β̂ = softplus(beta) - alpha: invertible for every beta.
 * log-det = (n - 1) log((r + s) / (r + alpha)) + log((r² + 2 alpha r + alpha s) / (r + alpha)²), s = softplus(beta): O(n), of
 * positive terms. The inverse is in closed form: r is the root of a quadratic.
 *
 * @error InvalidArgument if `alpha` is not positive and finite, or another parameter is not finite; ShapeMismatch if x is
 *   not as long as the centre
 * @precision y and log-dets to some ulps. At the centre second derivatives do not exist; those of |x - c| are taken as 0
 * @source Rezende & Mohamed (2015), Variational Inference with Normalizing Flows, arXiv:1505.05770, equation 14 and A.2
 * @example radial({ centre: tf.zeros([2]), alpha: 1, beta: 2 }).forward(tf.tensor1d([1, 0])) // => [1.563, 0]
 */
export const radial = ({ centre, alpha, beta }: RadialOptions): Bijector => {
  const n = lastSize(centre)
  expectFinite('radial', 'centre', centre)
  expectPositiveEntries('radial', 'alpha', alpha)
  expectFinite('radial', 'beta', beta)
  const column = (p: Parameter): tf.Tensor => (typeof p === 'number' ? tf.scalar(p) : tf.expandDims(p, -1))
  const scales = (): readonly [tf.Tensor, tf.Tensor] => [column(alpha), softplus(column(beta))]
  /** log-det at radius r, [..., 1] -> [...] */
  const logDetAt = (r: tf.Tensor, [a, s]: readonly [tf.Tensor, tf.Tensor]): tf.Tensor => {
    const reach = tf.add(r, a)
    const across = tf.div(tf.add(r, s), reach)
    const ratio = tf.div(r, reach)
    // (r² + 2 a r + a s) / (r + a)², each quotient of numbers of one size
    const along = tf.add(
      tf.mul(ratio, tf.div(tf.add(r, tf.mul(a, 2)), reach)),
      tf.mul(tf.div(a, reach), tf.div(s, reach))
    )
    return sumLast(tf.add(tf.mul(tf.log(across), n - 1), tf.log(along)), 1)
  }
  const scaled = (from: tf.Tensor, factor: tf.Tensor): tf.Tensor => tf.add(centre, tf.mul(from, factor))
  const spread = (value: tf.Tensor, logDet: tf.Tensor): WithLogDet => [value, filled(logDet, value.shape.slice(0, -1))]
  return bijector({
    name: 'radial',
    eventNdims: 1,
    forwardAndLogDet: (x) => {
      expectVectors('radial', x, n)
      const [a, s] = scales()
      const from = tf.sub(x, centre)
      const r = lengthOf(from)
      return spread(scaled(from, tf.div(tf.add(r, s), tf.add(r, a))), logDetAt(r, [a, s]))
    },
    inverseAndLogDet: (y) => {
      expectVectors('radial', y, n)
      const [a, s] = scales()
      const from = tf.sub(y, centre)
      const r = radiusOf(lengthOf(from), a, s)
      return spread(scaled(from, tf.div(tf.add(r, a), tf.add(r, s))), tf.neg(logDetAt(r, [a, s])))
    }
  })
}

export type RadialParams = { readonly centre: tf.Tensor; readonly logAlpha: tf.Tensor; readonly beta: tf.Tensor }

/** log(e - 1), where softplus is 1. */
const SOFTPLUS_ONE = Math.log(Math.expm1(1))

/**
 * A radial map of vectors of `size` numbers to learn: the identity to begin with, around a random centre.
 *
 * @error InvalidArgument if `size` is not a positive integer
 * @example learnableRadial({ size: 2 }).init(key(0)).centre.shape // => [2]
 */
export const learnableRadial = ({ size }: { readonly size: number }): Learnable<RadialParams, Bijector> => {
  expectInteger('learnableRadial', { size }, 1)
  return {
    init: (key) => ({ centre: normal(key, [size]), logAlpha: tf.scalar(0), beta: tf.scalar(SOFTPLUS_ONE) }),
    build: ({ centre, logAlpha, beta }) =>
      deferred({ name: 'radial', eventNdims: 1 }, () => radial({ centre, alpha: tf.exp(logAlpha), beta }))
  }
}
