// Planar maps: space is pushed along one direction, by as much as one other direction says.
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, expectInteger, normal, scoped, softplus, split, type Learnable } from '@bdl/core'
import { bijector, sumLast, type Bijector } from '../bijector.js'
import { numericalInverse } from '../inversion/numerical-inverse.js'
import { expectVectors } from '../expect-event.js'
import { lastSize } from '../numerics/last-axis.js'
import { expectFinite, type Parameter } from '../parameters.js'
import { logTanhSlope } from './tanh-slope.js'

export interface PlanarOptions {
  /** Across which planes points are told apart, [..., n]. Leading axes broadcast against those of x. */
  readonly w: tf.Tensor
  /** Where they are pushed, [..., n], before it is bent so that the map is invertible. */
  readonly u: tf.Tensor
  /** A number, or [...]. */
  readonly bias: Parameter
}

interface Push {
  /** û */
  readonly direction: tf.Tensor
  /** 1 + w . û, > 0 */
  readonly room: tf.Tensor
}

const dot = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => sumLast(tf.mul(a, b), 1)

/** û = u + (m(w . u) - w . u) w / |w|², m(a) = softplus(a) - 1; u itself where w is 0, and the map a shift. */
const bent = ({ w, u }: PlanarOptions): Push => {
  const squared = dot(w, w)
  const isFlat = tf.equal(squared, 0)
  const along = dot(w, u)
  const room = softplus(along)
  const step = tf.div(tf.sub(tf.sub(room, 1), along), tf.where(isFlat, tf.onesLike(squared), squared))
  return {
    direction: tf.add(u, tf.mul(tf.expandDims(tf.where(isFlat, tf.zerosLike(step), step), -1), w)),
    room: tf.where(isFlat, tf.onesLike(room), room)
  }
}

/**
 * y = x + û tanh(w . x + b), with û = u + (softplus(w . u) - 1 - w . u) w / |w|², which makes it invertible whatever w, u
 * and b are. log-det = log(tanh² + softplus(w . u) sech²) at w . x + b: O(n), and nothing cancels.
 *
 * The inverse solves w . y = a + (w . û) tanh(a + b) for the one number a = w . x, and y moves back along û.
 *
 * @error InvalidArgument if a parameter is not finite; ShapeMismatch if w and u are not of one length, or x of another
 * @precision where w . u << 0 the map folds nearly flat around its plane, and there the inverse loses as many digits
 * @source Rezende & Mohamed (2015), Variational Inference with Normalizing Flows, arXiv:1505.05770, equation 10 and A.1
 * @example planar({ w: tf.tensor1d([1, 0]), u: tf.tensor1d([0, 2]), bias: 0 }).forward(tf.tensor1d([9, 1])) // => [8.693, 3]
 */
export const planar = (options: PlanarOptions): Bijector => {
  const { w, u, bias } = options
  const n = lastSize(w)
  if (w.rank === 0 || lastSize(u) !== n)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'planar',
      argument: 'w, u',
      expected: 'vectors [..., n] of one length',
      got: `[${w.shape.join(', ')}], [${u.shape.join(', ')}]`
    })
  for (const [argument, p] of Object.entries({ w, u, bias })) expectFinite('planar', argument, p)
  const moved = (x: tf.Tensor, along: tf.Tensor, { direction }: Push, sign: 1 | -1): tf.Tensor =>
    tf.add(x, tf.mul(direction, tf.expandDims(tf.mul(tf.tanh(tf.add(along, bias)), sign), -1)))
  return bijector({
    name: 'planar',
    eventNdims: 1,
    forwardAndLogDet: (x) => {
      expectVectors('planar', x, n)
      const push = bent(options)
      const along = dot(w, x)
      return [moved(x, along, push, 1), logTanhSlope(tf.add(along, bias), push.room)]
    },
    inverseAndLogDet: (y) => {
      expectVectors('planar', y, n)
      const push = bent(options)
      const squash = (a: tf.Tensor): readonly [tf.Tensor, tf.Tensor] => {
        const at = tf.add(a, bias)
        return [tf.add(a, tf.mul(tf.sub(push.room, 1), tf.tanh(at))), logTanhSlope(at, push.room)]
      }
      const spread = tf.zerosLike(tf.add(push.room, bias))
      const [along, logDet] = numericalInverse(squash)(tf.add(dot(w, y), spread))
      return [moved(y, along, push, -1), logDet]
    }
  })
}

export type PlanarParams = { readonly w: tf.Tensor; readonly u: tf.Tensor; readonly bias: tf.Tensor }

/**
 * A planar map of vectors of `size` numbers to learn, in a random direction to begin with.
 *
 * @error InvalidArgument if `size` is not a positive integer
 * @example learnableChain(...Array.from({ length: 16 }, () => learnablePlanar({ size: 2 })))
 */
export const learnablePlanar = ({ size }: { readonly size: number }): Learnable<PlanarParams, Bijector> => {
  expectInteger('learnablePlanar', { size }, 1)
  return {
    init: (key) =>
      scoped(() => {
        const [keyW, keyU] = split(key)
        const drawn = (k: tf.Tensor): tf.Tensor => tf.mul(normal(k, [size]), Math.sqrt(1 / size))
        return { w: drawn(keyW), u: drawn(keyU), bias: tf.scalar(0) }
      }),
    build: planar
  }
}
