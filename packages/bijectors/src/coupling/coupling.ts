/**
 * Coupling: one part of a vector passes unchanged and decides, by any function, how the other part is transformed. The
 * Jacobian is triangular, so the function need not be invertible. With a learnable conditioner:
 * `pipe(mlp(options), learnable.map((conditioner) => affineCoupling({ numMasked, conditioner })))`; with a context, a
 * conditioner that closes over it.
 */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, expectInteger } from '@bdl/core'
import { bijector, sumLast, type Bijector, type WithLogDet } from '../bijector.js'
import { affine, shift } from '../elementwise/affine.js'
import { lastSize, pickLast } from '../numerics/last-axis.js'
import { choosing } from '../transformers/transformer.js'
import { splineTransformer, type SplineTransformerOptions } from '../transformers/spline-transformer.js'

/** Which entries of the last axis pass unchanged: so many leading ones, at least 1, or those where the mask says true. */
export type Masked = { readonly numMasked: number } | { readonly mask: readonly boolean[] }

export type CouplingOptions<C> = Masked & {
  /** What the masked part [..., numMasked] decides; with a mask, entries are in their order. */
  readonly conditioner: (masked: tf.Tensor) => C
  /** Rank of an event: 1 (default) for vectors, 3 for images [height, width, channels], whose channels are parted. */
  readonly eventNdims?: number
}

/** Takes the last axis apart, and puts it together again. */
interface Parting {
  readonly apart: (x: tf.Tensor) => readonly [masked: tf.Tensor, rest: tf.Tensor]
  readonly together: (masked: tf.Tensor, rest: tf.Tensor) => tf.Tensor
}

const leading = (numMasked: number): Parting => {
  expectInteger('coupling', { numMasked }, 1)
  return {
    apart: (x) => {
      const n = lastSize(x)
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
    },
    together: (masked, rest) => tf.concat([masked, rest], masked.rank - 1)
  }
}

const byMask = (mask: readonly boolean[]): Parting => {
  const where = (so: boolean): readonly number[] => mask.flatMap((isMasked, i) => (isMasked === so ? [i] : []))
  const [kept, changed] = [where(true), where(false)]
  if (kept.length === 0 || changed.length === 0)
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'coupling',
      argument: 'mask',
      expected: 'entries that pass and entries that change',
      got: `[${mask.join(', ')}]`
    })
  const order = [...kept, ...changed]
  const back = order.map((_, i) => order.indexOf(i))
  return {
    apart: (x) => {
      if (x.shape[x.rank - 1] !== mask.length)
        throw new BdlError({
          code: 'ShapeMismatch',
          fn: 'coupling',
          argument: 'x',
          expected: `shape [..., ${mask.length}], as long as the mask`,
          got: `[${x.shape.join(', ')}]`
        })
      return [pickLast(x, kept), pickLast(x, changed)]
    },
    together: (masked, rest) => pickLast(tf.concat([masked, rest], masked.rank - 1), back)
  }
}

/**
 * y = [x1, g(x2)] with g = conditioner(x1), any bijector of elements or of vectors.
 *
 * @error InvalidArgument if `numMasked` or `eventNdims` is not a positive integer, or the mask has one value only;
 *   ShapeMismatch if x does not fit
 * @source Dinh, Krueger & Bengio (2015), NICE, arXiv:1410.8516
 * @example coupling({ mask: [true, false, true], conditioner: (x1) => scale(tf.exp(tf.sum(x1, -1, true))) })
 */
export const coupling = (options: CouplingOptions<Bijector>): Bijector => {
  const { conditioner, eventNdims = 1 } = options
  expectInteger('coupling', { eventNdims }, 1)
  const { apart, together } = 'mask' in options ? byMask(options.mask) : leading(options.numMasked)
  const apply = (x: tf.Tensor, toward: 'forwardAndLogDet' | 'inverseAndLogDet'): WithLogDet => {
    const [masked, rest] = apart(x)
    const [changed, logDet] = conditioner(masked)[toward](rest)
    return [together(masked, changed), sumLast(logDet, logDet.rank - (x.rank - eventNdims))]
  }
  return bijector({
    name: 'coupling',
    eventNdims,
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
export const additiveCoupling = (options: CouplingOptions<tf.Tensor>): Bijector =>
  coupling({ ...options, conditioner: (masked) => shift(options.conditioner(masked)) })

/**
 * y2 = x2 exp(logScale) + shift, both from x1.
 *
 * @param options the conditioner maps [..., numMasked] to [..., 2 (n - numMasked)]: all shifts, then all log-scales. Bound
 *   the log-scales in the conditioner if training is unstable
 * @error ShapeMismatch if the conditioner gives an odd number of values
 * @source Dinh, Sohl-Dickstein & Bengio (2017), Real NVP, arXiv:1605.08803
 */
export const affineCoupling = (options: CouplingOptions<tf.Tensor>): Bijector =>
  coupling({
    ...options,
    conditioner: (masked) => {
      const values = options.conditioner(masked)
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

/**
 * y2 = spline(x2), its bins and slopes from x1: neural spline flows.
 *
 * @param options the conditioner maps [..., numMasked] to [..., (n - numMasked) (3 bins - 1)], the numbers of one entry side
 *   by side; what they mean is `splineTransformer`'s
 * @error ShapeMismatch if the number of values is no multiple of what a spline takes
 * @source Durkan, Bekasov, Murray & Papamakarios (2019), Neural Spline Flows, arXiv:1906.04032
 */
export const splineCoupling = (options: CouplingOptions<tf.Tensor> & SplineTransformerOptions): Bijector =>
  coupling({ ...options, conditioner: choosing(splineTransformer(options), options.conditioner) })
