// Monotone rational-quadratic splines: K bins on an interval, straight lines outside of it.
import * as tf from '@tensorflow/tfjs-core'
import { bijector, type Bijector, type WithLogDet } from '../bijector.js'
import { lastSize, padLast, sliceLast } from '../numerics/last-axis.js'
import { backThroughBin, throughBin, type Bin } from './rational-quadratic-bin.js'
import { expectSpline } from './expect-spline.js'

export interface RationalQuadraticSplineOptions {
  /** Of the K >= 2 bins, [..., K], > 0, summing to high - low. Leading axes broadcast against x. */
  readonly widths: tf.Tensor
  /** Likewise, of the image, which is the same interval. */
  readonly heights: tf.Tensor
  /** Derivatives, > 0: at the K - 1 inner knots, with 1 at both ends, or at all K + 1 knots. */
  readonly slopes: tf.Tensor
  readonly low: number
  readonly high: number
}

/** The numbers of every bin, [..., K] each. */
type Bins = { readonly [name in keyof Bin]: tf.Tensor }

const binsOf = ({ widths, heights, slopes, low }: RationalQuadraticSplineOptions): Bins => {
  const count = lastSize(widths)
  const all = lastSize(slopes) === count + 1 ? slopes : padLast(slopes, 1, 1, 1)
  const starts = (sizes: tf.Tensor): tf.Tensor => tf.add(tf.cumsum(sizes, sizes.rank - 1, true), low)
  return {
    left: starts(widths),
    bottom: starts(heights),
    width: widths,
    height: heights,
    first: sliceLast(all, 0, count),
    last: sliceLast(all, 1, count)
  }
}

/** 1 for the bin that holds x, 0 for the others, [..., K]; what lies before or beyond all of them is in the first or last. */
const oneHotBin = (x: tf.Tensor, starts: tf.Tensor): tf.Tensor => {
  const inner = sliceLast(starts, 1, lastSize(starts) - 1)
  const isPast = tf.cast(tf.greaterEqual(tf.expandDims(x, -1), inner), 'float32')
  return tf.sub(padLast(isPast, 1, 0, 1), padLast(isPast, 0, 1, 0))
}

const binAt = (bins: Bins, hot: tf.Tensor): Bin => {
  const at = (sizes: tf.Tensor): tf.Tensor => tf.sum(tf.mul(sizes, hot), -1)
  return {
    left: at(bins.left),
    bottom: at(bins.bottom),
    width: at(bins.width),
    height: at(bins.height),
    first: at(bins.first),
    last: at(bins.last)
  }
}

/** The line beyond the nearer end, of that end's derivative or of its reciprocal. */
const tail = (options: RationalQuadraticSplineOptions, x: tf.Tensor, toward: 'y' | 'x'): WithLogDet => {
  const { widths, slopes, low, high } = options
  const count = lastSize(widths)
  if (lastSize(slopes) === count - 1) return [x, tf.zerosLike(x)]
  const isBelow = tf.less(x, low)
  const endSlope = (i: number): tf.Tensor => tf.squeeze(sliceLast(slopes, i, 1), [slopes.rank - 1])
  const slope = tf.where(isBelow, endSlope(0), endSlope(count))
  const end = tf.where(isBelow, low, high)
  const past = tf.sub(x, end)
  const logSlope = tf.log(slope)
  return toward === 'y'
    ? [tf.add(end, tf.mul(past, slope)), logSlope]
    : [tf.add(end, tf.div(past, slope)), tf.neg(logSlope)]
}

const run = (options: RationalQuadraticSplineOptions, x: tf.Tensor, toward: 'y' | 'x'): WithLogDet => {
  const { low, high } = options
  const isInside = tf.logicalAnd(tf.greaterEqual(x, low), tf.lessEqual(x, high))
  // far outside, the bins' formulas would give NaN to the derivative of a branch that is not taken
  const inside = tf.where(isInside, x, tf.fill(x.shape, low))
  const bins = binsOf(options)
  const bin = binAt(bins, oneHotBin(inside, toward === 'y' ? bins.left : bins.bottom))
  const [value, logSlope] = toward === 'y' ? throughBin(bin, inside) : backThroughBin(bin, inside)
  const [line, lineLogSlope] = tail(options, x, toward)
  return [tf.where(isInside, value, line), tf.where(isInside, logSlope, lineLogSlope)]
}

/**
 * A monotone spline of rational quadratics, elementwise: y = x outside of [low, high], or lines that go on with the
 * derivatives at the ends where those are given; continuously differentiable; its inverse in closed form.
 *
 * @param options parameters under their constraints; `splineTransformer` makes them of real numbers
 * @error ShapeMismatch if the numbers of widths, heights and slopes do not agree; InvalidArgument if one is not positive and
 *   finite, or the bins do not fill the interval
 * @precision as if x were off by 2^-22 (high - low), to which knots are known; beyond that some ulps, since all sums are of
 *   positive terms, the inverse's too
 * @source Durkan, Bekasov, Murray & Papamakarios (2019), Neural Spline Flows, arXiv:1906.04032; Gregory & Delbourgo (1982),
 *   IMA J. Numer. Anal. 2, 123-130. The form of the inverse's discriminant, a sum of squares, is ours
 * @example
 * const halves = tf.tensor1d([1, 1])
 * rationalQuadraticSpline({ widths: halves, heights: halves, slopes: tf.tensor1d([2]), low: -1, high: 1 })
 *   .forward(tf.tensor1d([-3, 0.5])) // => [-3, 0.6]
 */
export const rationalQuadraticSpline = (options: RationalQuadraticSplineOptions): Bijector => {
  expectSpline(options)
  return bijector({
    name: 'rationalQuadraticSpline',
    eventNdims: 0,
    forwardAndLogDet: (x) => run(options, x, 'y'),
    inverseAndLogDet: (y) => run(options, y, 'x')
  })
}
