/**
 * Velocity fields on weight space: a base whose flow is known in closed form, plus a correction that is learnt and starts
 * at zero. Before training a field is therefore exactly its base: the null arm that it has to beat.
 */
import * as tf from '@tensorflow/tfjs-core'
import { vmap } from '@bdl/compiler'
import type { Key, Tree } from '@bdl/core'
import { addVelocities, withDivergence } from '@bdl/flows'
import type { Velocity } from '@bdl/flows'

/** The velocity that carries N(0, σ₀² I) to a given Gaussian along straight lines, and its divergence. */
export interface BaseField {
  /** t scalar, x [d] -> [d]. */
  readonly velocity: (t: tf.Tensor, x: tf.Tensor) => tf.Tensor
  /** Divergence at t, the same for every x: scalar. */
  readonly divergence: (t: tf.Tensor) => tf.Tensor
}

/** A learnable field, written for one raveled network. */
export interface WeightField<P extends Tree> {
  readonly name: string
  readonly base: BaseField
  readonly init: (key: Key) => P
  /** t scalar, x [d] -> what is added to the base, [d]. */
  readonly correction: (params: P, t: tf.Tensor, x: tf.Tensor) => tf.Tensor
}

/** base + correction. */
export const velocityOf =
  <P extends Tree>({ base, correction }: WeightField<P>) =>
  (params: P, t: tf.Tensor, x: tf.Tensor): tf.Tensor =>
    tf.add(base.velocity(t, x), correction(params, t, x))

/**
 * base + correction of rows [n, d], as a velocity of flows: the base knows its divergence, so products with the Jacobian and
 * probes see the correction alone.
 */
export const rowVelocity =
  <P extends Tree>({ base, correction }: WeightField<P>) =>
  (params: P): Velocity => {
    const bases = vmap(base.velocity, [null, 0])
    const corrections = vmap(correction, [null, null, 0])
    return addVelocities(withDivergence(bases, base.divergence), (t, x) => corrections(params, t, x))
  }

/** A base alone, as a field without parameters. */
export const baseAlone = (name: string, base: BaseField): WeightField<readonly []> => ({
  name,
  base,
  init: () => [],
  correction: (_, __, x) => tf.zerosLike(x)
})
