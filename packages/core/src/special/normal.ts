// The standard normal: its distribution function, quantiles and log-tail, in float32, with the slopes stated.
import * as tf from '@tensorflow/tfjs-core'
import { erfc } from '@bdl/compiler'
import { elementwise, polynomial, type Coefficients } from './elementwise.js'
import { erfSmall, scaledErfcTail } from './error.js'

const SQRT1_2 = Math.SQRT1_2
const SQRT_TAU = Math.sqrt(2 * Math.PI)

const halfSquare = (x: tf.Tensor): tf.Tensor => tf.mul(tf.square(x), 0.5)

const density = (x: tf.Tensor): tf.Tensor => tf.div(tf.exp(tf.neg(halfSquare(x))), SQRT_TAU)

/** Phi(-|x|) for |x| >= sqrt 2. */
const tail = (z: tf.Tensor): tf.Tensor => tf.mul(tf.mul(tf.exp(tf.neg(tf.square(z))), scaledErfcTail(z)), 0.5)

/**
 * Phi(x), the standard normal distribution function, elementwise.
 * @precision float32: relative accuracy in the left tail, growing as x^2 ulp; underflows below x = -13. The right tail is
 *   1 - Phi(x): call ndtr(-x)
 */
export const ndtr: (x: tf.Tensor) => tf.Tensor = elementwise((x) => tf.mul(erfc(tf.mul(x, -SQRT1_2)), 0.5), density)

// Wichura's PPND7: numerators and denominators of the central, middle and far branches, highest power first.
const CENTRE = [
  [59.10937472, 159.29113202, 50.434271938, 3.3871327179],
  [67.1875636, 78.757757664, 17.895169469, 1]
] as const
const MIDDLE = [
  [0.17023821103, 1.3067284816, 2.75681539, 1.4234372777],
  [0.12021132975, 0.7370016425, 1]
] as const
const FAR = [
  [0.017337203997, 0.42868294337, 3.081226386, 6.657905115],
  [0.012258202635, 0.24197894225, 1]
] as const

const ratio = (x: tf.Tensor, [top, bottom]: readonly [Coefficients, Coefficients]): tf.Tensor =>
  tf.div(polynomial(x, top), polynomial(x, bottom))

/**
 * The x with Phi(x) = p, for 0 <= p <= 1; -inf at 0, inf at 1, NaN outside.
 * @precision float32: relative error below 1e-6, also for p = 1e-37; near p = 1 the argument itself has lost the digits
 * @source Wichura (1988), Algorithm AS 241 (PPND7), Applied Statistics 37(3), 477-484
 */
export const ndtri: (p: tf.Tensor) => tf.Tensor = elementwise(
  (p) => {
    const q = tf.sub(p, 0.5)
    const centre = tf.mul(q, ratio(tf.sub(0.180625, tf.square(q)), CENTRE))
    const r = tf.sqrt(tf.neg(tf.log(tf.minimum(p, tf.sub(1, p)))))
    const size = tf.where(tf.lessEqual(r, 5), ratio(tf.sub(r, 1.6), MIDDLE), ratio(tf.sub(r, 5), FAR))
    const outer = tf.mul(tf.sign(q), size)
    const inside = tf.where(tf.lessEqual(tf.abs(q), 0.425), centre, outer)
    const isEnd = tf.logicalOr(tf.equal(p, 0), tf.equal(p, 1))
    return tf.where(isEnd, tf.mul(q, Infinity), inside)
  },
  (p) => tf.reciprocal(density(ndtri(p)))
)

/** phi(x) / Phi(x), the slope of log Phi; m' = -m (x + m). */
const inverseMills: (x: tf.Tensor) => tf.Tensor = elementwise(
  (x) => {
    const z = tf.mul(x, -SQRT1_2)
    const far = tf.div(Math.sqrt(2 / Math.PI), scaledErfcTail(z))
    return tf.where(tf.less(x, -Math.SQRT2), far, tf.div(density(x), ndtr(x)))
  },
  (x) => {
    const m = inverseMills(x)
    return tf.neg(tf.mul(m, tf.add(x, m)))
  }
)

/**
 * log Phi(x), elementwise, for every finite x.
 * Below -sqrt 2: log(exp(z^2) erfc(z) / 2) - x^2/2 with z = -x/sqrt 2; above sqrt 2: log1p(-Phi(-x)).
 * @precision float32: relative error below 2e-6. The second derivative cancels beyond x = -100
 * @source Moshier, Cephes Mathematical Library, ndtrf.c
 */
export const logNdtr: (x: tf.Tensor) => tf.Tensor = elementwise((x) => {
  const z = tf.mul(tf.abs(x), SQRT1_2)
  const left = tf.sub(tf.log(tf.mul(scaledErfcTail(z), 0.5)), halfSquare(x))
  const right = tf.log1p(tf.neg(tail(z)))
  const outer = tf.where(tf.less(x, 0), left, right)
  return tf.where(tf.less(z, 1), tf.log(tf.add(tf.mul(erfSmall(tf.mul(x, SQRT1_2)), 0.5), 0.5)), outer)
}, inverseMills)
