// The push-forward of a distribution by a bijector: where flows come from.
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, sizeOfShape } from '@bdl/core'
import type { Bijector } from '@bdl/bijectors'
import { allLast, imageOf, type Constraint } from '../constraint.js'
import { distribution, type Distribution } from '../distribution.js'
import { independent, sumLast } from './independent.js'

export interface Transformed extends Distribution {
  readonly base: Distribution
  readonly bijector: Bijector
}

/** The density moves by log|det dy/dx|; a mass does not. @error InvalidArgument if the base is discrete */
const expectDensity = ({ name, support }: Distribution): void => {
  if (support.isDiscrete !== true) return
  throw new BdlError({
    code: 'InvalidArgument',
    fn: 'transformed',
    argument: 'base',
    expected: 'a distribution with a density',
    got: `${name}, whose support is ${support.name}`,
    hint: 'Transform the draws of a discrete distribution instead: the masses stay what they are'
  })
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

/** The point of the base's support that is `at` on the reals, everywhere; undefined where no bijector leads there. */
const anchor = ({ support, batchShape, eventShape }: Distribution, at: number): tf.Tensor | undefined =>
  support.fromReals?.forward(tf.fill([...batchShape, ...support.fromReals.inverseEventShape(eventShape)], at))

/** Whether each event is a member, whatever rank the set says that members have. */
const isInside = (set: Constraint, x: tf.Tensor, eventNdims: number): tf.Tensor => {
  const inside = set.contains(x)
  return allLast(inside, inside.rank - (x.rank - eventNdims))
}

/** `x` where the event is inside, else `safe`, whose derivatives are finite. */
const insideOr = (inside: tf.Tensor, x: tf.Tensor, safe: tf.Tensor): tf.Tensor =>
  tf.where(tf.reshape(inside, [...inside.shape, ...Array<number>(x.rank - inside.rank).fill(1)]), x, safe)

/** Density at y. Outside of the image it is -inf, and what the inverse does there does not reach the gradient. */
const densityAt = (source: Distribution, b: Bijector, image: Constraint, extra: number) => {
  const event = source.eventShape.slice(extra)
  const isOntoSpace = b.forwardEventNdims > 0 && sizeOfShape(b.forwardEventShape(event)) === sizeOfShape(event)
  const rank = source.eventShape.length - b.forwardEventNdims + b.inverseEventNdims
  const density = (y: tf.Tensor): readonly [logProb: tf.Tensor, x: tf.Tensor] => {
    const [x, logDet] = b.inverseAndLogDet(y)
    return [tf.add(source.logProb(x), sumLast(logDet, extra)), x]
  }
  return (y: tf.Tensor): tf.Tensor => {
    const safe = anchor(source, 0)
    // of a map of all of space (a flow) the inverse is right everywhere, and a second pass would double the work
    if (safe === undefined || isOntoSpace) {
      const [logProb, x] = density(y)
      return tf.where(isInside(source.support, x, source.eventShape.length), logProb, -Infinity)
    }
    const inside = isInside(image, y, rank)
    return tf.where(inside, density(insideOr(inside, y, b.forward(safe)))[0], -Infinity)
  }
}

/** Distribution function and quantiles under a monotone map, rising or falling: an elementwise bijector is one or the other. */
const monotone = (
  source: Distribution,
  b: Bijector,
  image: Constraint
): Partial<Pick<Distribution, 'cdf' | 'icdf'>> => {
  const { cdf, icdf, eventShape } = source
  if (eventShape.length > 0 || b.forwardEventNdims > 0 || source.support.fromReals === undefined) return {}
  const at = (u: number): tf.Tensor => b.forward(anchor(source, u) ?? tf.scalar(u))
  const isRising = (): tf.Tensor => tf.greaterEqual(at(1), at(-1))
  const flipped = (p: tf.Tensor): tf.Tensor => tf.where(isRising(), p, tf.sub(1, p))
  return {
    ...(cdf && {
      cdf: (y: tf.Tensor) => {
        const inside = image.contains(y)
        const middle = at(0)
        const p = flipped(cdf(b.inverse(tf.where(inside, y, middle))))
        // the image is an interval: what is not in it lies on one side
        return tf.where(inside, p, tf.cast(tf.greater(y, middle), 'float32'))
      }
    }),
    ...(icdf && { icdf: (p: tf.Tensor) => b.forward(icdf(flipped(p))) })
  }
}

/**
 * y = b(x) with x from `base`: log p(y) = log p(x) - log|det dy/dx|.
 *
 * Where the bijector acts on vectors and the base is a batch of scalars, the base is read as independent. Parameters of the
 * bijector must not enlarge the batch: give the base its full shape. The base is continuous.
 *
 * @error InvalidArgument if the base is discrete; ShapeMismatch if the bijector acts on more axes than the base has
 * @precision `sampleAndLogProb` stays right where b saturates; `logProb` of such a sample may be infinite. Where b falls,
 *   `cdf` is 1 - F, whose left tail has an absolute error of an ulp
 * @example transformed(normal(0, 1), exp) // log-normal
 */
export const transformed = (base: Distribution, b: Bijector): Transformed => {
  expectDensity(base)
  const source = lifted(base, b)
  const extra = source.eventShape.length - b.forwardEventNdims
  const event = source.eventShape
  const support = imageOf(source.support, b)
  return distribution<tf.Tensor, Pick<Transformed, 'base' | 'bijector'>>({
    name: `transformed(${base.name}, ${b.name})`,
    base,
    bijector: b,
    batchShape: source.batchShape,
    eventShape: [...event.slice(0, extra), ...b.forwardEventShape(event.slice(extra))],
    isReparameterised: source.isReparameterised,
    support,
    logProb: densityAt(source, b, support, extra),
    sample: (key, sampleShape) => b.forward(source.sample(key, sampleShape)),
    sampleAndLogProb: (key, sampleShape) => {
      const [x, logProb] = source.sampleAndLogProb(key, sampleShape)
      const [y, logDet] = b.forwardAndLogDet(x)
      return [y, tf.sub(logProb, sumLast(logDet, extra))]
    },
    ...monotone(source, b, support)
  })
}
