// Batch axes read as event axes.
import { expectInteger } from '@bdl/core'
import { bijector, sumLast, type Bijector, type WithLogDet } from '../bijector.js'

/** A map of event shapes, on shapes with further axes in front. */
export const onEvent =
  (eventNdims: number, map: (shape: readonly number[]) => readonly number[]) =>
  (shape: readonly number[]): readonly number[] => {
    const lead = shape.length - eventNdims
    return [...shape.slice(0, lead), ...map(shape.slice(lead))]
  }

/**
 * Reads the last n batch axes as part of the event: the log-det is summed over them.
 *
 * @error InvalidArgument if `n` is not a non-negative integer
 * @example asEvent(1)(exp).forwardAndLogDet(tf.zeros([5, 3]))[1].shape // => [5]
 */
export const asEvent = (n: number) => {
  expectInteger('asEvent', { n })
  return (b: Bijector): Bijector => {
    const summed = ([value, logDet]: WithLogDet): WithLogDet => [value, sumLast(logDet, n)]
    return bijector({
      name: `asEvent(${n})(${b.name})`,
      eventNdims: { forward: b.forwardEventNdims + n, inverse: b.inverseEventNdims + n },
      forwardEventShape: onEvent(b.forwardEventNdims, b.forwardEventShape),
      inverseEventShape: onEvent(b.inverseEventNdims, b.inverseEventShape),
      forwardAndLogDet: (x) => summed(b.forwardAndLogDet(x)),
      inverseAndLogDet: (y) => summed(b.inverseAndLogDet(y))
    })
  }
}
