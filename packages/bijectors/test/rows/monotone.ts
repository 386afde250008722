import * as tf from '@tensorflow/tfjs-core'
import { key, normal, softplus } from '@bdl/core'
import {
  affineTransformer,
  invert,
  learnableTransformer,
  rationalQuadraticSpline,
  sigmoidal,
  sigmoidalTransformer,
  splineTransformer
} from '../../src/index'
import { learnableRow, numberOf, tensorOf, type Rows } from './row'

/** Inside of [-3, 3], outside, and on its ends and middle, where knots of equal bins are. */
const across = tf.tensor2d([
  [-4, -1.7, 0.3],
  [2.9, 3.5, -0.8],
  [1.1, -2.4, 0.01]
])
const numbers = (seed: number, size: number): tf.Tensor => tf.mul(normal(key(seed), [3, size]), 1.5)
const filling = (seed: number): tf.Tensor => tf.mul(tf.softmax(numbers(seed, 4)), 6)
const spline = (slopes: number) =>
  rationalQuadraticSpline({
    widths: filling(1),
    heights: filling(2),
    slopes: softplus(numbers(3, slopes)),
    low: -3,
    high: 3
  })
const sigmoids = sigmoidal({ slopes: softplus(numbers(4, 5)), shifts: numbers(5, 5), logits: numbers(6, 5) })

export const monotone: Rows = {
  golden: {
    RationalQuadraticSpline: {
      make: (p) =>
        rationalQuadraticSpline({
          widths: tensorOf(p['binWidths']),
          heights: tensorOf(p['binHeights']),
          slopes: tensorOf(p['knotSlopes']),
          low: numberOf(p['rangeMin']),
          high: numberOf(p['rangeMax'])
        })
    }
  },
  laws: {
    rationalQuadraticSpline: [spline(3), across],
    'rationalQuadraticSpline with slopes at its ends': [spline(5), across],
    'rationalQuadraticSpline backwards': [invert(spline(5)), across],
    sigmoidal: [sigmoids, across],
    'sigmoidal backwards': [invert(sigmoids), across],
    affineTransformer: [affineTransformer({ bound: 1.5 }).build(numbers(7, 2)), across],
    splineTransformer: [splineTransformer({ bins: 5, low: -3, high: 3 }).build(numbers(8, 14)), across],
    'splineTransformer with free ends': [
      splineTransformer({ bins: 2, low: -2, high: 3, ends: 'free' }).build(numbers(8, 7)),
      across
    ],
    sigmoidalTransformer: [sigmoidalTransformer({ units: 3 }).build(numbers(9, 9)), across]
  },
  learnables: {
    learnableTransformer: learnableRow(
      learnableTransformer({ transformer: splineTransformer({ bins: 4, low: -3, high: 3 }), shape: [3] }),
      across
    ),
    'learnableTransformer of sigmoids': learnableRow(
      learnableTransformer({ transformer: sigmoidalTransformer({ units: 4 }), shape: [3], spread: 0.5 }),
      across
    )
  }
}
