/**
 * Gaussians over trees: the raveled position is normal. What kind of covariance, the author says by two maps.
 */
import * as tf from '@tensorflow/tfjs-core'
import { leaves, normal, ravel, scoped, sizeOfShape } from '@bdl/core'
import type { Key, Tree } from '@bdl/core'
import { distribution, real, type Distribution } from '@bdl/distributions'

/** x = loc + colour(noise); whiten undoes colour; both act on the last axis, [..., dim]. */
export type GaussianScale = {
  readonly loc: tf.Tensor
  readonly colour: (noise: tf.Tensor) => tf.Tensor
  readonly whiten: (deviation: tf.Tensor) => tf.Tensor
  /** log |det| of `colour`, a scalar. */
  readonly logDetScale: () => tf.Tensor
  /** Variance of each entry, [dim]. */
  readonly variance: () => tf.Tensor
}

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI)

/** Raveled values of a tree whose leaves are [...S, ...E], by the event shapes E of its leaves: [...S, dim]. */
const ravelAs = (shapes: readonly (readonly number[])[], value: Tree): tf.Tensor => {
  const rows = leaves(value).map((leaf, i) => {
    const event = shapes[i] ?? []
    return tf.reshape(leaf, [...leaf.shape.slice(0, leaf.rank - event.length), sizeOfShape(event)])
  })
  return rows.length === 1 ? rows[0]! : tf.concat(rows, -1)
}

/**
 * A Gaussian over trees as a `Distribution`.
 *
 * @param like a position: structure and shapes of one draw, read at once and not kept
 */
export const gaussianOnTree = <P extends Tree>(name: string, like: P, scale: GaussianScale): Distribution<P> => {
  const dim = scale.loc.shape[0] ?? 0
  const unravel = scoped(() => ravel(like).unravel)
  const shapes = leaves(like).map((leaf) => leaf.shape)
  const logDensityOf = (noise: tf.Tensor): tf.Tensor =>
    tf.sub(tf.mul(-0.5, tf.sum(tf.square(noise), -1)), tf.add(scale.logDetScale(), HALF_LOG_TWO_PI * dim))
  const draw = (key: Key, sampleShape: readonly number[]): readonly [P, tf.Tensor] => {
    const noise = normal(key, [...sampleShape, dim])
    return [unravel(tf.add(scale.loc, scale.colour(noise))), logDensityOf(noise)]
  }
  return distribution<P>({
    name,
    batchShape: [],
    eventShape: [dim],
    isReparameterised: true,
    support: real,
    sampleAndLogProb: draw,
    logProb: (value) => logDensityOf(scale.whiten(tf.sub(ravelAs(shapes, value), scale.loc))),
    mean: () => unravel(tf.clone(scale.loc)),
    mode: () => unravel(tf.clone(scale.loc)),
    variance: () => unravel(scale.variance()),
    entropy: () => tf.add(scale.logDetScale(), (HALF_LOG_TWO_PI + 0.5) * dim)
  })
}
