// A bijector that is made when it is used, so that what it computes of its parameters dies with the call.
import { bijector, type Bijector, type BijectorSpec } from '../bijector.js'

type Events = Pick<BijectorSpec, 'name' | 'eventNdims' | 'forwardEventShape' | 'inverseEventShape'>

/** What `make` gives, anew in every call; its name and events are stated before. */
export const deferred = (events: Events, make: () => Bijector): Bijector =>
  bijector({
    ...events,
    forwardAndLogDet: (x) => make().forwardAndLogDet(x),
    inverseAndLogDet: (y) => make().inverseAndLogDet(y)
  })
