// Derivatives of values that were found, not computed: draws by rejection, roots by iteration.
import * as tf from '@tensorflow/tfjs-core'
import { customVjp, stopGradient } from '@bdl/compiler'

/** Partial derivatives of y in each parameter, as elementwise functions that are differentiable themselves. */
export type ImplicitSlopes = (y: tf.Tensor, parameters: readonly tf.Tensor[]) => readonly tf.Tensor[]

/**
 * A derivative of a derivative goes through the steps of a function with a rule, so its steps are the same function again, as
 * often as derivatives may be nested.
 */
const ORDERS = 4

type Parameters = readonly tf.Tensor[]

const level = (slopes: ImplicitSlopes, left: number): ((found: tf.Tensor, parameters: Parameters) => tf.Tensor) =>
  customVjp<readonly [tf.Tensor, Parameters], tf.Tensor, readonly [tf.Tensor, Parameters]>({
    forward: (found, parameters) => [
      left === 1 ? tf.clone(found) : level(slopes, left - 1)(found, parameters),
      [found, parameters]
    ],
    backward: ([found, parameters], dy) => {
      const y = level(slopes, left)(found, parameters)
      return [tf.zerosLike(found), slopes(y, parameters).map((slope) => tf.mul(dy, slope))]
    }
  })

/**
 * `found` with derivatives in the parameters by the implicit function theorem, to order 4; its own are not taken.
 *
 * @param found the value of y, of the shape of every parameter
 * @param slopes dy / d parameter each, as functions of y and the parameters
 */
export const implicit = (found: tf.Tensor, parameters: Parameters, slopes: ImplicitSlopes): tf.Tensor =>
  level(slopes, ORDERS)(stopGradient(found), parameters)
