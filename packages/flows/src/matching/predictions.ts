/**
 * What a network on a path may predict, and how each says the same as a velocity. With Gaussian sources x_t = alpha x1 + std e,
 * and for the conditional means given x_t (functions of t and x, as velocities are):
 *
 *   x = alpha data + std noise,   velocity = alpha' data + std' noise,   score = -noise / std.
 */
import * as tf from '@tensorflow/tfjs-core'
import { scoped } from '@bdl/core'
import { perRow, type Velocity } from '../continuous/velocity.js'
import { withRate, type OfTime, type ProbabilityPath } from './path.js'

type Weights = Readonly<Record<'alpha' | 'alphaRate' | 'std' | 'stdRate', tf.Tensor>>

/** What a formula makes of the path's weights, a prediction p and x, all at the nearest time that `cut` allows. */
const converting =
  (formula: (weights: Weights, p: tf.Tensor, x: tf.Tensor) => tf.Tensor, cut: OfTime = tf.clone) =>
  (path: ProbabilityPath) =>
  (prediction: Velocity): Velocity =>
  (t, x) =>
    scoped(() => {
      const at = cut(t)
      const [alpha, alphaRate] = withRate(path.alpha, at)
      const [std, stdRate] = withRate(path.std, at)
      const rows = { alpha: perRow(alpha), alphaRate: perRow(alphaRate), std: perRow(std), stdRate: perRow(stdRate) }
      return formula(rows, prediction(at, x), x)
    })

/** alpha' std - alpha std', positive on every path from source to data. */
const determinant = ({ alpha, alphaRate, std, stdRate }: Weights): tf.Tensor =>
  tf.sub(tf.mul(alphaRate, std), tf.mul(alpha, stdRate))

const noise = (w: Weights, v: tf.Tensor, x: tf.Tensor): tf.Tensor =>
  tf.div(tf.sub(tf.mul(w.alphaRate, x), tf.mul(w.alpha, v)), determinant(w))

/** E[e | x_t] = (alpha' x - alpha v) / (alpha' std - alpha std') of a velocity v. */
export const noiseFromVelocity = converting(noise)

/** E[x1 | x_t] = (std v - std' x) / (alpha' std - alpha std') of a velocity v. */
export const dataFromVelocity = converting((w, v, x) =>
  tf.div(tf.sub(tf.mul(w.std, v), tf.mul(w.stdRate, x)), determinant(w))
)

/**
 * grad_x log p_t(x) = -E[e | x_t] / std of a velocity, in the path's time: what Langevin corrections and stochastic samplers
 * of a flow-matching model need.
 * @precision where std vanishes the quotient amplifies the velocity's error without bound
 * @source Lipman et al. 2022, arXiv:2210.02747; Zheng et al. 2023, arXiv:2311.13443
 * @example scoreFromVelocity(linearPath())(velocity)(tf.scalar(0.5), x) // [..., d]
 */
export const scoreFromVelocity = converting((w, v, x) => tf.neg(tf.div(noise(w, v, x), w.std)))

/** Where a divisor vanishes at an end of some paths, the velocity stands still from so near it: an error of second order. */
const MARGIN = 1e-3

const fromNoise = (w: Weights, e: tf.Tensor, x: tf.Tensor): tf.Tensor =>
  tf.add(tf.mul(tf.div(w.alphaRate, w.alpha), tf.sub(x, tf.mul(w.std, e))), tf.mul(w.stdRate, e))

const afterStart: OfTime = (t) => tf.maximum(t, MARGIN)

/**
 * v = (alpha' / alpha) (x - std e) + std' e of a prediction of the noise e.
 * @precision before t = 1e-3 it is the velocity of 1e-3: where alpha is zero the noise does not say where the data are
 * @example
 * const field = learnable.map(velocityFromNoise(path))(velocityMlp({ dimension: 2 }))
 */
export const velocityFromNoise = converting(fromNoise, afterStart)

/** v = (alpha' / alpha) x + std ((alpha' / alpha) std - std') s of a score s, as `velocityFromNoise` of e = -std s. */
export const velocityFromScore = converting((w, s, x) => fromNoise(w, tf.neg(tf.mul(w.std, s)), x), afterStart)

/**
 * v = alpha' d + std' (x - alpha d) / std of a prediction d of the data; on the linear path that is `velocityFromEndpoint`.
 * @precision after t = 1 - 1e-3 it is the velocity of then: the quotient would amplify the prediction's error without bound
 */
export const velocityFromData = converting(
  (w, d, x) => tf.add(tf.mul(w.alphaRate, d), tf.mul(w.stdRate, tf.div(tf.sub(x, tf.mul(w.alpha, d)), w.std))),
  (t) => tf.minimum(t, 1 - MARGIN)
)
