// Angles about 0 by the von Mises law, with an implicit derivative in the concentration.
import * as tf from '@tensorflow/tfjs-core'
import { stopGradient } from '@bdl/compiler'
import { scoped } from '../scope.js'
import { implicit } from '../special/implicit.js'
import { log1pmx } from '../special/remainders.js'
import { tailOverDensity } from '../special/von-mises.js'
import { uniform } from './bits.js'
import { split, type Key } from './key.js'
import { shapeOfParameters, spread, type SamplerParameter } from './parameters.js'
import { untilAccepted } from './rejection.js'

/**
 * Best and Fisher's rejection from a wrapped Cauchy law. In w = w0 + k (1 - cos x), with w0 = (1 + 1 / (sqrt(1 + 4k^2) + 2k)) / 2,
 * the chance of acceptance is exp(log w - w + 1), and the proposal is 2 atan(sqrt(w0 / (w0 + 2k)) tan(pi u)): nothing cancels
 * for k small or large, nor is an angle had from its cosine.
 */
const draw = (key: Key, k: tf.Tensor): tf.Tensor => {
  const root = tf.sqrt(tf.add(tf.square(tf.mul(k, 2)), 1))
  const w0 = tf.mul(tf.add(tf.reciprocal(tf.add(root, tf.mul(k, 2))), 1), 0.5)
  const scale = tf.sqrt(tf.div(w0, tf.add(w0, tf.mul(k, 2))))
  return untilAccepted(key, k.shape, (use) => {
    const [keyAngle, keyAccept] = split(use)
    const u = tf.sub(uniform(keyAngle, k.shape, { minval: 2 ** -23 }), 0.5)
    const half = tf.mul(scale, tf.tan(tf.mul(u, Math.PI)))
    const squared = tf.square(half)
    const w = tf.add(w0, tf.mul(k, tf.div(tf.mul(squared, 2), tf.add(squared, 1))))
    const bound = log1pmx(tf.sub(w, 1))
    const isRejected = tf.greater(tf.log(uniform(keyAccept, k.shape)), bound)
    return { value: tf.mul(tf.atan(half), 2), isAccepted: tf.logicalNot(isRejected) }
  })
}

/**
 * Angles in (-pi, pi) with density proportional to exp(k cos x), float32 of `shape`.
 *
 * @param concentration k >= 0, a number or a tensor that broadcasts to `shape`; differentiable (implicitly)
 * @param shape default: that of the concentration
 * @source Best & Fisher (1979), Applied Statistics 28(2), 152-157; derivative: Figurnov, Mohamed & Mnih (2018), arXiv:1805.08498
 * @example vonMises(key(0), 4, [1000])
 */
export const vonMises = (
  key: Key,
  concentration: SamplerParameter,
  shape: readonly number[] = shapeOfParameters('vonMises', { concentration })
): tf.Tensor =>
  scoped(() => {
    const k = spread('vonMises', 'concentration', concentration, shape)
    return implicit(draw(key, stopGradient(k)), [k], (x, [at = k]) => [tf.mul(tailOverDensity(x, at)[1], tf.sign(x))])
  })
