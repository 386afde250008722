// The push-forward of a distribution by a bijector: where flows come from.
import * as tf from '@tensorflow/tfjs-core'
import { BdlError } from '@bdl/core'
import type { Bijector } from '@bdl/bijectors'
import { imageOf } from '../constraint.js'
import { distribution, type Distribution } from '../distribution.js'
import { independent, sumLast } from './independent.js'

export interface Transformed extends Distribution {
  readonly base: Distribution
  readonly bijector: Bijector
}

/** The base with events of at least the rank that the bijector acts on. */
const lifted = (base: Distribution, b: Bijector): Distribution => {
  const missing = b.forwardEventNdims - base.eventShape.length
  if (missing > base.batchShape.length)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'transformed',
      argument: 'base',
      expected: `events and batch of at least ${b.forwardEventNdims} axes, which ${b.name} acts on`,
      got: `event [${base.eventShape.join(', ')}], batch [${base.batchShape.join(', ')}]`
    })
  return missing > 0 ? independent(missing)(base) : base
}

/**
 * y = b(x) with x from `base`: log p(y) = log p(x) - log|det dy/dx|.
 *
 * Where the bijector acts on vectors and the base is a batch of scalars, the base is read as independent. Parameters of the
 * bijector must not enlarge the batch: give the base its full shape.
 *
 * @error ShapeMismatch if the bijector acts on more axes than the base has
 * @precision `sampleAndLogProb` stays right where b saturates; `logProb` of such a sample may be infinite
 * @example transformed(normal(0, 1), exp) // log-normal
 */
export const transformed = (base: Distribution, b: Bijector): Transformed => {
  const source = lifted(base, b)
  const extra = source.eventShape.length - b.forwardEventNdims
  const event = source.eventShape
  return distribution<tf.Tensor, Pick<Transformed, 'base' | 'bijector'>>({
    name: `transformed(${base.name}, ${b.name})`,
    base,
    bijector: b,
    batchShape: source.batchShape,
    eventShape: [...event.slice(0, extra), ...b.forwardEventShape(event.slice(extra))],
    isReparameterised: source.isReparameterised,
    support: imageOf(source.support, b),
    logProb: (y) => {
      const [x, logDet] = b.inverseAndLogDet(y)
      return tf.add(source.logProb(x), sumLast(logDet, extra))
    },
    sample: (key, sampleShape) => b.forward(source.sample(key, sampleShape)),
    sampleAndLogProb: (key, sampleShape) => {
      const [x, logProb] = source.sampleAndLogProb(key, sampleShape)
      const [y, logDet] = b.forwardAndLogDet(x)
      return [y, tf.sub(logProb, sumLast(logDet, extra))]
    }
  })
}
