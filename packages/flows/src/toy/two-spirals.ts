/** Two arms of a spiral, each point smeared over a small square and by a normal. */
import * as tf from '@tensorflow/tfjs-core'
import { logsumexp, ndtr, normal, rademacher, split, uniform } from '@bdl/core'
import { curveNodes, gaussLegendre } from './curve.js'
import { toyDataset, type ToyDataset } from './dataset.js'

/** One and a half turns, all divided by 3. */
const TURN = 3 * Math.PI
const SCALE = 3
/** Side of the square, and standard deviation, after division. */
const BOX = 0.5 / SCALE
const STD = 0.1
/** Nodes at most 0.12 apart, where square and normal together are smooth enough for an error of 1e-6. */
const NODES = 256

/** Log density of the sum of a uniform on [0, BOX] and a normal of deviation STD, elementwise. */
const smearedLogProb = (x: tf.Tensor): tf.Tensor => {
  const z = tf.div(tf.sub(x, BOX / 2), STD)
  // By symmetry on the left tail, where the difference of two distribution functions does not cancel.
  const left = tf.neg(tf.abs(z))
  const half = BOX / 2 / STD
  const mass = tf.sub(ndtr(tf.add(left, half)), ndtr(tf.sub(left, half)))
  // Far out both underflow: the normal at the nearer edge then stands for their difference.
  const isFar = tf.less(left, -8)
  const far = tf.mul(tf.square(tf.add(left, half)), -0.5)
  return tf.sub(tf.where(isFar, far, tf.log(tf.where(isFar, tf.onesLike(mass), mass))), Math.log(BOX))
}

/** Of one arm: rows [n, 2] -> [n]. */
const armLogProb = (x: tf.Tensor): tf.Tensor => {
  const point = (t: number): readonly [number, number] => [(-t * Math.cos(t)) / SCALE, (t * Math.sin(t)) / SCALE]
  // t = TURN sqrt(u) with u uniform has the density 2 t / TURN^2.
  const { centres, logWeights } = curveNodes(gaussLegendre(NODES, 0, TURN), point, (t) => t)
  const [x1 = tf.zeros([0]), x2 = tf.zeros([0])] = tf.unstack(x, -1)
  const [c1 = tf.zeros([0]), c2 = tf.zeros([0])] = tf.unstack(centres, -1)
  const along = (a: tf.Tensor, c: tf.Tensor): tf.Tensor => smearedLogProb(tf.sub(tf.expandDims(a, -1), c))
  return logsumexp(tf.add(tf.add(along(x1, c1), along(x2, c2)), logWeights), -1)
}

/**
 * Two spirals, each the other one turned by pi: +-(-t cos t + a, t sin t + b) / 3 with t = 3 pi sqrt(u), a and b uniform on
 * [0, 0.5], with noise of standard deviation 0.1.
 * @precision of the density: beyond 8 standard deviations from both arms its logarithm is that of the nearest edge, right to
 *   0.5 %
 * @source Grathwohl et al. (2018), FFJORD, arXiv:1810.01367
 */
export const twoSpirals: ToyDataset = toyDataset({
  name: 'two-spirals',
  title: 'two spirals',
  window: 4,
  sample: (key, n) => {
    const [along, smear, side, noise] = split(key, 4)
    const t = tf.mul(tf.sqrt(uniform(along, [n])), TURN)
    const curve = tf.stack([tf.neg(tf.mul(t, tf.cos(t))), tf.mul(t, tf.sin(t))], -1)
    const arm = tf.div(tf.add(curve, uniform(smear, [n, 2], { minval: 0, maxval: 0.5 })), SCALE)
    const sign = tf.cast(tf.expandDims(rademacher(side, [n]), -1), 'float32')
    return tf.add(tf.mul(arm, sign), tf.mul(normal(noise, [n, 2]), STD))
  },
  logProb: (x) => tf.sub(logsumexp(tf.stack([armLogProb(x), armLogProb(tf.neg(x))]), 0), Math.log(2))
})
