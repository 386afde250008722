// Powers of positive numbers.
import * as tf from '@tensorflow/tfjs-core'
import { BdlError } from '@bdl/core'
import { bijector, type Bijector } from '../bijector.js'

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
    tf.add(tf.mul(tf.log(x), exponent - 1), Math.log(Math.abs(exponent)))
  ]
  return bijector({
    name: 'power',
    eventNdims: 0,
    forwardAndLogDet: (x) => pair(x, p),
    inverseAndLogDet: (y) => pair(y, 1 / p)
  })
}
