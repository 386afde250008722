/** Points along a curve, blurred by noise: the density is an integral over the curve, by Gauss-Legendre quadrature. */
import * as tf from '@tensorflow/tfjs-core'

/** Legendre polynomial of degree n at x, and its derivative. */
const legendre = (n: number, x: number): readonly [value: number, slope: number] => {
  let [before, now] = [1, x]
  for (let k = 2; k <= n; k++) [before, now] = [now, ((2 * k - 1) * x * now - (k - 1) * before) / k]
  return [now, (n * (x * now - before)) / (x * x - 1)]
}

/** Newton's method doubles the digits at each step: 8 steps are more than enough from Tricomi's start. */
const NEWTON_STEPS = 8

export interface Quadrature {
  readonly nodes: readonly number[]
  readonly weights: readonly number[]
}

/**
 * Gauss-Legendre nodes and weights on [low, high]: exact for polynomials of degree 2 n - 1.
 * @precision float64, about 1e-15 relative
 * @source Golub & Welsch (1969), doi:10.1090/S0025-5718-69-99647-1; roots by Newton's method
 */
export const gaussLegendre = (n: number, low: number, high: number): Quadrature => {
  const half = (high - low) / 2
  const pairs = Array.from({ length: n }, (_, i) => {
    let x = -Math.cos((Math.PI * (i + 0.75)) / (n + 0.5))
    for (let step = 0; step < NEWTON_STEPS; step++) {
      const [value, slope] = legendre(n, x)
      x -= value / slope
    }
    const [, slope] = legendre(n, x)
    return { node: low + half * (x + 1), weight: (2 * half) / ((1 - x * x) * slope * slope) }
  })
  return { nodes: pairs.map(({ node }) => node), weights: pairs.map(({ weight }) => weight) }
}

/** Quadrature of a curve as a mixture: centres [m, 2] and their log weights [m], which sum to one. */
export const curveNodes = (
  { nodes, weights }: Quadrature,
  point: (t: number) => readonly [number, number],
  density: (t: number) => number
): { readonly centres: tf.Tensor; readonly logWeights: tf.Tensor } => {
  const masses = nodes.map((t, i) => density(t) * (weights[i] ?? 0))
  const total = masses.reduce((sum, mass) => sum + mass, 0)
  return {
    centres: tf.tensor2d(nodes.map((t) => [...point(t)])),
    logWeights: tf.tensor1d(masses.map((mass) => Math.log(mass / total)))
  }
}
