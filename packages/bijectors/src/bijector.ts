/**
 * An invertible, differentiable map with the logarithm of its Jacobian's determinant.
 *
 * Laws (public as `bijectorLaws`): inverse . forward = id; log-det = log|det| of the Jacobian; the inverse's log-det is minus
 * the forward one; a batch is its members. Under `chain` with `identity` bijectors are a monoid, and `invert` reverses it:
 * invert(chain(a, b)) = chain(invert(b), invert(a)).
 */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, scoped } from '@bdl/core'
import { numericalInverse, type Inversion } from './inversion/numerical-inverse.js'

/** A value and its log-determinant: [...B, ...E] and [...B], in nats. */
export type WithLogDet = readonly [value: tf.Tensor, logDet: tf.Tensor]

type ShapeMap = (shape: readonly number[]) => readonly number[]

export interface Bijector {
  readonly name: string
  /** Rank of one event going in; 0 is elementwise. */
  readonly forwardEventNdims: number
  /** Rank of one event coming out. */
  readonly inverseEventNdims: number
  /** Shape of one event coming out, given that going in; and back. */
  readonly forwardEventShape: ShapeMap
  readonly inverseEventShape: ShapeMap
  /** [...B, ...E] -> [...B, ...E'] */
  readonly forward: (x: tf.Tensor) => tf.Tensor
  readonly inverse: (y: tf.Tensor) => tf.Tensor
  /** log|det dy/dx| at x */
  readonly forwardAndLogDet: (x: tf.Tensor) => WithLogDet
  /** log|det dx/dy| at y */
  readonly inverseAndLogDet: (y: tf.Tensor) => WithLogDet
  /** Of an inverted bijector, the one that was inverted. */
  readonly inverted?: Bijector
}

interface SpecBase {
  readonly name: string
  /** One number where events go in and come out with one rank. */
  readonly eventNdims: number | { readonly forward: number; readonly inverse: number }
  /** Default: the shape is kept. */
  readonly forwardEventShape?: ShapeMap
  readonly inverseEventShape?: ShapeMap
}
type Pair = Bijector['forwardAndLogDet']
type BothPairs = { readonly forwardAndLogDet: Pair; readonly inverseAndLogDet: Pair; readonly inversion?: never }
type ForwardOnly = {
  readonly forwardAndLogDet: Pair
  readonly inverseAndLogDet?: never
  /** How the other direction is found. */
  readonly inversion?: Inversion
}
type InverseOnly = {
  readonly forwardAndLogDet?: never
  readonly inverseAndLogDet: Pair
  readonly inversion?: Inversion
}

/**
 * What an author writes: the two pairs in stable forms; the rest is derived. Of a monotone elementwise or an autoregressive
 * map one pair is enough: the other is found by `numericalInverse`, with `inversion` as its options.
 */
export type BijectorSpec = SpecBase & (BothPairs | ForwardOnly | InverseOnly)

const keepShape: ShapeMap = (shape) => shape

/** What is given solved for the other direction. */
const solved = ({ name, eventNdims, inversion = {} }: BijectorSpec, given: Pair): Pair => {
  const rank = inversion.isAutoregressive === true ? 1 : 0
  if (eventNdims !== rank)
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'bijector',
      argument: 'inverseAndLogDet',
      expected: 'both pairs, or one of an elementwise map or, with inversion.isAutoregressive, of vectors',
      got: `one, of ${name} with eventNdims ${JSON.stringify(eventNdims)}`
    })
  return numericalInverse(given, inversion)
}

/**
 * Every bijector is made here: intermediates are released, value and inverse alone are derived from the pairs (compiled, an
 * unused log-det costs nothing).
 *
 * @error InvalidArgument if one pair is missing and the map is neither elementwise nor autoregressive
 * @example bijector({ name: 'negate', eventNdims: 0, forwardAndLogDet: (x) => [tf.neg(x), tf.zerosLike(x)], inverseAndLogDet: (y) => [tf.neg(y), tf.zerosLike(y)] })
 */
export const bijector = (spec: BijectorSpec): Bijector => {
  const { name, eventNdims, forwardEventShape = keepShape, inverseEventShape = keepShape } = spec
  const ndims = typeof eventNdims === 'number' ? { forward: eventNdims, inverse: eventNdims } : eventNdims
  const forward = spec.forwardAndLogDet ?? solved(spec, spec.inverseAndLogDet)
  const inverse = spec.inverseAndLogDet ?? solved(spec, forward)
  return Object.freeze<Bijector>({
    name,
    forwardEventNdims: ndims.forward,
    inverseEventNdims: ndims.inverse,
    forwardEventShape,
    inverseEventShape,
    forward: (x) => scoped(() => forward(x)[0]),
    inverse: (y) => scoped(() => inverse(y)[0]),
    forwardAndLogDet: (x) => scoped(() => forward(x)),
    inverseAndLogDet: (y) => scoped(() => inverse(y))
  })
}

/** Sums the last n axes. */
export const sumLast = (x: tf.Tensor, n: number): tf.Tensor =>
  n === 0
    ? x
    : tf.sum(
        x,
        Array.from({ length: n }, (_, i) => x.rank - n + i)
      )

/** Zeros shaped like the batch of `x`: the log-det of a map that keeps volume. */
export const zeroLogDet = (x: tf.Tensor, eventNdims: number): tf.Tensor =>
  tf.zeros(x.shape.slice(0, x.rank - eventNdims))
