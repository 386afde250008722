// What maps of events of a fixed shape ask of their arguments.
import type * as tf from '@tensorflow/tfjs-core'
import { BdlError } from '@bdl/core'

/** x [...B, ...event]. @returns B. @error ShapeMismatch unless x ends in the shape of the event */
export const expectEvent = (fn: string, x: tf.Tensor, event: readonly number[]): readonly number[] => {
  const lead = x.rank - event.length
  if (lead >= 0 && x.shape.slice(lead).join() === event.join()) return x.shape.slice(0, lead)
  throw new BdlError({
    code: 'ShapeMismatch',
    fn,
    argument: 'x',
    expected: `[..., ${event.join(', ')}]`,
    got: `[${x.shape.join(', ')}]`
  })
}

/** @error ShapeMismatch unless x is [..., n] */
export const expectVectors = (fn: string, x: tf.Tensor, n: number): void => {
  expectEvent(fn, x, [n])
}
