/**
 * The missing direction of a bijector, by root finding: for monotone elementwise maps, and column by column for
 * autoregressive ones (entry i of the result depends on entries 1, ..., i, and is monotone in the last of them).
 *
 * Derivatives are those of the implicit function. They come from Newton's step x + (y - f(x)) / f'(x) at the root: its value
 * is the root again, its derivative the implicit function's, and each further step doubles the order that is exact. Unlike
 * a rule of `customVjp` it sees the parameters that f closes over, in both modes.
 */
import * as tf from '@tensorflow/tfjs-core'
import { foriLoop, jvp, stopGradient } from '@bdl/compiler'
import type { Bijector, WithLogDet } from '../bijector.js'
import { entryWhere, isEntry, lastSize } from '../numerics/last-axis.js'
import { midpoint, root, type Interval } from './root.js'

export interface Inversion {
  /** Where the given direction is defined: an open interval, by default all numbers. */
  readonly domain?: Interval
  /** Events are vectors with a triangular Jacobian, and columns are solved one after another. Default: elementwise. */
  readonly isAutoregressive?: boolean
}

type Pair = Bijector['forwardAndLogDet']
/** A function of x and the magnitude of its slope, entry by entry. */
type WithSlope = (x: tf.Tensor) => readonly [value: tf.Tensor, slope: tf.Tensor]

/** Steps whose derivatives are exact to order 1, then 3. */
const NEWTON_STEPS = 2

/** +1 where f increases, -1 where it decreases, seen between two points of the domain; of the shape of f's values. */
const directionOf = (f: (x: tf.Tensor) => tf.Tensor, like: tf.Tensor, [low, high]: Interval): tf.Tensor => {
  const [a, b] = [tf.fill(like.shape, low), tf.fill(like.shape, high)]
  const middle = midpoint(a, b)
  const falls = tf.less(f(midpoint(middle, b)), f(middle))
  return tf.where(falls, tf.fill(falls.shape, -1), tf.ones(falls.shape))
}

/** x, which is a root, with the derivatives of one. */
const withDerivative = (withSlope: WithSlope, x: tf.Tensor, y: tf.Tensor, direction: tf.Tensor): tf.Tensor => {
  const [value, slope] = withSlope(x)
  const isRegular = tf.logicalAnd(tf.logicalAnd(tf.greater(slope, 0), tf.isFinite(slope)), tf.isFinite(value))
  const residual = tf.where(isRegular, tf.sub(y, value), tf.zerosLike(y))
  const step = tf.div(tf.mul(residual, direction), tf.where(isRegular, slope, tf.onesLike(slope)))
  // 0 in value; infinite where no float is near the root
  const derivative = tf.sub(step, stopGradient(step))
  return tf.add(x, tf.where(tf.isFinite(step), derivative, tf.zerosLike(step)))
}

/** Solves f(x) = y entry by entry, with its derivatives. */
const solve = (withSlope: WithSlope, y: tf.Tensor, domain: Interval): tf.Tensor => {
  const value = (x: tf.Tensor): tf.Tensor => withSlope(x)[0]
  const direction: tf.Tensor = stopGradient(directionOf(value, y, domain))
  // parameters of f may be wider than y
  const wide = tf.add(y, tf.zeros(direction.shape))
  const residual = (x: tf.Tensor): tf.Tensor => tf.mul(tf.sub(value(x), wide), direction)
  const found: tf.Tensor = stopGradient(root(residual, wide, domain))
  return Array.from({ length: NEWTON_STEPS }).reduce<tf.Tensor>(
    (x) => withDerivative(withSlope, x, wide, direction),
    found
  )
}

const solveColumns = (pair: Pair, y: tf.Tensor, domain: Interval): tf.Tensor => {
  const n = lastSize(y)
  const [low, high] = domain.map((end) => tf.fill(y.shape, end)) as [tf.Tensor, tf.Tensor]
  const f = (x: tf.Tensor): tf.Tensor => pair(x)[0]
  return foriLoop(
    0,
    n,
    (i, x) => {
      const isColumn = isEntry(i, n)
      const along = tf.add(tf.cast(isColumn, 'float32'), tf.zeros(y.shape))
      const placed = (t: tf.Tensor): tf.Tensor => tf.where(isColumn, tf.mul(tf.expandDims(t, -1), along), x)
      const withSlope: WithSlope = (t) => {
        const [value, slope] = jvp(f, placed(t), along)
        return [entryWhere(isColumn, value), tf.abs(entryWhere(isColumn, slope))]
      }
      return placed(solve(withSlope, entryWhere(isColumn, y), domain))
    },
    midpoint(low, high)
  )
}

/**
 * x and log|det dx/dy| from y, given the pair x -> y: y = f(x) is solved to rounding in some ten evaluations of f.
 *
 * @param pair of events of rank 0, f increasing or decreasing throughout; or of vectors, with `isAutoregressive`
 * @returns where no x in the domain gives y, the end of the domain on that side
 * @precision |dx| is about |dy| / f'(x): where f saturates digits are lost, as in any inverse. Derivatives in y, and in all
 *   that f closes over, are exact to third order
 * @source Chandrupatla (1997), Advances in Engineering Software 28(3), 145-149
 * @example numericalInverse((x) => [tf.add(x, tf.exp(x)), tf.log1p(tf.exp(x))])(tf.scalar(1))[0] // => 0
 */
export const numericalInverse =
  (pair: Pair, { domain = [-Infinity, Infinity], isAutoregressive = false }: Inversion = {}) =>
  (y: tf.Tensor): WithLogDet => {
    const withSlope: WithSlope = (x) => {
      const [value, logDet] = pair(x)
      return [value, tf.exp(logDet)]
    }
    const x = isAutoregressive ? solveColumns(pair, y, domain) : solve(withSlope, y, domain)
    return [x, tf.neg(pair(x)[1])]
  }
