// One bijector per index of a leading axis, from parameters stacked along theirs.
import * as tf from '@tensorflow/tfjs-core'
import { vmap } from '@bdl/compiler'
import { BdlError, leaves, type Tree } from '@bdl/core'
import { bijector, type Bijector, type BijectorSpec, type WithLogDet } from '../bijector.js'

export interface VectoriseOptions<P extends Tree> extends Pick<
  BijectorSpec,
  'eventNdims' | 'forwardEventShape' | 'inverseEventShape'
> {
  /** The bijector of one set of parameters; traceable. */
  readonly bijector: (params: P) => Bijector
  /** Parameters of all: every leaf is [n, ...]. */
  readonly params: P
}

const ranksOf = (eventNdims: BijectorSpec['eventNdims']): { readonly forward: number; readonly inverse: number } =>
  typeof eventNdims === 'number' ? { forward: eventNdims, inverse: eventNdims } : eventNdims

const leadingSize = (params: Tree): number => {
  const sizes = new Set(leaves(params).map((leaf) => leaf.shape[0] ?? -1))
  const [n] = sizes
  if (sizes.size === 1 && n !== undefined && n >= 0) return n
  throw new BdlError({
    code: 'ShapeMismatch',
    fn: 'vectorise',
    argument: 'params',
    expected: 'leaves with one leading axis',
    got: `leading sizes ${[...sizes].map((size) => (size < 0 ? 'none' : size)).join(', ') || 'of no leaf'}`
  })
}

/** Moves axis `from` to the place `to`. */
const moved = (x: tf.Tensor, from: number, to: number): tf.Tensor => {
  const rest = Array.from({ length: x.rank }, (_, i) => i).filter((i) => i !== from)
  return from === to ? x : tf.transpose(x, [...rest.slice(0, to), from, ...rest.slice(to)])
}

/**
 * x [...B, n, ...E], of which index i goes through the bijector of the i-th parameters: written for one, made for n by `vmap`.
 * The log-det is [...B, n]; `asEvent(1)` adds it up, and makes of n maps of events one map of [n, ...E].
 *
 * @error ShapeMismatch if leaves differ in their leading axis, or x has not n there
 * @example vectorise({ eventNdims: 1, bijector: (vectors: tf.Tensor) => householder({ vectors }), params: tf.ones([5, 2, 3]) })
 */
export const vectorise = <P extends Tree>({ bijector: make, params, ...events }: VectoriseOptions<P>): Bijector => {
  const n = leadingSize(params)
  const ranks = ranksOf(events.eventNdims)
  const through =
    (toward: 'forwardAndLogDet' | 'inverseAndLogDet', rankIn: number, rankOut: number) =>
    (x: tf.Tensor): WithLogDet => {
      const at = x.rank - rankIn - 1
      if (x.shape[at] !== n)
        throw new BdlError({
          code: 'ShapeMismatch',
          fn: 'vectorise',
          argument: 'x',
          expected: `[..., ${n}] and events of ${rankIn} axes`,
          got: `[${x.shape.join(', ')}]`
        })
      const [value, logDet] = vmap((own: P, part: tf.Tensor) => make(own)[toward](part))(params, moved(x, at, 0))
      return [moved(value, 0, value.rank - rankOut - 1), moved(logDet, 0, logDet.rank - 1)]
    }
  return bijector({
    name: 'vectorise',
    ...events,
    forwardAndLogDet: through('forwardAndLogDet', ranks.forward, ranks.inverse),
    inverseAndLogDet: through('inverseAndLogDet', ranks.inverse, ranks.forward)
  })
}
