// Bijectors that a context decides: amortised posteriors, conditional densities, hyper-networks.
import type * as tf from '@tensorflow/tfjs-core'
import { BdlError } from '@bdl/core'
import { bijector, type Bijector, type BijectorSpec, type WithLogDet } from '../bijector.js'

export interface ConditionalOptions<C> extends Pick<
  BijectorSpec,
  'eventNdims' | 'forwardEventShape' | 'inverseEventShape'
> {
  /** Default 'conditional'. */
  readonly name?: string
  /** What a context decides; traceable. Its parameters are [...B, ...], to broadcast against x. */
  readonly bijector: (context: C) => Bijector
}

const expectRanks = (whole: Bijector, made: Bijector): Bijector => {
  const ranks = ({ forwardEventNdims: i, inverseEventNdims: o }: Bijector): string => `${i} -> ${o}`
  if (ranks(whole) === ranks(made)) return made
  throw new BdlError({
    code: 'ShapeMismatch',
    fn: 'conditional',
    argument: 'eventNdims',
    expected: `event ranks ${ranks(whole)}`,
    got: `${made.name}, ${ranks(made)}`
  })
}

/**
 * A bijector for each context: a reader of the context, as a network is of its input. What the context decides is made when it
 * is used, so that nothing that a network computes outlives a call.
 *
 * Ranks of events are stated, not found, so that a chain can be built before any context is there. A conditional
 * distribution is a function too: `(context) => transformed(base, flow(context))`.
 *
 * @param options `bijector` gives, for a context [...B, c], a bijector of x [...B, ...E]; to learn its network map a learnable
 *   one: `pipe(network, learnable.map((f) => conditional({ eventNdims: 0, bijector: (c) => shift(f(c)) })))`
 * @error ShapeMismatch in use if what is made has other event ranks
 * @example conditional({ eventNdims: 0, bijector: (c: tf.Tensor) => scale(tf.exp(c)) })(tf.scalar(0)).forward(tf.scalar(3)) // => 3
 */
export const conditional =
  <C = tf.Tensor>({ name = 'conditional', bijector: make, ...events }: ConditionalOptions<C>) =>
  (context: C): Bijector => {
    const through =
      (toward: 'forwardAndLogDet' | 'inverseAndLogDet') =>
      (x: tf.Tensor): WithLogDet =>
        expectRanks(whole, make(context))[toward](x)
    const whole = bijector({
      name,
      ...events,
      forwardAndLogDet: through('forwardAndLogDet'),
      inverseAndLogDet: through('inverseAndLogDet')
    })
    return whole
  }
