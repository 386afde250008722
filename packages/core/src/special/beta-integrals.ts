/**
 * The beta distribution's integrals relative to its density. With w(t) = t^(a-1) (1-t)^(b-1) and D = x^a y^b, y = 1 - x,
 *   ∫_0^x w dt = D (1/a + x (a+b) / (a (a+1)) + x^2 (a+b) (a+b+1) / (a (a+1)) m),
 * two steps of the recurrence in a, whose terms are all positive, and what is left of concentration a + 2: m is an integral over
 * s = logit x - logit t of a log-concave weight that falls off no slower than exp(-2 s). The upper tail is the lower one of 1 - t.
 */
import * as tf from '@tensorflow/tfjs-core'
import { digamma } from '@bdl/compiler'
import { HALF_LOG_TAU } from './constants.js'
import { log1pmx, expm1mx } from './remainders.js'
import { CUT, panel, reach, RULE_32 } from './quadrature.js'
import { lgammaCorrection } from './stirling.js'

/** A point of a beta distribution; y = 1 - x is given as well, as neither can be had from the other near its end. */
export interface BetaPoint {
  readonly a: tf.Tensor
  readonly b: tf.Tensor
  readonly x: tf.Tensor
  readonly y: tf.Tensor
}

/** log(1 + v) - v where the ratio is 1 + v and has the digits that v has not. */
const logLess = (v: tf.Tensor, ratio: tf.Tensor): tf.Tensor => {
  const isNear = tf.less(tf.abs(v), 0.5)
  return tf.where(isNear, log1pmx(tf.where(isNear, v, tf.zerosLike(v))), tf.sub(tf.log(ratio), v))
}

/** What corrects Stirling's formula in log B(a, b). */
export const betaCorrection = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
  tf.sub(tf.add(lgammaCorrection(a), lgammaCorrection(b)), lgammaCorrection(tf.add(a, b)))

/** log of x^a y^b / B(a, b), which is x y times the density: as deviances from the mean, whose large terms cancel. */
export const logBetaWeightAt = ({ a, b, x, y }: BetaPoint): tf.Tensor => {
  const total = tf.add(a, b)
  const distance = tf.sub(tf.mul(b, x), tf.mul(a, y))
  const [u, v] = [tf.div(distance, a), tf.neg(tf.div(distance, b))]
  const deviance = tf.add(
    tf.mul(a, logLess(u, tf.mul(x, tf.div(total, a)))),
    tf.mul(b, logLess(v, tf.mul(y, tf.div(total, b))))
  )
  const central = tf.mul(tf.add(tf.log(a), tf.log(tf.div(b, total))), 0.5)
  return tf.sub(tf.add(deviance, central), tf.add(betaCorrection(a, b), HALF_LOG_TAU))
}

/** log(1 + x (exp(-s) - 1)) + x s, from second order on, by the smaller of x and y. */
const curvedPart = (x: tf.Tensor, y: tf.Tensor, s: tf.Tensor): tf.Tensor => {
  const isLow = tf.less(x, y)
  const c = tf.where(isLow, x, y)
  const t = tf.mul(tf.where(isLow, tf.neg(tf.onesLike(x)), tf.onesLike(x)), s)
  const w = tf.mul(c, tf.expm1(t))
  const isFar = tf.greater(w, 1)
  const [near, far] = [tf.where(isFar, tf.zerosLike(w), w), tf.where(isFar, w, tf.zerosLike(w))]
  return tf.where(isFar, tf.sub(tf.log1p(far), tf.mul(c, t)), tf.add(log1pmx(near), tf.mul(c, expm1mx(t))))
}

/** ∫ exp(-exponent) over s > 0, for a >= 2 and x on the left. */
const leftOver = ({ a, b, x, y }: BetaPoint): tf.Tensor => {
  const total = tf.add(a, b)
  const steepness = tf.sub(tf.mul(a, y), tf.mul(b, x))
  const rise = tf.maximum(steepness, 0)
  const curvature = tf.mul(tf.mul(total, x), y)
  const parabola = tf.div(2 * CUT, tf.add(rise, tf.sqrt(tf.add(tf.square(rise), tf.mul(curvature, 2 * CUT)))))
  const asymptote = tf.div(tf.sub(CUT, tf.mul(total, tf.log(y))), a)
  const extent = reach(
    tf.minimum(parabola, asymptote),
    5,
    (s) => tf.add(tf.mul(steepness, s), tf.mul(total, curvedPart(x, y, s))),
    (s) => {
      const decay = tf.mul(x, tf.exp(tf.neg(s)))
      return tf.maximum(tf.sub(a, tf.div(tf.mul(total, decay), tf.add(y, decay))), 1e-3)
    }
  )
  const { s, integral } = panel(RULE_32, extent)
  const wide = (p: tf.Tensor): tf.Tensor => tf.expandDims(p, -1)
  const exponent = tf.add(tf.mul(wide(steepness), s), tf.mul(wide(total), curvedPart(wide(x), wide(y), s)))
  return integral(tf.exp(tf.neg(exponent)))
}

/** log of the regularised integral from 0 to x, for x on the left. */
export const logLeft = (point: BetaPoint): tf.Tensor => {
  const { a, b, x } = point
  const total = tf.add(a, b)
  const first = tf.mul(x, tf.div(total, tf.add(a, 1)))
  const rest = tf.mul(tf.mul(first, x), tf.mul(tf.add(total, 1), leftOver({ ...point, a: tf.add(a, 2) })))
  return tf.sub(tf.add(logBetaWeightAt(point), tf.log(tf.add(tf.add(first, 1), rest))), tf.log(a))
}

/** Next to an end the tail beyond x is left as one minus this side: the weight has a plateau of length -log x there. */
const NEXT_TO_END = 1e-6

/** Whether the lower tail is about the smaller one: by the geometric mean of the share that is less. */
const isLeftOf = ({ a, b, x, y }: BetaPoint): tf.Tensor => {
  const total = tf.add(a, b)
  const logMean = (p: tf.Tensor): tf.Tensor => tf.sub(digamma(p), digamma(total))
  const isBelow = tf.where(tf.less(a, b), tf.less(tf.log(x), logMean(a)), tf.greater(tf.log(y), logMean(b)))
  const isNextTo0 = tf.less(tf.mul(x, total), NEXT_TO_END)
  const isNextTo1 = tf.less(tf.mul(y, total), NEXT_TO_END)
  return tf.logicalOr(isNextTo0, tf.logicalAnd(isBelow, tf.logicalNot(isNextTo1)))
}

/** The tail on the smaller side, its logarithm, and which it is. */
export const smallerTail = (point: BetaPoint): readonly [logSide: tf.Tensor, isLeft: tf.Tensor] => {
  const { a, b, x, y } = point
  const isLeft = isLeftOf(point)
  const side: BetaPoint = {
    a: tf.where(isLeft, a, b),
    b: tf.where(isLeft, b, a),
    x: tf.where(isLeft, x, y),
    y: tf.where(isLeft, y, x)
  }
  return [tf.minimum(logLeft(side), 0), isLeft]
}
