/**
 * Coupling: one part of a vector passes unchanged and decides, by any function, how the other part is transformed. The
 * Jacobian is triangular, so the function need not be invertible. With a learnable conditioner:
 * `pipe(mlp(options), learnable.map((conditioner) => affineCoupling({ numMasked, conditioner })))`.
 */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, expectInteger } from '@bdl/core'
import { affine, shift } from '../elementwise/affine.js'
import { bijector, sumLast, type Bijector, type WithLogDet } from '../bijector.js'

export interface CouplingOptions<C> {
  /** How many leading entries pass unchanged, at least 1. */
  readonly numMasked: number
  /** What the masked part [..., numMasked] decides. */
  readonly conditioner: (masked: tf.Tensor) => C
}

const parts = (x: tf.Tensor, numMasked: number): readonly [tf.Tensor, tf.Tensor] => {
  const n = x.shape[x.rank - 1] ?? 0
  if (n <= numMasked)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'coupling',
      argument: 'x',
      expected: `a last axis longer than numMasked = ${numMasked}`,
      got: `[${x.shape.join(', ')}]`
    })
  const [masked, rest] = tf.split(x, [numMasked, n - numMasked], x.rank - 1)
  return [masked!, rest!]
}

/**
 * y = [x1, g(x2)] with g = conditioner(x1), any bijector of elements or of vectors.
 *
 * @error InvalidArgument if `numMasked` is not a positive integer; ShapeMismatch if x is not longer than that
 * @source Dinh, Krueger & Bengio (2015), NICE, arXiv:1410.8516
 */
export const coupling = ({ numMasked, conditioner }: CouplingOptions<Bijector>): Bijector => {
  expectInteger('coupling', { numMasked }, 1)
  const apply = (x: tf.Tensor, toward: 'forwardAndLogDet' | 'inverseAndLogDet'): WithLogDet => {
    const [masked, rest] = parts(x, numMasked)
    const [changed, logDet] = conditioner(masked)[toward](rest)
    return [tf.concat([masked, changed], x.rank - 1), sumLast(logDet, logDet.rank - (x.rank - 1))]
  }
  return bijector({
    name: 'coupling',
    eventNdims: 1,
    forwardAndLogDet: (x) => apply(x, 'forwardAndLogDet'),
    inverseAndLogDet: (y) => apply(y, 'inverseAndLogDet')
  })
}

/**
 * y2 = x2 + m(x1); volume is kept.
 *
 * @param options the conditioner maps [..., numMasked] to the shift [..., n - numMasked]
 * @source Dinh, Krueger & Bengio (2015), NICE, arXiv:1410.8516
 */
export const additiveCoupling = ({ numMasked, conditioner }: CouplingOptions<tf.Tensor>): Bijector =>
  coupling({ numMasked, conditioner: (masked) => shift(conditioner(masked)) })

/**
 * y2 = x2 exp(logScale) + shift, both from x1.
 *
 * @param options the conditioner maps [..., numMasked] to [..., 2 (n - numMasked)]: all shifts, then all log-scales. Bound
 *   the log-scales in the conditioner if training is unstable
 * @error ShapeMismatch if the conditioner gives an odd number of values
 * @source Dinh, Sohl-Dickstein & Bengio (2017), Real NVP, arXiv:1605.08803
 */
export const affineCoupling = ({ numMasked, conditioner }: CouplingOptions<tf.Tensor>): Bijector =>
  coupling({
    numMasked,
    conditioner: (masked) => {
      const values = conditioner(masked)
      if ((values.shape[values.rank - 1] ?? 1) % 2 !== 0)
        throw new BdlError({
          code: 'ShapeMismatch',
          fn: 'affineCoupling',
          argument: 'conditioner',
          expected: 'an even last axis: shifts, then log-scales',
          got: `[${values.shape.join(', ')}]`
        })
      const [t, logScale] = tf.split(values, 2, values.rank - 1)
      return affine({ shift: t!, logScale: logScale! })
    }
  })
