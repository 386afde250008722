/**
 * Velocities of which a part knows its own divergence, as a field between Gaussians does: that part costs no product with the
 * Jacobian, and probes are left to the rest, which is what makes estimates of a corrected field narrow.
 */
import * as tf from '@tensorflow/tfjs-core'
import { learnable, scoped, type Learnable, type Tree } from '@bdl/core'
import type { Velocity } from './velocity.js'

/** v(t, x) = known + rest. It is a velocity like any other, and goes wherever one goes. */
export interface PartlyKnownVelocity {
  (t: tf.Tensor, x: tf.Tensor): tf.Tensor
  readonly known: {
    readonly velocity: Velocity
    /** tr(dv/dx) of the known part at t and x [..., d]: [...], or whatever broadcasts to it. */
    readonly divergence: (t: tf.Tensor, x: tf.Tensor) => tf.Tensor
  }
  /** What remains for differentiation; absent where all is known. */
  readonly rest?: Velocity
}

/**
 * A velocity with its divergence, tr(dv/dx).
 *
 * @param divergence at t and x [..., d] -> [...], or what broadcasts to it: a scalar where it is the same everywhere
 * @example withDivergence((_t, x) => tf.mul(x, 0.5), (_t, x) => tf.scalar(0.5 * x.shape[x.rank - 1]!))
 */
export const withDivergence = (
  velocity: Velocity,
  divergence: PartlyKnownVelocity['known']['divergence']
): PartlyKnownVelocity =>
  Object.freeze(
    Object.assign((t: tf.Tensor, x: tf.Tensor): tf.Tensor => velocity(t, x), { known: { velocity, divergence } })
  )

export const isPartlyKnown = (velocity: Velocity): velocity is PartlyKnownVelocity => 'known' in velocity

/** Sum of two of which either may be absent. */
const sumOf = (a: Velocity | undefined, b: Velocity | undefined): Velocity | undefined => {
  if (a === undefined || b === undefined) return a ?? b
  return (t, x) => scoped(() => tf.add(a(t, x), b(t, x)))
}

const knownSum = (
  a: PartlyKnownVelocity['known'] | undefined,
  b: PartlyKnownVelocity['known'] | undefined
): PartlyKnownVelocity['known'] | undefined => {
  if (a === undefined || b === undefined) return a ?? b
  return {
    velocity: (t, x) => scoped(() => tf.add(a.velocity(t, x), b.velocity(t, x))),
    divergence: (t, x) => scoped(() => tf.add(a.divergence(t, x), b.divergence(t, x)))
  }
}

const partsOf = (v: Velocity): Pick<Partial<PartlyKnownVelocity>, 'known' | 'rest'> =>
  isPartlyKnown(v) ? v : { rest: v }

/**
 * v + w, which knows of its divergence what either knows.
 * @example addVelocities(gaussianVelocity(mean, scale), correction) // probes see the correction alone
 */
export const addVelocities = (v: Velocity, w: Velocity): Velocity => {
  const both: Velocity = (t, x) => scoped(() => tf.add(v(t, x), w(t, x)))
  const [a, b] = [partsOf(v), partsOf(w)]
  const known = knownSum(a.known, b.known)
  if (known === undefined) return both
  const rest = sumOf(a.rest, b.rest)
  return Object.freeze(Object.assign(both, { known, ...(rest && { rest }) }))
}

/** A base field and a learnt correction, v = base + correction: with a correction that starts at zero, training starts at the base. */
export const correctedVelocity =
  (base: Velocity) =>
  <P extends Tree>(correction: Learnable<P, Velocity>): Learnable<P, Velocity> =>
    learnable.map((extra: Velocity): Velocity => addVelocities(base, extra))(correction)
