// Logarithms of sums of exponentials, in the forms that neither overflow nor cancel.
import * as tf from '@tensorflow/tfjs-core'
import { customVjp } from '@bdl/compiler'
import { scoped } from '../scope.js'
import { elementwise } from './elementwise.js'

const finiteOr0 = (x: tf.Tensor): tf.Tensor => tf.where(tf.isFinite(x), x, tf.zerosLike(x))

/** Weights exp(x - y) of the terms; 0 where the sum is infinite or empty, so that gradients stay finite. */
const weights = (x: tf.Tensor, y: tf.Tensor): tf.Tensor =>
  tf.where(tf.isFinite(y), tf.exp(tf.sub(x, finiteOr0(y))), tf.zerosLike(x))

/** With the axis kept, and its derivative stated: the shift cancels, and no max is differentiated. */
const kept = (axis: number): ((x: tf.Tensor) => tf.Tensor) =>
  customVjp<readonly [tf.Tensor], tf.Tensor, tf.Tensor>({
    forward: (x) => {
      const shift = finiteOr0(tf.max(x, axis, true))
      return [tf.add(tf.log(tf.sum(tf.exp(tf.sub(x, shift)), axis, true)), shift), x]
    },
    backward: (x, dy) => [tf.mul(dy, weights(x, kept(axis)(x)))]
  })

/**
 * log sum_i exp(x_i) along one axis.
 *
 * -inf terms count for nothing; all -inf gives -inf, with zero gradient.
 * @param axis default the last: [..., n] -> [...], or [..., 1] with `keepDims`
 * @precision float32: relative error of one ulp of the largest term
 * @example logsumexp(tf.tensor1d([1000, 1000])) // => 1000.6931
 */
export const logsumexp = (x: tf.Tensor, axis = -1, keepDims = false): tf.Tensor =>
  scoped(() => {
    const at = axis < 0 ? axis + x.rank : axis
    const y = kept(at)(x)
    return keepDims ? y : tf.squeeze(y, [at])
  })

/** log(1 + exp x) = max(x, 0) + log1p(exp(-|x|)); any shape. @precision relative accuracy down to underflow */
export const softplus = (x: tf.Tensor): tf.Tensor => tf.softplus(x)

/**
 * log(exp a + exp b), with broadcasting; also for infinite arguments.
 * @precision the smaller term is kept to one ulp of the larger
 */
export const logaddexp = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
  scoped(() => {
    // inf - inf would be NaN where both are the same infinity
    const gap = tf.where(tf.logicalAnd(tf.equal(a, b), tf.isInf(b)), tf.zerosLike(tf.add(a, b)), tf.sub(a, b))
    const larger = tf.add(a, softplus(tf.neg(gap)))
    return tf.where(tf.greater(gap, 0), larger, tf.add(b, softplus(gap)))
  })

/**
 * log(exp(y) - 1) = y + log(1 - exp(-y)) for y > 0: the x with softplus(x) = y. -inf at 0, NaN below.
 * @precision near y = log 2 the result passes through 0 and only its absolute error is small
 */
export const softplusInverse = (y: tf.Tensor): tf.Tensor => scoped(() => tf.add(y, tf.log(tf.neg(tf.expm1(tf.neg(y))))))

/**
 * 1 / (1 + exp(-x)), as e / (1 + e) with e = exp(-|x|) on the negative side.
 * @precision relative accuracy down to underflow, which `tf.sigmoid` does not have on every engine; 1 - sigmoid(x) is
 *   sigmoid(-x)
 */
export const sigmoid: (x: tf.Tensor) => tf.Tensor = elementwise(
  (x) => {
    const decay = tf.exp(tf.neg(tf.abs(x)))
    return tf.div(tf.where(tf.less(x, 0), decay, tf.onesLike(x)), tf.add(decay, 1))
  },
  (x) => tf.mul(sigmoid(x), sigmoid(tf.neg(x)))
)

/** log sigmoid(x) = -softplus(-x). @precision relative accuracy down to underflow */
export const logSigmoid = (x: tf.Tensor): tf.Tensor => scoped(() => tf.neg(softplus(tf.neg(x))))

/**
 * log(1 - exp x) for x < 0; -inf at 0.
 * Two forms meet at x = -log 2: log(-expm1 x) near 0, log1p(-exp x) below.
 * @source Maechler (2012), Accurately computing log(1 - exp(-|a|)), CRAN Rmpfr vignette
 */
export const log1mexp = (x: tf.Tensor): tf.Tensor =>
  scoped(() => {
    const isNear = tf.greater(x, -Math.LN2)
    const minusOne = tf.neg(tf.onesLike(x))
    // each form is kept away from the other's ground, where its derivative is infinite
    const near = tf.log(tf.neg(tf.expm1(tf.where(isNear, x, minusOne))))
    const far = tf.log1p(tf.neg(tf.exp(tf.where(isNear, minusOne, x))))
    return tf.where(isNear, near, far)
  })
