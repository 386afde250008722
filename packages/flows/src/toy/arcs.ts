/** Data sets that are noise around arcs: two moons, and the spirals of the Swiss roll. */
import * as tf from '@tensorflow/tfjs-core'
import { bernoulli, normal, split, uniform } from '@bdl/core'
import { isotropicMixtureLogProb } from '../isotropic-mixture.js'
import { curveNodes, gaussLegendre } from './curve.js'
import { toyDataset, type ToyDataset } from './dataset.js'

const MOONS = { radius: 2, shift: [-1, -0.2], std: 0.2 } as const
/** Arc of 2 pi: nodes 0.1 apart, half a standard deviation. */
const MOON_NODES = 64

/** The upper moon is a half circle round 0, the lower one is it turned, round (1, 0.5); both scaled and shifted. */
const moonPoint =
  (isLower: boolean) =>
  (angle: number): readonly [number, number] => {
    const [x, y] = isLower ? [1 - Math.cos(angle), 0.5 - Math.sin(angle)] : [Math.cos(angle), Math.sin(angle)]
    return [x * MOONS.radius + MOONS.shift[0], y * MOONS.radius + MOONS.shift[1]]
  }

/**
 * Two half circles of radius 2 that interlock, with noise of standard deviation 0.2; angles are independent and uniform.
 * @source Pedregosa et al. (2011), scikit-learn's make_moons with noise 0.1, times 2 and shifted as in FFJORD, arXiv:1810.01367
 * @example twoMoons.sample(key(0), 1000).shape // [1000, 2]
 */
export const twoMoons: ToyDataset = toyDataset({
  name: 'two-moons',
  title: 'two moons',
  window: 4.2,
  sample: (key, n) => {
    const [around, which, noise] = split(key, 3)
    const angle = uniform(around, [n], { minval: 0, maxval: Math.PI })
    const isLower = bernoulli(which, 0.5, [n])
    const x = tf.where(isLower, tf.sub(1, tf.cos(angle)), tf.cos(angle))
    const y = tf.where(isLower, tf.sub(0.5, tf.sin(angle)), tf.sin(angle))
    const arcs = tf.add(tf.mul(tf.stack([x, y], -1), MOONS.radius), tf.tensor1d([...MOONS.shift]))
    return tf.add(arcs, tf.mul(normal(noise, [n, 2]), MOONS.std))
  },
  logProb: (x) => {
    const angles = gaussLegendre(MOON_NODES, 0, Math.PI)
    const both = [false, true].map((isLower) => curveNodes(angles, moonPoint(isLower), () => 1))
    return isotropicMixtureLogProb(x, {
      centres: tf.concat(
        both.map(({ centres }) => centres),
        0
      ),
      logWeights: tf.sub(tf.concat(both.map(({ logWeights }) => logWeights)), Math.log(2)),
      scale: MOONS.std
    })
  }
})

const ROLL = { from: 1.5 * Math.PI, to: 4.5 * Math.PI, scale: 5, std: 0.2 } as const
/** Arc of 18: nodes at most 0.2 apart, one standard deviation, where the rule's error is 1e-8. */
const ROLL_NODES = 160

/**
 * Spirals: the Swiss roll from the side, (t cos t, t sin t) / 5 with t uniform on [1.5 pi, 4.5 pi], with noise of standard
 * deviation 0.2.
 * @source Marsland (2009); scikit-learn's make_swiss_roll with noise 1, divided by 5 as in FFJORD, arXiv:1810.01367
 */
export const swissRoll: ToyDataset = toyDataset({
  name: 'swiss-roll',
  title: 'spirals',
  window: 3.9,
  sample: (key, n) => {
    const [along, noise] = split(key)
    const t = uniform(along, [n], { minval: ROLL.from, maxval: ROLL.to })
    const roll = tf.div(tf.stack([tf.mul(t, tf.cos(t)), tf.mul(t, tf.sin(t))], -1), ROLL.scale)
    return tf.add(roll, tf.mul(normal(noise, [n, 2]), ROLL.std))
  },
  logProb: (x) => {
    const point = (t: number): readonly [number, number] => [
      (t * Math.cos(t)) / ROLL.scale,
      (t * Math.sin(t)) / ROLL.scale
    ]
    const nodes = curveNodes(gaussLegendre(ROLL_NODES, ROLL.from, ROLL.to), point, () => 1)
    return isotropicMixtureLogProb(x, { ...nodes, scale: ROLL.std })
  }
})
