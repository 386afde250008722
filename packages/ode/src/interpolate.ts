/** Dense output: the solution inside a step, from what the step already computed. */
import * as tf from '@tensorflow/tfjs-core'
import { combine, type StepResult } from './runge-kutta.js'
import type { ButcherTableau } from './tableau.js'

/** sum_j c_j theta^j by Horner: coefficients [n] from the constant on, theta [m] -> [m, n]. */
const polynomial = (coefficients: readonly tf.Tensor[], theta: tf.Tensor): tf.Tensor => {
  const x = tf.expandDims(theta, -1)
  const [last, ...rest] = [...coefficients].reverse()
  const start: tf.Tensor = tf.add(last!, tf.zeros([theta.shape[0]!, 1]))
  return rest.reduce((value, c) => tf.add(tf.mul(value, x), c), start)
}

/** Slopes at the two ends of a step, times its size, and the states there, [n] each. */
interface Ends {
  readonly y0: tf.Tensor
  readonly y1: tf.Tensor
  readonly d0: tf.Tensor
  readonly d1: tf.Tensor
}

/** Cubic through both ends with their slopes: order 3. */
const hermite = ({ y0, y1, d0, d1 }: Ends): readonly tf.Tensor[] => {
  const rise = tf.sub(y1, y0)
  return [y0, d0, tf.sub(tf.mul(rise, 3), tf.add(tf.mul(d0, 2), d1)), tf.sub(tf.add(d0, d1), tf.mul(rise, 2))]
}

/** Quartic that also passes through the state at half the step: the cubic plus 16 (middle - cubic's middle) theta^2 (1 - theta)^2. */
const throughMiddle = (ends: Ends, middle: tf.Tensor): readonly tf.Tensor[] => {
  const [c0, c1, c2, c3] = hermite(ends) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]
  const { y0, y1, d0, d1 } = ends
  const cubicMiddle = tf.add(tf.mul(tf.add(y0, y1), 0.5), tf.mul(tf.sub(d0, d1), 0.125))
  const bump = tf.mul(tf.sub(middle, cubicMiddle), 16)
  return [c0, c1, tf.add(c2, bump), tf.sub(c3, tf.mul(bump, 2)), bump]
}

/**
 * States at shares theta [m] of a step of size h from y: [m, n]. Order 4 where the method knows its middle, else 3.
 * @source Shampine 1986, Some practical Runge-Kutta formulas
 */
export const withinStep = (
  { middle }: ButcherTableau,
  y: tf.Tensor,
  h: tf.Tensor,
  step: StepResult,
  lastSlope: tf.Tensor,
  theta: tf.Tensor
): tf.Tensor => {
  const ends: Ends = { y0: y, y1: step.y, d0: tf.mul(step.stages[0]!, h), d1: tf.mul(lastSlope, h) }
  if (middle === undefined) return polynomial(hermite(ends), theta)
  return polynomial(throughMiddle(ends, tf.add(y, tf.mul(combine(middle, step.stages)!, h))), theta)
}
