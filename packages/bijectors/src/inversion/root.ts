/**
 * Roots of increasing functions, entry by entry: inverse quadratic interpolation inside a bracket that never loses the
 * root. Midpoints are geometric where the ends are of different size and ends may be infinite, so that roots of any
 * magnitude take few steps.
 */
import * as tf from '@tensorflow/tfjs-core'
import { whileLoop } from '@bdl/compiler'

/** Of open ends, which may be infinite. */
export type Interval = readonly [low: number, high: number]

/** Growth of a bracket that is open to infinity or to 0. */
const STRIDE = 16
/** Of float32: the largest number, and the distance of 1 to its neighbour below. */
const LARGEST = 3.4028234663852886e38
const ROUNDING = 2 ** -24
/** More than the widest bracket takes, if every second step were a midpoint. */
const MAX_STEPS = 200

/** Between 0 <= a < b. */
const betweenMagnitudes = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => {
  const further = tf.where(tf.less(a, LARGEST), tf.minimum(tf.maximum(tf.mul(a, STRIDE), 1), LARGEST), b)
  const geometric = tf.where(tf.equal(a, 0), tf.div(b, STRIDE), tf.mul(tf.sqrt(a), tf.sqrt(b)))
  const halfway = tf.add(a, tf.mul(tf.sub(b, a), 0.5))
  const within = tf.where(tf.greater(tf.mul(a, 4), b), halfway, geometric)
  return tf.where(tf.isInf(b), further, within)
}

/** A point between low and high: 0 between signs, else by magnitude. One of the ends where nothing lies between. */
export const midpoint = (low: tf.Tensor, high: tf.Tensor): tf.Tensor => {
  const straddles = tf.logicalAnd(tf.less(low, 0), tf.greater(high, 0))
  const [a, b] = [tf.minimum(tf.abs(low), tf.abs(high)), tf.maximum(tf.abs(low), tf.abs(high))]
  const magnitude = betweenMagnitudes(a, b)
  const signed = tf.where(tf.less(low, 0), tf.neg(magnitude), magnitude)
  return tf.where(straddles, tf.zerosLike(low), signed)
}

/** Points x1 (the newest), x2 (across the root) and x3 (the one before), with their values. */
type Search = {
  readonly x1: tf.Tensor
  readonly x2: tf.Tensor
  readonly x3: tf.Tensor
  readonly f1: tf.Tensor
  readonly f2: tf.Tensor
  readonly f3: tf.Tensor
  readonly isDone: tf.Tensor
  readonly step: tf.Tensor
}

/** How far from x1 to x2 the parabola through the three points, x as a function of f, has its root; NaN where it is none. */
const interpolated = ({ x1, x2, x3, f1, f2, f3 }: Search): tf.Tensor => {
  const { div, mul, sub, square } = tf
  const [xi, phi] = [div(sub(x1, x2), sub(x3, x2)), div(sub(f1, f2), sub(f3, f2))]
  const isMonotone = tf.logicalAnd(tf.less(square(phi), xi), tf.less(square(sub(1, phi)), sub(1, xi)))
  const linear = mul(div(f1, sub(f2, f1)), div(f3, sub(f2, f3)))
  const bend = mul(mul(div(sub(x3, x1), sub(x2, x1)), div(f1, sub(f3, f1))), div(f2, sub(f3, f2)))
  return tf.where(isMonotone, tf.add(linear, bend), tf.fill(x1.shape, NaN))
}

const nextPoint = (search: Search): tf.Tensor => {
  const { x1, x2 } = search
  const width = tf.sub(x2, x1)
  const least = tf.div(tf.mul(tf.maximum(tf.abs(x1), tf.abs(x2)), ROUNDING), tf.abs(width))
  const t = interpolated(search)
  const inside = tf.minimum(tf.maximum(t, least), tf.sub(1, least))
  const middle = midpoint(tf.minimum(x1, x2), tf.maximum(x1, x2))
  return tf.where(tf.isFinite(tf.mul(t, width)), tf.add(x1, tf.mul(inside, width)), middle)
}

/** Takes the value at `x` in; entries that are done keep what they have. */
const advanced = (search: Search, x: tf.Tensor, f: tf.Tensor): Search => {
  const { x1, x2, x3, f1, f2, f3, isDone, step } = search
  const isSameSide = tf.equal(tf.greater(f, 0), tf.greater(f1, 0))
  const pick = (so: tf.Tensor, a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.where(so, a, b)
  const keep = (old: tf.Tensor, next: tf.Tensor): tf.Tensor => tf.where(isDone, old, next)
  const isClosed = tf.logicalOr(tf.equal(x, x1), tf.equal(x, x2))
  const isExact = tf.logicalOr(tf.equal(f, 0), tf.isNaN(f))
  return {
    x1: keep(x1, x),
    f1: keep(f1, f),
    x2: keep(x2, pick(isSameSide, x2, x1)),
    f2: keep(f2, pick(isSameSide, f2, f1)),
    x3: keep(x3, pick(isSameSide, x1, x2)),
    f3: keep(f3, pick(isSameSide, f1, f2)),
    isDone: tf.logicalOr(isDone, tf.logicalOr(isClosed, isExact)),
    step: tf.add(step, 1)
  }
}

const start = (like: tf.Tensor, [low, high]: Interval): Search => {
  const filled = (value: number): tf.Tensor => tf.fill(like.shape, value)
  return {
    ...{ x1: filled(low), x2: filled(high), x3: filled(high) },
    ...{ f1: filled(-Infinity), f2: filled(Infinity), f3: filled(Infinity) },
    isDone: tf.isNaN(like),
    step: tf.scalar(0)
  }
}

/**
 * The x with f(x) = 0, for f increasing on an open interval; the end of it where f has one sign. NaN where `like` is.
 *
 * @param f maps a tensor to one of its shape, entries apart
 * @param like a tensor of that shape: the result's
 * @precision to the rounding of x, as far as that of f allows
 * @source Chandrupatla (1997), Advances in Engineering Software 28(3), 145-149; Scherer (2010), Computational Physics
 */
export const root = (f: (x: tf.Tensor) => tf.Tensor, like: tf.Tensor, domain: Interval): tf.Tensor => {
  const found = whileLoop(
    ({ isDone, step }: Search) => tf.logicalAnd(tf.less(step, MAX_STEPS), tf.logicalNot(tf.all(isDone))),
    (search) => {
      const x = nextPoint(search)
      return advanced(search, x, f(x))
    },
    start(like, domain)
  )
  const best = tf.where(tf.lessEqual(tf.abs(found.f1), tf.abs(found.f2)), found.x1, found.x2)
  return tf.where(tf.isNaN(like), like, best)
}
