// The rectifier with a slope below zero.
import * as tf from '@tensorflow/tfjs-core'
import { expectPositive } from '@bdl/core'
import { bijector, type Bijector } from '../bijector.js'

/**
 * y = x where x >= 0, slope x below; not differentiable at 0.
 * @error InvalidArgument if `slope` is not a finite positive number
 */
export const leakyRelu = (slope: number): Bijector => {
  expectPositive('leakyRelu', { slope })
  const pieces = (x: tf.Tensor, below: number): readonly [tf.Tensor, tf.Tensor] => {
    const isBelow = tf.less(x, 0)
    const logDet = tf.where(isBelow, tf.fill(x.shape, Math.log(below)), tf.zerosLike(x))
    return [tf.where(isBelow, tf.mul(x, below), x), logDet]
  }
  return bijector({
    name: 'leakyRelu',
    eventNdims: 0,
    forwardAndLogDet: (x) => pieces(x, slope),
    inverseAndLogDet: (y) => pieces(y, 1 / slope)
  })
}
