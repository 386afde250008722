// Parts of an event through different bijectors: entries of a vector in blocks, or indices of a leading axis.
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, expectInteger } from '@bdl/core'
import { bijector, sumLast, type Bijector, type WithLogDet } from '../bijector.js'
import { expectVectors } from '../expect-event.js'

type Toward = 'forwardAndLogDet' | 'inverseAndLogDet'

const expectSameCount = (fn: string, argument: string, expected: number, got: number): void => {
  if (expected === got && got > 0) return
  throw new BdlError({
    code: 'InvalidArgument',
    fn,
    argument,
    expected: `${Math.max(expected, 1)}, one for each bijector`,
    got: `${got}`
  })
}

const total = (sizes: readonly number[]): number => sizes.reduce((sum, size) => sum + size, 0)

export interface BlockwiseOptions {
  /** Lengths of the blocks going in, at least 1. */
  readonly sizes: readonly number[]
  /** One for each block, of numbers or of vectors. */
  readonly bijectors: readonly Bijector[]
}

/** Sizes that come out of blocks of the sizes that go in. */
const sizesThrough = (bs: readonly Bijector[], sizes: readonly number[]): readonly number[] =>
  bs.map((b, i) => (b.forwardEventNdims === 1 ? (b.forwardEventShape([sizes[i]!])[0] ?? 0) : sizes[i]!))

/**
 * A vector in blocks, each through a bijector of its own; log-dets add. Blocks may change their length.
 *
 * @error InvalidArgument if there is not one size for each bijector, or one of them acts on matrices; ShapeMismatch if x is
 *   not as long as the blocks together
 * @example blockwise({ sizes: [1, 2], bijectors: [exp, reverse] }).forward(tf.tensor1d([0, 1, 2])) // => [1, 2, 1]
 */
export const blockwise = ({ sizes, bijectors }: BlockwiseOptions): Bijector => {
  expectSameCount('blockwise', 'sizes', bijectors.length, sizes.length)
  sizes.forEach((size) => expectInteger('blockwise', { size }, 1))
  const odd = bijectors.find((b) => b.forwardEventNdims > 1 || b.inverseEventNdims !== b.forwardEventNdims)
  if (odd !== undefined)
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'blockwise',
      argument: 'bijectors',
      expected: 'bijectors of numbers or of vectors',
      got: `${odd.name}, from events of rank ${odd.forwardEventNdims} to rank ${odd.inverseEventNdims}`
    })
  const sizesOut = sizesThrough(bijectors, sizes)
  const through =
    (toward: Toward, own: readonly number[]) =>
    (x: tf.Tensor): WithLogDet => {
      expectVectors('blockwise', x, total(own))
      const axis = x.rank - 1
      const pairs = tf.split(x, [...own], axis).map((part, i) => bijectors[i]![toward](part))
      const logDets = pairs.map(([, logDet]) => sumLast(logDet, logDet.rank - axis))
      return [
        tf.concat(
          pairs.map(([value]) => value),
          axis
        ),
        tf.addN(logDets)
      ]
    }
  return bijector({
    name: `blockwise(${bijectors.map((b) => b.name).join(', ')})`,
    eventNdims: 1,
    forwardEventShape: () => [total(sizesOut)],
    inverseEventShape: () => [total(sizes)],
    forwardAndLogDet: through('forwardAndLogDet', sizes),
    inverseAndLogDet: through('inverseAndLogDet', sizesOut)
  })
}

/**
 * Events [n, ...E]: index i through the i-th bijector; log-dets add. For many of one kind `vectorise` is quicker.
 *
 * @error InvalidArgument if there is none, or their event ranks differ; ShapeMismatch if x has not n there
 * @example stack([exp, tanh]).forwardAndLogDet(tf.zeros([5, 2]))[1].shape // => [5]
 */
export const stack = (bijectors: readonly Bijector[]): Bijector => {
  const [first] = bijectors
  expectSameCount('stack', 'bijectors', Math.max(bijectors.length, 1), bijectors.length)
  const [rankIn, rankOut] = [first!.forwardEventNdims, first!.inverseEventNdims]
  const odd = bijectors.find((b) => b.forwardEventNdims !== rankIn || b.inverseEventNdims !== rankOut)
  if (odd !== undefined)
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'stack',
      argument: 'bijectors',
      expected: `event ranks ${rankIn} -> ${rankOut}, as ${first!.name} has`,
      got: `${odd.name}, ${odd.forwardEventNdims} -> ${odd.inverseEventNdims}`
    })
  const through =
    (toward: Toward, rank: number, rankNext: number) =>
    (x: tf.Tensor): WithLogDet => {
      const axis = x.rank - rank - 1
      if (x.shape[axis] !== bijectors.length)
        throw new BdlError({
          code: 'ShapeMismatch',
          fn: 'stack',
          argument: 'x',
          expected: `${bijectors.length} along the axis before events of rank ${rank}`,
          got: `[${x.shape.join(', ')}]`
        })
      const pairs = tf.unstack(x, axis).map((part, i) => bijectors[i]![toward](part))
      const values = pairs.map(([value]) => value)
      return [tf.stack(values, values[0]!.rank - rankNext), tf.addN(pairs.map(([, logDet]) => logDet))]
    }
  return bijector({
    name: `stack(${bijectors.map((b) => b.name).join(', ')})`,
    eventNdims: { forward: rankIn + 1, inverse: rankOut + 1 },
    forwardEventShape: ([n = 0, ...event]) => [n, ...first!.forwardEventShape(event)],
    inverseEventShape: ([n = 0, ...event]) => [n, ...first!.inverseEventShape(event)],
    forwardAndLogDet: through('forwardAndLogDet', rankIn, rankOut),
    inverseAndLogDet: through('inverseAndLogDet', rankOut, rankIn)
  })
}
