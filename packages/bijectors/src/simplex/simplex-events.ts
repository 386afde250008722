// What maps from vectors of n numbers to the simplex of n + 1 share: ranks, and shapes of events.
import { BdlError } from '@bdl/core'
import type { BijectorSpec } from '../bijector.js'

type Events = Pick<BijectorSpec, 'name' | 'eventNdims' | 'forwardEventShape' | 'inverseEventShape'>

export const simplexEvents = (name: string): Events => ({
  name,
  eventNdims: 1,
  forwardEventShape: (shape) => shape.map((n) => n + 1),
  inverseEventShape: (shape) => {
    if (shape[0] === 0)
      throw new BdlError({
        code: 'ShapeMismatch',
        fn: name,
        argument: 'y',
        expected: 'at least one entry: a point of the simplex',
        got: '[0]'
      })
    return shape.map((n) => n - 1)
  }
})
