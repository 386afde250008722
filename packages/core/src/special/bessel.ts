// Modified Bessel functions of the first kind, of orders 0 and 1, scaled so that they do not overflow.
import * as tf from '@tensorflow/tfjs-core'
import { elementwise, polynomial, type Coefficients } from './elementwise.js'

/** Below, the power series in x^2 / 4; above, sqrt(x) exp(-x) I(x) as a polynomial in 10 / x - 1. */
const NEAR = 5

/** 1 / (k! (k + order)!) from k = 12 down to 0; for I_0 as its own function, and less its first term over x^2 / 4. */
const ORDER_0 = [
  4.358350334e-18, 6.276024476e-16, 7.59398962e-14, 7.59398962e-12, 6.1511316e-10, 3.936724225e-8, 1.929012346e-6,
  6.944444444e-5, 1.736111111e-3, 2.777777778e-2, 0.25, 1, 1
] as const
const ORDER_0_LESS_1 = [
  4.358350334e-18, 6.276024476e-16, 7.59398962e-14, 7.59398962e-12, 6.1511316e-10, 3.936724225e-8, 1.929012346e-6,
  6.944444444e-5, 1.736111111e-3, 2.777777778e-2, 0.25, 1
] as const
const ORDER_1 = [
  3.352577178e-19, 5.230020397e-17, 6.903626927e-15, 7.59398962e-13, 6.834590666e-11, 4.920905281e-9, 2.755731922e-7,
  1.157407407e-5, 3.472222222e-4, 6.944444444e-3, 0.08333333333, 0.5, 1
] as const

/** Least squares at 200 Chebyshev points, from SciPy's functions in float64; relative error 4e-9. */
const FAR_0 = [
  6.53546649e-7, -9.14058886e-7, -4.18812148e-6, -1.56911494e-7, 9.91752833e-6, 2.20744041e-5, 6.72182891e-5,
  4.10494573e-4, 5.66012548e-3, 0.404244508
] as const
const FAR_1 = [
  -6.51917452e-7, 1.07847137e-6, 4.42474179e-6, -2.21888741e-7, -1.14216997e-5, -2.61431771e-5, -8.76789923e-5,
  -6.43270976e-4, -1.60492448e-2, 0.383466267
] as const

const quarterSquare = (x: tf.Tensor): tf.Tensor => tf.mul(tf.square(x), 0.25)

/** `near` of |x| < 5, else the polynomial; each on its own ground. */
const inTwo = (x: tf.Tensor, near: (x: tf.Tensor) => tf.Tensor, far: Coefficients): tf.Tensor => {
  const size = tf.abs(x)
  const isNear = tf.less(size, NEAR)
  const large = tf.where(isNear, tf.fill(x.shape, NEAR), size)
  const beyond = tf.div(polynomial(tf.sub(tf.div(2 * NEAR, large), 1), far), tf.sqrt(large))
  return tf.where(isNear, near(tf.where(isNear, size, tf.zerosLike(size))), beyond)
}

/**
 * exp(-|x|) I_0(x), elementwise.
 * @precision float32: relative error below 5e-7
 * @example i0e(tf.tensor1d([0, 1])) // => [1, 0.4658]
 */
export const i0e: (x: tf.Tensor) => tf.Tensor = elementwise(
  (x) => inTwo(x, (z) => tf.mul(tf.exp(tf.neg(z)), polynomial(quarterSquare(z), ORDER_0)), FAR_0),
  (x) => tf.sub(i1e(x), tf.mul(tf.sign(x), i0e(x)))
)

/** I_1(x) / x from its neighbours: 1/2 at 0. */
const over = (x: tf.Tensor): tf.Tensor => {
  const isZero = tf.equal(x, 0)
  const ones = tf.onesLike(x)
  return tf.where(isZero, tf.mul(ones, 0.5), tf.div(i1e(x), tf.where(isZero, ones, x)))
}

/**
 * exp(-|x|) I_1(x), elementwise; odd.
 * @precision float32: relative error below 5e-7
 * @example i1e(tf.tensor1d([0, 1])) // => [0, 0.2079]
 */
export const i1e: (x: tf.Tensor) => tf.Tensor = elementwise(
  (x) => {
    const half = (z: tf.Tensor): tf.Tensor => tf.mul(tf.mul(z, 0.5), polynomial(quarterSquare(z), ORDER_1))
    return tf.mul(
      tf.sign(x),
      inTwo(x, (z) => tf.mul(tf.exp(tf.neg(z)), half(z)), FAR_1)
    )
  },
  (x) => tf.sub(tf.sub(i0e(x), over(x)), tf.mul(tf.sign(x), i1e(x)))
)

/**
 * log I_0(x), elementwise: x^2 / 4 near 0, |x| - log(2 pi |x|) / 2 far from it.
 * @precision float32: relative error below 5e-7, also near 0
 * @example logI0(tf.tensor1d([0.001, 1000])) // => [2.5e-7, 995.627]
 */
export const logI0: (x: tf.Tensor) => tf.Tensor = elementwise(
  (x) => {
    const size = tf.abs(x)
    const isNear = tf.less(size, NEAR)
    const q = quarterSquare(tf.where(isNear, size, tf.zerosLike(size)))
    return tf.where(isNear, tf.log1p(tf.mul(q, polynomial(q, ORDER_0_LESS_1))), tf.add(size, tf.log(i0e(x))))
  },
  (x) => tf.div(i1e(x), i0e(x))
)
