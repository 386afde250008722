// The Gaussian of the circle.
import * as tf from '@tensorflow/tfjs-core'
import { circularVariance, expectEvery, i0e, vonMises as draw, vonMisesCdf, vonMisesLogDensity } from '@bdl/core'
import { real } from '../constraint.js'
import { distribution, type Distribution } from '../distribution.js'
import { batchShapeOf, expectFiniteParameter, filled, type Parameter } from '../parameters.js'

export interface VonMises extends Distribution {
  readonly name: 'vonMises'
  readonly loc: Parameter
  readonly concentration: Parameter
}

/**
 * VonMises(loc, k): log p(x) = k cos(x - loc) - log(2 pi I_0(k)), for an angle x; the density has period 2 pi.
 *
 * Draws lie within pi of `loc` and are differentiable in both parameters. `mean` is the mean direction, `variance` the circular
 * variance E[1 - cos(x - loc)] = 1 - I_1(k) / I_0(k); `cdf` is of angles in [loc - pi, loc + pi], 0 below and 1 above.
 *
 * @param loc mean direction, a number or a tensor; broadcasts with `concentration` to the batch shape
 * @param concentration k >= 0, of the circle; 0 is uniform
 * @error InvalidArgument if an entry of `loc` is not finite, or of `concentration` not finite and >= 0; ShapeMismatch if shapes
 *   do not broadcast
 * @precision float32: keeps its digits for concentrations of 1e6
 * @source derivative of draws: Figurnov, Mohamed & Mnih (2018), arXiv:1805.08498
 * @example vonMises(0, 4).logProb(tf.scalar(0)) // => -0.2636
 */
export const vonMises = (loc: Parameter, concentration: Parameter): VonMises => {
  expectFiniteParameter('vonMises', 'loc', loc)
  expectEvery('vonMises', 'concentration', concentration, 'finite numbers >= 0', (k) => Number.isFinite(k) && k >= 0)
  const batchShape = batchShapeOf('vonMises', { loc, concentration })
  const k = (shape: readonly number[] = batchShape): tf.Tensor => filled(concentration, shape)
  const logDensity = (angle: tf.Tensor): tf.Tensor => {
    const isFinite = tf.isFinite(angle)
    return tf.where(isFinite, vonMisesLogDensity(tf.where(isFinite, angle, tf.zerosLike(angle)), k()), -Infinity)
  }
  return distribution<tf.Tensor, Pick<VonMises, 'name' | 'loc' | 'concentration'>>({
    name: 'vonMises',
    loc,
    concentration,
    batchShape,
    eventShape: [],
    isReparameterised: true,
    isCircular: true,
    support: real,
    logProb: (x) => logDensity(tf.sub(x, loc)),
    sampleAndLogProb: (key, sampleShape) => {
      const angle = draw(key, k([...sampleShape, ...batchShape]))
      return [tf.add(angle, loc), logDensity(angle)]
    },
    mean: () => filled(loc, batchShape),
    variance: () => circularVariance(k()),
    mode: () => filled(loc, batchShape),
    entropy: () => tf.add(tf.log(tf.mul(i0e(k()), 2 * Math.PI)), tf.mul(k(), circularVariance(k()))),
    cdf: (x) => {
      const angle = tf.sub(x, loc)
      const isInside = tf.lessEqual(tf.abs(angle), Math.PI)
      const inside = vonMisesCdf(tf.where(isInside, angle, tf.zerosLike(angle)), k())
      return tf.where(isInside, inside, tf.cast(tf.greater(angle, 0), 'float32'))
    }
  })
}
