/** Data sets that are normals around points and circles. */
import * as tf from '@tensorflow/tfjs-core'
import { logI0, logsumexp, normal, randint, split, uniform, type Key } from '@bdl/core'
import { isotropicMixtureLogProb } from '../isotropic-mixture.js'
import { toyDataset, type ToyDataset } from './dataset.js'

const GAUSSIANS = 8
/** FFJORD's data: radius 4 and standard deviation 0.5, both divided by 1.414. */
const GAUSSIANS_RADIUS = 4 / 1.414
const GAUSSIANS_STD = 0.5 / 1.414

const onCircle = (angle: tf.Tensor): tf.Tensor => tf.stack([tf.cos(angle), tf.sin(angle)], -1)

const gaussianCentres = (): tf.Tensor =>
  tf.mul(onCircle(tf.mul(tf.range(0, GAUSSIANS), (2 * Math.PI) / GAUSSIANS)), GAUSSIANS_RADIUS)

/**
 * Eight isotropic normals on a circle, alike in weight: radius 2.83, standard deviation 0.354.
 * @source Grathwohl et al. (2018), FFJORD, arXiv:1810.01367
 * @example eightGaussians.sample(key(0), 1000).shape // [1000, 2]
 */
export const eightGaussians: ToyDataset = toyDataset({
  name: 'eight-gaussians',
  title: 'eight Gaussians',
  window: 4.5,
  sample: (key, n) => {
    const [which, noise] = split(key)
    const centres = tf.gather(gaussianCentres(), randint(which, [n], 0, GAUSSIANS))
    return tf.add(centres, tf.mul(normal(noise, [n, 2]), GAUSSIANS_STD))
  },
  logProb: (x) =>
    isotropicMixtureLogProb(x, {
      centres: gaussianCentres(),
      logWeights: tf.fill([GAUSSIANS], -Math.log(GAUSSIANS)),
      scale: GAUSSIANS_STD
    })
})

interface Circles {
  readonly radii: readonly number[]
  readonly std: number
}

const sampleCircles =
  ({ radii, std }: Circles) =>
  (key: Key, n: number): tf.Tensor => {
    const [which, around, noise] = split(key, 3)
    const radius = tf.gather(tf.tensor1d([...radii]), randint(which, [n], 0, radii.length))
    const circle = onCircle(uniform(around, [n], { minval: 0, maxval: 2 * Math.PI }))
    return tf.add(tf.mul(tf.expandDims(radius, -1), circle), tf.mul(normal(noise, [n, 2]), std))
  }

/** Of a circle of radius R: exp(-(r^2 + R^2) / (2 s^2)) I_0(r R / s^2) / (2 pi s^2), the integral over its angle. */
const circlesLogProb =
  ({ radii, std }: Circles) =>
  (x: tf.Tensor): tf.Tensor => {
    const own = tf.expandDims(tf.sqrt(tf.add(tf.sum(tf.square(x), -1), Number.MIN_VALUE)), -1)
    const circle = tf.tensor1d([...radii])
    const product = tf.div(tf.mul(own, circle), std * std)
    // log I_0 less its argument, so that the squares meet as one square of a difference.
    const beside = tf.sub(logI0(product), product)
    const exponent = tf.mul(tf.square(tf.div(tf.sub(own, circle), std)), -0.5)
    const constant = Math.log(2 * Math.PI * std * std) + Math.log(radii.length)
    return tf.sub(logsumexp(tf.add(exponent, beside), -1), constant)
  }

const RINGS: Circles = { radii: [3, 2.25, 1.5, 0.75], std: 0.08 }

/**
 * Four rings of radius 0.75, 1.5, 2.25 and 3, alike in weight, with noise of standard deviation 0.08.
 * @source the rings of the toy data that energy-based models and flows are compared on (FFJORD's generator and its followers)
 * @example rings.distribution.logProb(tf.zeros([1, 2])) // nearly nothing at the centre
 */
export const rings: ToyDataset = toyDataset({
  name: 'rings',
  title: 'rings',
  window: 3.6,
  sample: sampleCircles(RINGS),
  logProb: circlesLogProb(RINGS)
})

const TWO_CIRCLES: Circles = { radii: [3, 1.5], std: 0.24 }

/**
 * Two circles of radius 1.5 and 3, alike in weight, with noise of standard deviation 0.24.
 * @source Pedregosa et al. (2011), scikit-learn's make_circles with factor 0.5 and noise 0.08, times 3 as in FFJORD
 */
export const circles: ToyDataset = toyDataset({
  name: 'circles',
  title: 'two circles',
  window: 4.2,
  sample: sampleCircles(TWO_CIRCLES),
  logProb: circlesLogProb(TWO_CIRCLES)
})
