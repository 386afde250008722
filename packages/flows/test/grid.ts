// A midpoint grid over a square, for integrals of two-dimensional densities.
import * as tf from '@tensorflow/tfjs-core'

/** Centres of n x n cells of [-half, half]^2, [n^2, 2], and the area of one. */
export const grid = (half: number, n: number): { readonly points: tf.Tensor; readonly area: number } => {
  const width = (2 * half) / n
  const at = (i: number): number => -half + (i + 0.5) * width
  const points = Array.from({ length: n * n }, (_, i) => [at(Math.floor(i / n)), at(i % n)])
  return { points: tf.tensor2d(points), area: width * width }
}

/** The integral of exp(logProb) over the grid. */
export const mass = (logProb: tf.Tensor, area: number): number =>
  tf.tidy(() => tf.mul(tf.sum(tf.exp(logProb)), area).dataSync()[0]!)
