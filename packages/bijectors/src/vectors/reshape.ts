// Events of another shape with the same entries, in row-major order.
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, sizeOfShape } from '@bdl/core'
import { bijector, zeroLogDet, type Bijector, type WithLogDet } from '../bijector.js'
import { expectEvent } from '../expect-event.js'

type Shape = readonly number[]

const reshaped = (x: tf.Tensor, from: Shape, to: Shape): WithLogDet => {
  const batch = expectEvent('reshape', x, from)
  return [tf.reshape(x, [...batch, ...to]), zeroLogDet(x, from.length)]
}

/**
 * Events of shape `from` as events of shape `to`; volume is kept.
 *
 * @error InvalidArgument if the shapes have different numbers of entries; forward and inverse: ShapeMismatch if x does not
 *   end in the shape of an event
 * @example reshape([4], [2, 2]).forward(tf.tensor1d([1, 2, 3, 4])) // => [[1, 2], [3, 4]]
 */
export const reshape = (from: Shape, to: Shape): Bijector => {
  if (sizeOfShape(from) !== sizeOfShape(to))
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'reshape',
      argument: 'to',
      expected: `${sizeOfShape(from)} entries, as [${from.join(', ')}] has`,
      got: `[${to.join(', ')}]`
    })
  return bijector({
    name: 'reshape',
    eventNdims: { forward: from.length, inverse: to.length },
    forwardEventShape: () => to,
    inverseEventShape: () => from,
    forwardAndLogDet: (x) => reshaped(x, from, to),
    inverseAndLogDet: (y) => reshaped(y, to, from)
  })
}

/** Events of a shape as vectors. @example flatten([2, 2]).forward(tf.zeros([5, 2, 2])).shape // => [5, 4] */
export const flatten = (shape: Shape): Bijector => reshape(shape, [sizeOfShape(shape)])
