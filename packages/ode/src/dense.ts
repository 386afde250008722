/** Dense output: the solution inside a step as a polynomial in its share theta, from what the step already computed. */
import * as tf from '@tensorflow/tfjs-core'

/** sum_j c_j theta^j by Horner: coefficients [n] from the constant on, theta a scalar -> [n]. */
export const polynomialAt = (coefficients: readonly tf.Tensor[], theta: tf.Tensor): tf.Tensor =>
  coefficients.reduceRight((value, c) => tf.add(tf.mul(value, theta), c))

/** A step's ends, and the slopes there. */
export interface Ends {
  readonly y0: tf.Tensor
  readonly y1: tf.Tensor
  readonly slope0: tf.Tensor
  readonly slope1: tf.Tensor
  readonly h: tf.Tensor
}

/** Cubic through both ends with their slopes: order 3. */
export const hermite = ({ y0, y1, slope0, slope1, h }: Ends): readonly tf.Tensor[] => {
  const rise = tf.sub(y1, y0)
  const [d0, d1] = [tf.mul(slope0, h), tf.mul(slope1, h)]
  return [y0, d0, tf.sub(tf.mul(rise, 3), tf.add(tf.mul(d0, 2), d1)), tf.sub(tf.add(d0, d1), tf.mul(rise, 2))]
}

/**
 * Weights of the stages, [stages][theta^1..theta^4], of the quartic with the values and slopes of both ends that also passes
 * through the state at half the step: the cubic, plus 16 (middle - cubic's middle) theta^2 (1 - theta)^2. The first and the
 * last stage are the slopes at the ends.
 * @source Shampine 1986, Some practical Runge-Kutta formulas
 */
export const quarticThrough = (b: readonly number[], middle: readonly number[]): readonly (readonly number[])[] =>
  b.map((w, i) => {
    const [first, last] = [i === 0 ? 1 : 0, i === b.length - 1 ? 1 : 0]
    const bump = 16 * (middle[i]! - w / 2 - (first - last) / 8)
    return [first, 3 * w - 2 * first - last + bump, first + last - 2 * w - 2 * bump, bump]
  })
