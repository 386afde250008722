/**
 * One bin of a monotone rational-quadratic spline, in forms that cancel nothing: every sum below is of positive terms.
 *
 * With slope s = height / width, derivatives d0 and d1 at the two knots, xi the place in the bin and eta = the height
 * reached there, both in [0, 1]:
 * eta = (s xi^2 + d0 xi (1 - xi)) / (s (xi^2 + (1 - xi)^2) + (d0 + d1) xi (1 - xi)).
 * The quadratic for xi has the discriminant p^2 + 4 s^2 eta (1 - eta), p = d0 (1 - eta) - d1 eta, and its root is taken in
 * the form whose terms have one sign, which depends on the sign of p.
 */
import * as tf from '@tensorflow/tfjs-core'
import { stopGradient } from '@bdl/compiler'

/** The bin that an entry lies in, each of the shape of x. */
export interface Bin {
  readonly left: tf.Tensor
  readonly bottom: tf.Tensor
  readonly width: tf.Tensor
  readonly height: tf.Tensor
  /** Derivatives at the left and the right knot. */
  readonly first: tf.Tensor
  readonly last: tf.Tensor
}

/** A place in [0, 1] and what is left of it. */
type Place = readonly [at: tf.Tensor, rest: tf.Tensor]

const { add, div, mul, square, sub } = tf

/** Clipped to [0, 1], which rounding at a knot leaves by an ulp; the derivative there is that of both bins, not 0. */
const withinUnit = (x: tf.Tensor): tf.Tensor => add(x, stopGradient(sub(tf.clipByValue(x, 0, 1), x)))

/** s (xi^2 + (1 - xi)^2) + (d0 + d1) xi (1 - xi) */
const denominator = ({ first, last }: Bin, slope: tf.Tensor, [xi, rest]: Place): tf.Tensor =>
  add(mul(slope, add(square(xi), square(rest))), mul(add(first, last), mul(xi, rest)))

/** log dy/dx = 2 log s + log(d1 xi^2 + 2 s xi (1 - xi) + d0 (1 - xi)^2) - 2 log denominator */
const logSlope = (bin: Bin, slope: tf.Tensor, place: Place): tf.Tensor => {
  const [xi, rest] = place
  const ends = add(mul(bin.last, square(xi)), mul(bin.first, square(rest)))
  const numerator = add(ends, mul(mul(slope, 2), mul(xi, rest)))
  return sub(tf.log(numerator), mul(tf.log(div(denominator(bin, slope, place), slope)), 2))
}

/** y and log dy/dx at x inside the bin. */
export const throughBin = (bin: Bin, x: tf.Tensor): readonly [y: tf.Tensor, logSlope: tf.Tensor] => {
  const slope = div(bin.height, bin.width)
  const xi = withinUnit(div(sub(x, bin.left), bin.width))
  const place: Place = [xi, sub(1, xi)]
  const numerator = add(mul(slope, square(xi)), mul(bin.first, mul(xi, place[1])))
  const eta = div(numerator, denominator(bin, slope, place))
  return [add(bin.bottom, mul(bin.height, eta)), logSlope(bin, slope, place)]
}

/** xi and 1 - xi from eta. */
const placeAt = ({ first, last }: Bin, slope: tf.Tensor, eta: tf.Tensor): Place => {
  const above = sub(1, eta)
  const p = sub(mul(first, above), mul(last, eta))
  const root = tf.sqrt(add(square(p), mul(mul(square(slope), 4), mul(eta, above))))
  const [up, down] = [mul(mul(slope, 2), eta), mul(mul(slope, 2), above)]
  const isRising = tf.greaterEqual(p, 0)
  // not tf.abs, whose derivative at 0 is 0: p is 0 in the middle of a bin with equal ends
  const sum = add(tf.where(isRising, p, tf.neg(p)), root)
  const total = add(sum, tf.where(isRising, up, down))
  return [div(tf.where(isRising, up, sum), total), div(tf.where(isRising, sum, down), total)]
}

/** x and log dx/dy at y inside the bin. */
export const backThroughBin = (bin: Bin, y: tf.Tensor): readonly [x: tf.Tensor, logSlope: tf.Tensor] => {
  const slope = div(bin.height, bin.width)
  const eta = withinUnit(div(sub(y, bin.bottom), bin.height))
  const place = placeAt(bin, slope, eta)
  return [add(bin.left, mul(bin.width, place[0])), tf.neg(logSlope(bin, slope, place))]
}
