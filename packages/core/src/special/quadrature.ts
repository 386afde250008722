/**
 * Integrals of log-concave weights over a half-line, by Gauss-Legendre quadrature of the stretch on which the weight exceeds
 * exp(-20). The distribution functions of the gamma, beta and von Mises families and their derivatives in the parameters
 * are such integrals: sums of positive terms, with no cancellation at any size of the parameters.
 */
import * as tf from '@tensorflow/tfjs-core'
import { stopGradient } from '@bdl/compiler'

/** A weight is exp(-exponent); from here on it counts for nothing in float32. */
export const CUT = 20

interface Rule {
  readonly nodes: readonly number[]
  readonly weights: readonly number[]
}

/** P_n(x) and its derivative. */
const legendre = (n: number, x: number): readonly [value: number, slope: number] => {
  let [before, now] = [1, x]
  for (let k = 2; k <= n; k++) [before, now] = [now, ((2 * k - 1) * x * now - (k - 1) * before) / k]
  return [now, (n * (before - x * now)) / (1 - x * x)]
}

/** The rule on [0, 1]: roots of the Legendre polynomial, by Newton's method from Tricomi's guess. */
const gaussLegendre = (n: number): Rule => {
  const roots = Array.from({ length: n }, (_, i) => {
    let x = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5))
    for (let turn = 0; turn < 8; turn++) {
      const [value, slope] = legendre(n, x)
      x -= value / slope
    }
    return x
  })
  return {
    nodes: roots.map((x) => (1 - x) / 2),
    weights: roots.map((x) => 1 / ((1 - x * x) * legendre(n, x)[1] ** 2))
  }
}

/** Of 20 nodes, and of 32 for weights with a plateau before they fall. */
export const RULE_20: Rule = gaussLegendre(20)
export const RULE_32: Rule = gaussLegendre(32)

export interface Panel {
  /** Where to take the integrand: [...B, n]. */
  readonly s: tf.Tensor
  /** Values of an integrand at `s`, [...B, n], to its integral, [...B]. */
  readonly integral: (values: tf.Tensor) => tf.Tensor
}

/** [0, extent], extent [...B], whose derivative is that of the integral in its end. */
export const panel = ({ nodes, weights }: Rule, extent: tf.Tensor): Panel => {
  const w = tf.tensor1d([...weights])
  return {
    s: tf.mul(tf.expandDims(extent, -1), tf.tensor1d([...nodes])),
    integral: (values) => tf.mul(tf.sum(tf.mul(values, w), -1), extent)
  }
}

/**
 * The s at which a convex exponent, 0 at 0, reaches the cut: Newton's method, whose steps come from above after the first.
 * A step to less than a tenth or more than ten times is one into rounding, and is held. It has no derivative: what lies beyond the
 * cut counts for nothing.
 */
export const reach = (
  start: tf.Tensor,
  turns: number,
  exponent: (s: tf.Tensor) => tf.Tensor,
  slope: (s: tf.Tensor) => tf.Tensor
): tf.Tensor => {
  let s = start
  for (let turn = 0; turn < turns; turn++) {
    const next = tf.sub(s, tf.div(tf.sub(exponent(s), CUT), slope(s)))
    s = tf.minimum(tf.maximum(next, tf.mul(s, 0.1)), tf.mul(s, 10))
  }
  return stopGradient(s)
}
