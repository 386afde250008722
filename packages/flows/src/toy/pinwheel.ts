/** The pinwheel: five normal blades that are sheared round the centre, with the density of the shear's inverse. */
import * as tf from '@tensorflow/tfjs-core'
import { foriLoop, stopGradient } from '@bdl/compiler'
import { logsumexp, normal, randint, split } from '@bdl/core'
import { toyDataset, type ToyDataset } from './dataset.js'

const BLADES = 5
const RADIAL = 0.3
const TANGENTIAL = 0.1
const RATE = 0.25
const SCALE = 2
const TURN = 2 * Math.PI
const BISECTIONS = 26

/** Angle by which a point at radial coordinate a is turned. */
const turnOf = (a: tf.Tensor): tf.Tensor => tf.mul(tf.exp(a), RATE)

/** An angle within (-pi, pi]. */
const wrapped = (angle: tf.Tensor): tf.Tensor => tf.sub(angle, tf.mul(tf.round(tf.div(angle, TURN)), TURN))

/** Up to this radius the shear has one inverse for all angles. */
const FOLD = 1.7

/** The largest angle up to which psi + turn(r cos psi) surely grows with psi: where r sin(psi) turn(r) = 1 beyond the fold. */
const largestAngle = (r: tf.Tensor): tf.Tensor => {
  const sine = tf.minimum(tf.div(1, tf.mul(r, turnOf(r))), 0.999)
  return tf.where(tf.less(r, FOLD), tf.fill(r.shape, Math.PI), tf.asin(sine))
}

interface Inverse {
  /** Angle between the point and its blade, before the shear. */
  readonly psi: tf.Tensor
  /** Whether there is one below the largest angle. */
  readonly exists: tf.Tensor
}

/**
 * psi + turn(r cos psi) = target by bisection, between -pi and the largest angle; the target is shifted by whole turns so that
 * it lies above the value at -pi.
 */
const angleFromBlade = (r: tf.Tensor, target: tf.Tensor): Inverse => {
  const sheared = (psi: tf.Tensor): tf.Tensor => tf.add(psi, turnOf(tf.mul(r, tf.cos(psi))))
  const ends = turnOf(tf.neg(r))
  const goal = tf.add(wrapped(tf.sub(target, ends)), ends)
  const top = tf.add(largestAngle(r), tf.zeros(goal.shape))
  type Bracket = readonly [low: tf.Tensor, high: tf.Tensor]
  const halve = (_: tf.Tensor, [low, high]: Bracket): Bracket => {
    const middle = tf.mul(tf.add(low, high), 0.5)
    const isBelow = tf.less(sheared(middle), goal)
    return [tf.where(isBelow, middle, low), tf.where(isBelow, high, middle)]
  }
  const [low, high] = foriLoop(0, BISECTIONS, halve, stopGradient<Bracket>([tf.fill(goal.shape, -Math.PI), top]))
  const psi = stopGradient(tf.mul(tf.add(low, high), 0.5))
  // Steps of Newton's method: the last digits, and the derivatives, which bisection has not; two steps for the second one.
  const newton = (at: tf.Tensor): tf.Tensor => {
    const slope = tf.sub(1, tf.mul(tf.mul(r, tf.sin(at)), turnOf(tf.mul(r, tf.cos(at)))))
    return tf.sub(at, tf.div(tf.sub(sheared(at), goal), tf.maximum(slope, 1e-3)))
  }
  return { psi: newton(newton(psi)), exists: tf.lessEqual(goal, sheared(top)) }
}

const LOG_CONSTANT = Math.log(BLADES * TURN * RADIAL * TANGENTIAL * SCALE ** 2)

/** Beyond this radius the density is 0 in any number format: 672 nats below that at the blades, and falling. */
const FAR = 12

/** Sum over blades of the normal at the point before the shear, over the determinant 1 - b turn(a) of the shear. */
const pinwheelLogProb = (x: tf.Tensor): tf.Tensor => {
  const isFar = tf.greater(tf.max(tf.abs(x), -1, true), FAR * SCALE)
  const [x1 = tf.zeros([0]), x2 = tf.zeros([0])] = tf.unstack(tf.div(tf.where(isFar, 1, x), SCALE), -1)
  const r = tf.expandDims(tf.sqrt(tf.add(tf.add(tf.square(x1), tf.square(x2)), 1e-12)), -1)
  const blades = tf.mul(tf.range(0, BLADES), TURN / BLADES)
  const { psi, exists } = angleFromBlade(r, tf.sub(tf.expandDims(tf.atan2(tf.neg(x2), x1), -1), blades))
  const [a, b] = [tf.mul(r, tf.cos(psi)), tf.mul(r, tf.sin(psi))]
  const squares = tf.add(tf.square(tf.div(tf.sub(a, 1), RADIAL)), tf.square(tf.div(b, TANGENTIAL)))
  const logDet = tf.log(tf.maximum(tf.abs(tf.sub(1, tf.mul(b, turnOf(a)))), 1e-6))
  const each = tf.where(tf.logicalAnd(exists, tf.logicalNot(isFar)), tf.sub(tf.mul(squares, -0.5), logDet), -Infinity)
  return tf.sub(logsumexp(each, -1), LOG_CONSTANT)
}

/**
 * Five blades: normal points (1 + 0.3 z, 0.1 z') turned clockwise by 2 pi k / 5 + exp(first coordinate) / 4,
 * times 2.
 * @precision where the shear folds (radius above 3.4), the density counts the one inverse of each blade that is nearest to its
 *   axis; others lie at least 4 standard deviations off it (mass below 1e-7)
 * @source Johnson et al. (2016), arXiv:1603.06277; parameters of FFJORD, arXiv:1810.01367
 */
export const pinwheel: ToyDataset = toyDataset({
  name: 'pinwheel',
  title: 'pinwheel',
  window: 4.4,
  sample: (key, n) => {
    const [which, noise] = split(key)
    const blade = tf.mul(tf.cast(randint(which, [n], 0, BLADES), 'float32'), TURN / BLADES)
    const [z1 = tf.zeros([0]), z2 = tf.zeros([0])] = tf.unstack(normal(noise, [n, 2]), -1)
    const [a, b] = [tf.add(tf.mul(z1, RADIAL), 1), tf.mul(z2, TANGENTIAL)]
    const angle = tf.add(blade, turnOf(a))
    const [c, s] = [tf.cos(angle), tf.sin(angle)]
    const turned = [tf.sub(tf.mul(a, c), tf.mul(b, s)), tf.neg(tf.add(tf.mul(a, s), tf.mul(b, c)))]
    return tf.mul(tf.stack(turned, -1), SCALE)
  },
  logProb: pinwheelLogProb
})
