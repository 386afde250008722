// Fixed elementwise maps, mostly from the reals onto a part of them.
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, expectPositive, log1mexp, logSigmoid, sigmoid as logistic, softplusInverse } from '@bdl/core'
import { bijector, type Bijector } from './bijector.js'
import { invert } from './combinators.js'

const { add, log, log1p, mul, neg, sub, where } = tf

/** y = exp x, onto (0, inf). @precision y overflows beyond x = 88.7 */
export const exp: Bijector = bijector({
  name: 'exp',
  eventNdims: 0,
  forwardAndLogDet: (x) => [tf.exp(x), tf.clone(x)],
  inverseAndLogDet: (y) => {
    const x = log(y)
    return [x, neg(x)]
  }
})

/** y = log x, from (0, inf); the inverse of `exp`. */
const logarithm: Bijector = Object.freeze({ ...invert(exp), name: 'log' })
export { logarithm as log }

/**
 * y = 1 / (1 + exp(-x)), onto (0, 1).
 * @precision beyond x = 17 y rounds to 1 and the inverse is infinite; forward and its log-det stay right. Prefer the pair
 *   `sampleAndLogProb` to `sample` followed by `logProb`
 */
export const sigmoid: Bijector = bijector({
  name: 'sigmoid',
  eventNdims: 0,
  forwardAndLogDet: (x) => [logistic(x), add(logSigmoid(x), logSigmoid(neg(x)))],
  inverseAndLogDet: (y) => {
    const [logY, logRest] = [log(y), log1p(neg(y))]
    return [sub(logY, logRest), neg(add(logY, logRest))]
  }
})

/**
 * y = tanh x, onto (-1, 1). log-det = 2 (log 2 + log sigmoid(2x) - x), finite for every x.
 * @precision beyond |x| = 9 y rounds to ±1 and the inverse is infinite
 */
export const tanh: Bijector = bijector({
  name: 'tanh',
  eventNdims: 0,
  // |x|: the form is even in x, and cancels on the negative side
  forwardAndLogDet: (x) => {
    const z = tf.abs(x)
    return [tf.tanh(x), mul(sub(add(logSigmoid(mul(z, 2)), Math.LN2), z), 2)]
  },
  inverseAndLogDet: (y) => {
    const [above, below] = [log1p(y), log1p(neg(y))]
    return [mul(sub(above, below), 0.5), neg(add(above, below))]
  }
})

/** y = log(1 + exp x), onto (0, inf), nearly the identity for large x. log-det = log sigmoid(x). */
export const softplus: Bijector = bijector({
  name: 'softplus',
  eventNdims: 0,
  forwardAndLogDet: (x) => [tf.softplus(x), logSigmoid(x)],
  inverseAndLogDet: (y) => [softplusInverse(y), neg(log1mexp(neg(y)))]
})

/**
 * y = x where x >= 0, slope x below; not differentiable at 0.
 * @error InvalidArgument if `slope` is not a finite positive number
 */
export const leakyRelu = (slope: number): Bijector => {
  expectPositive('leakyRelu', { slope })
  const pieces = (x: tf.Tensor, below: number): readonly [tf.Tensor, tf.Tensor] => {
    const isBelow = tf.less(x, 0)
    const logDet = where(isBelow, tf.fill(x.shape, Math.log(below)), tf.zerosLike(x))
    return [where(isBelow, mul(x, below), x), logDet]
  }
  return bijector({
    name: 'leakyRelu',
    eventNdims: 0,
    forwardAndLogDet: (x) => pieces(x, slope),
    inverseAndLogDet: (y) => pieces(y, 1 / slope)
  })
}

/** y = x^p on (0, inf), p != 0. @error InvalidArgument if `p` is 0 or not finite */
export const power = (p: number): Bijector => {
  if (p === 0 || !Number.isFinite(p))
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'power',
      argument: 'p',
      expected: 'a finite number other than 0',
      got: String(p)
    })
  const pair = (x: tf.Tensor, exponent: number): readonly [tf.Tensor, tf.Tensor] => [
    tf.pow(x, exponent),
    add(mul(log(x), exponent - 1), Math.log(Math.abs(exponent)))
  ]
  return bijector({
    name: 'power',
    eventNdims: 0,
    forwardAndLogDet: (x) => pair(x, p),
    inverseAndLogDet: (y) => pair(y, 1 / p)
  })
}
