// What the parameters of a spline must be.
import type * as tf from '@tensorflow/tfjs-core'
import { BdlError, isValidating, toHostSync } from '@bdl/core'
import { lastSize } from '../numerics/last-axis.js'
import { expectPositiveEntries } from '../parameters.js'
import type { RationalQuadraticSplineOptions } from './rational-quadratic-spline.js'

const FN = 'rationalQuadraticSpline'

/** Bins fill the interval, but for what a float32 sum of them loses. */
const expectFilled = (argument: string, sizes: tf.Tensor, range: number): void => {
  if (!isValidating()) return
  const bins = lastSize(sizes)
  const { data } = toHostSync(sizes)
  for (let i = 0; i < data.length; i += bins) {
    const total = data.subarray(i, i + bins).reduce((sum, v) => sum + v, 0)
    if (!(Math.abs(total - range) <= 1e-4 * range))
      throw new BdlError({
        code: 'InvalidArgument',
        fn: FN,
        argument,
        expected: `high - low = ${range} as their sum along the last axis`,
        got: `${total}`
      })
  }
}

const expectCounts = ({ widths, heights, slopes }: RationalQuadraticSplineOptions): void => {
  const bins = lastSize(widths)
  const check = (argument: string, isRight: boolean, expected: string, x: tf.Tensor): void => {
    if (!isRight)
      throw new BdlError({ code: 'ShapeMismatch', fn: FN, argument, expected, got: `[${x.shape.join(', ')}]` })
  }
  const knots = lastSize(slopes)
  check('widths', bins >= 2, 'a last axis of at least 2 bins', widths)
  check('heights', lastSize(heights) === bins, `a last axis of ${bins}, as the widths have`, heights)
  check(
    'slopes',
    slopes.rank > 0 && (knots === bins - 1 || knots === bins + 1),
    `a last axis of ${bins - 1} (inner knots) or ${bins + 1} (all knots)`,
    slopes
  )
}

/** @error ShapeMismatch, InvalidArgument: see `rationalQuadraticSpline` */
export const expectSpline = (options: RationalQuadraticSplineOptions): void => {
  const { low, high } = options
  if (!(low < high && Number.isFinite(high - low)))
    throw new BdlError({
      code: 'InvalidArgument',
      fn: FN,
      argument: 'low, high',
      expected: 'finite numbers, low < high',
      got: `${low}, ${high}`
    })
  expectCounts(options)
  for (const name of ['widths', 'heights', 'slopes'] as const) expectPositiveEntries(FN, name, options[name])
  expectFilled('widths', options.widths, high - low)
  expectFilled('heights', options.heights, high - low)
}
