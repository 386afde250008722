// Rational-quadratic splines whose bins and slopes a network chooses.
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, expectInteger, softplus } from '@bdl/core'
import { sliceLast } from '../numerics/last-axis.js'
import { rationalQuadraticSpline } from '../monotone/rational-quadratic-spline.js'
import { elementwiseOf, type Transformer } from './transformer.js'

export interface SplineTransformerOptions {
  /** K >= 2 */
  readonly bins: number
  /** The spline's interval, outside of which it is straight. */
  readonly low: number
  readonly high: number
  /** `identity` (default) goes on as y = x, with K - 1 slopes to choose; `free` chooses those at the ends too, K + 1. */
  readonly ends?: 'identity' | 'free'
  /** Least width and height of a bin as a fraction of the interval, below 1 / K; default 1e-3. */
  readonly minBin?: number
  /** Least slope; default 1e-3. */
  readonly minSlope?: number
  /** The slope that the number 0 gives, above `minSlope`; default 1: zeros give the identity. */
  readonly slopeAtZero?: number
}

const expectOptions = (o: Required<SplineTransformerOptions>): void => {
  expectInteger('splineTransformer', { bins: o.bins }, 2)
  const checks: readonly (readonly [argument: string, isRight: boolean, expected: string, got: number])[] = [
    ['minBin', o.minBin >= 0 && o.minBin * o.bins < 1, `a number in [0, 1 / bins = ${1 / o.bins})`, o.minBin],
    ['minSlope', o.minSlope >= 0 && Number.isFinite(o.minSlope), 'a finite number >= 0', o.minSlope],
    ['slopeAtZero', o.slopeAtZero > o.minSlope && Number.isFinite(o.slopeAtZero), 'more than minSlope', o.slopeAtZero]
  ]
  const wrong = checks.find(([, isRight]) => !isRight)
  if (wrong === undefined) return
  const [argument, , expected, got] = wrong
  throw new BdlError({ code: 'InvalidArgument', fn: 'splineTransformer', argument, expected, got: String(got) })
}

/**
 * Splines of K bins: the numbers of an entry are K for the widths and K for the heights, each through softmax, then those
 * of the slopes, through softplus.
 *
 * @returns a family of 3 K - 1 numbers an entry, 3 K + 1 with free ends
 * @error InvalidArgument if an option is out of its range
 * @source Durkan, Bekasov, Murray & Papamakarios (2019), Neural Spline Flows, arXiv:1906.04032, section 3.1
 * @example splineTransformer({ bins: 8, low: -3, high: 3 }).size // => 23
 */
export const splineTransformer = (options: SplineTransformerOptions): Transformer => {
  const defaults = { ends: 'identity', minBin: 1e-3, minSlope: 1e-3, slopeAtZero: 1 } as const
  const full = { ...defaults, ...options }
  expectOptions(full)
  const { bins, low, high, ends, minBin, minSlope, slopeAtZero } = full
  const knots = ends === 'free' ? bins + 1 : bins - 1
  const size = 2 * bins + knots
  const offset = Math.log(Math.expm1(slopeAtZero - minSlope))
  const filling = (x: tf.Tensor): tf.Tensor => {
    const share = tf.softmax(x)
    return tf.mul(tf.add(tf.mul(share, 1 - minBin * bins), minBin), high - low)
  }
  return elementwiseOf('splineTransformer', size, (parameters) =>
    rationalQuadraticSpline({
      widths: filling(sliceLast(parameters, 0, bins)),
      heights: filling(sliceLast(parameters, bins, bins)),
      slopes: tf.add(softplus(tf.add(sliceLast(parameters, 2 * bins, knots), offset)), minSlope),
      low,
      high
    })
  )
}
