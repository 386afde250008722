// Composition, left to right, and the fp-ts monoid that it makes.
import * as tf from '@tensorflow/tfjs-core'
import type { Monoid } from 'fp-ts/lib/Monoid.js'
import { scoped } from '@bdl/core'
import { bijector, sumLast, type Bijector, type WithLogDet } from '../bijector.js'
import { onEvent } from './as-event.js'
import { identity } from './identity.js'

/** The least event rank at which every link sees at least its own: ranks change along the chain by what each link changes. */
const chainRank = (bs: readonly Bijector[]): number =>
  bs.reduce(
    ({ least, drift }, b) => ({
      least: Math.max(least, b.forwardEventNdims - drift),
      drift: drift + b.inverseEventNdims - b.forwardEventNdims
    }),
    { least: 0, drift: 0 }
  ).least

/** Runs links one after another; each link's log-det is summed down to the batch of the whole. */
const run = (bs: readonly Bijector[], rank: number, pair: (b: Bijector) => Bijector['forwardAndLogDet']) => {
  const step = (
    [value, total]: readonly [tf.Tensor, tf.Tensor | null],
    b: Bijector
  ): readonly [tf.Tensor, tf.Tensor] => {
    const [next, logDet] = pair(b)(value)
    // the batch is what is left of the link's own output after the event of the whole
    const summed = sumLast(logDet, logDet.rank - (total?.rank ?? value.rank - rank))
    return [next, total === null ? summed : tf.add(total, summed)]
  }
  return (x: tf.Tensor): WithLogDet => {
    const [value, total] = bs.reduce<readonly [tf.Tensor, tf.Tensor | null]>(step, [x, null])
    return total === null ? identity.forwardAndLogDet(x) : [value, total]
  }
}

/**
 * Left to right: chain(a, b).forward(x) = b.forward(a.forward(x)). Log-dets add; an elementwise link beside one that acts
 * on vectors is read as acting on vectors.
 *
 * @example chain(affine({ shift: 1, scale: 2 }), tanh)
 */
export const chain = (...bs: readonly Bijector[]): Bijector => {
  const [only] = bs
  if (only === undefined) return identity
  if (bs.length === 1) return only
  const forward = chainRank(bs)
  const reversed = [...bs].reverse()
  const inverse = bs.reduce((rank, b) => rank + b.inverseEventNdims - b.forwardEventNdims, forward)
  const through = (links: readonly Bijector[], toward: 'forward' | 'inverse') => (shape: readonly number[]) =>
    links.reduce((s, b) => onEvent(b[`${toward}EventNdims`], b[`${toward}EventShape`])(s), shape)
  const spec = bijector({
    name: `chain(${bs.map((b) => b.name).join(', ')})`,
    eventNdims: { forward, inverse },
    forwardEventShape: through(bs, 'forward'),
    inverseEventShape: through(reversed, 'inverse'),
    forwardAndLogDet: run(bs, forward, (b) => b.forwardAndLogDet),
    inverseAndLogDet: run(reversed, inverse, (b) => b.inverseAndLogDet)
  })
  return Object.freeze<Bijector>({
    ...spec,
    forward: (x) => scoped(() => bs.reduce((value, b) => b.forward(value), x)),
    inverse: (y) => scoped(() => reversed.reduce((value, b) => b.inverse(value), y))
  })
}

/** `chain` and `identity` for fp-ts: concat(a, b) applies a first. */
export const MonoidBijector: Monoid<Bijector> = { concat: (a, b) => chain(a, b), empty: identity }
