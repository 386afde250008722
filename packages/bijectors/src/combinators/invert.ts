// A bijector read backwards.
import type { Bijector } from '../bijector.js'

/** The inverse map; `invert(invert(b))` is `b` itself. */
export const invert = (b: Bijector): Bijector =>
  b.inverted ??
  Object.freeze<Bijector>({
    name: `invert(${b.name})`,
    forwardEventNdims: b.inverseEventNdims,
    inverseEventNdims: b.forwardEventNdims,
    forwardEventShape: b.inverseEventShape,
    inverseEventShape: b.forwardEventShape,
    forward: b.inverse,
    inverse: b.forward,
    forwardAndLogDet: b.inverseAndLogDet,
    inverseAndLogDet: b.forwardAndLogDet,
    inverted: b
  })
