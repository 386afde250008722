// Student's t: its distribution function and quantiles.
import * as tf from '@tensorflow/tfjs-core'
import { customVjp, grad } from '@bdl/compiler'
import { scoped } from '../scope.js'
import { zerosOver } from './elementwise.js'
import { lbeta, lowerTail } from './incomplete-beta.js'
import { implicit } from './implicit.js'
import { logitBetaQuantile } from './quantiles.js'

/** P(T > |t|) = I_x(df/2, 1/2) / 2 at x = df / (df + t^2); its steps are right in df. */
const farTail = (df: tf.Tensor, t: tf.Tensor): tf.Tensor => {
  const ratio = tf.minimum(tf.square(tf.div(t, tf.sqrt(df))), 1e30)
  const x = tf.reciprocal(tf.add(ratio, 1))
  const half = tf.mul(tf.onesLike(t), 0.5)
  return tf.mul(lowerTail({ a: tf.mul(df, 0.5), b: half, x, y: tf.mul(ratio, x) }), 0.5)
}

/** log-density of a standard t variable. */
const logDensity = (df: tf.Tensor, t: tf.Tensor): tf.Tensor => {
  const half = tf.mul(df, 0.5)
  const kernel = tf.mul(tf.add(half, 0.5), tf.log1p(tf.div(tf.square(t), df)))
  const normaliser = tf.add(lbeta(half, tf.mul(tf.onesLike(df), 0.5)), tf.mul(tf.log(df), 0.5))
  return tf.neg(tf.add(kernel, normaliser))
}

/** The derivative of the distribution function in df, times dy. */
const inDegrees = (df: tf.Tensor, t: tf.Tensor, dy: tf.Tensor): tf.Tensor => {
  const signed = tf.mul(dy, tf.neg(tf.sign(t)))
  return grad((at: tf.Tensor) => tf.sum(tf.mul(signed, farTail(at, t))))(df)
}

type Pair = readonly [df: tf.Tensor, t: tf.Tensor]

const rule = customVjp<Pair, tf.Tensor, Pair>({
  forward: (df, t) => {
    const tail = farTail(df, t)
    return [tf.where(tf.less(t, 0), tail, tf.sub(1, tail)), [df, t]]
  },
  backward: ([df, t], dy) => [inDegrees(df, t, dy), tf.mul(dy, tf.exp(logDensity(df, t)))]
})

/**
 * P(T <= t) for Student's t with df degrees of freedom. Broadcasts; the upper tail is stdtr(df, -t).
 *
 * @param df > 0 @param t real. Differentiable in both
 * @precision float32: as `betainc`; relative in the left tail
 * @example stdtr(tf.scalar(3), tf.scalar(1)) // => 0.8045
 */
export const stdtr = (df: tf.Tensor, t: tf.Tensor): tf.Tensor =>
  scoped(() => rule(tf.add(df, tf.zerosLike(t)), tf.add(t, tf.zerosLike(df))))

/**
 * The t with P(T <= t) = p for Student's t. -inf at p = 0, inf at 1. Broadcasts.
 *
 * @param df > 0 @param p in [0, 1]. Differentiable in both, by the implicit function theorem
 * @example stdtrit(tf.scalar(3), tf.scalar(0.975)) // => 3.1824
 */
export const stdtrit = (df: tf.Tensor, p: tf.Tensor): tf.Tensor =>
  scoped(() => {
    const zeros = zerosOver(df, p)
    const [at, chance] = [tf.add(df, zeros), tf.add(p, zeros)]
    const isLower = tf.less(chance, 0.5)
    const tail = tf.where(isLower, chance, tf.sub(1, chance))
    const both = { p: tf.mul(tail, 2), q: tf.mul(tf.abs(tf.sub(chance, 0.5)), 2) }
    const logit = logitBetaQuantile(tf.mul(at, 0.5), tf.mul(tf.onesLike(at), 0.5), both)
    const size = tf.mul(tf.sqrt(at), tf.exp(tf.mul(logit, -0.5)))
    const isInside = tf.logicalAnd(tf.greater(chance, 0), tf.less(chance, 1))
    const found = tf.where(isLower, tf.neg(size), size)
    const t = implicit(tf.where(isInside, found, tf.zerosLike(found)), [at, chance], (y, [n = at]) => {
      const perChance = tf.exp(tf.neg(logDensity(n, y)))
      return [tf.neg(inDegrees(n, y, perChance)), perChance]
    })
    return tf.where(isInside, t, tf.where(tf.equal(chance, 0), -Infinity, tf.where(tf.equal(chance, 1), Infinity, NaN)))
  })
