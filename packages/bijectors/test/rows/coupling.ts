import * as tf from '@tensorflow/tfjs-core'
import { key, normal } from '@bdl/core'
import {
  additiveCoupling,
  affine,
  affineCoupling,
  chain,
  checkerboard,
  choosing,
  coupling,
  maskedCoupling,
  scale,
  splineCoupling,
  splineTransformer,
  tanh
} from '../../src/index'
import { mlpOf, numberOf, points, type Rows } from './row'

const weights = normal(key(1), [4])
/** [..., 1] -> [..., n], smooth. */
const network =
  (n: number, seed: number) =>
  (x: tf.Tensor): tf.Tensor =>
    tf.sin(tf.mul(tf.add(x, 0.5), normal(key(seed), [n])))
const images = tf.mul(normal(key(2), [2, 2, 3, 3]), 0.8)

export const couplings: Rows = {
  golden: {
    AdditiveCoupling: {
      make: (p) => additiveCoupling({ numMasked: numberOf(p['numMasked']), conditioner: mlpOf(p['mlp']) })
    },
    AffineCoupling: {
      make: (p) => affineCoupling({ numMasked: numberOf(p['numMasked']), conditioner: mlpOf(p['mlp']) })
    },
    RationalQuadraticSplineCoupling: {
      // the file's slopes are softplus of the network's values, without a least one
      make: (p) =>
        splineCoupling({
          numMasked: numberOf(p['numMasked']),
          conditioner: mlpOf(p['mlp']),
          bins: numberOf(p['numBins']),
          low: numberOf(p['rangeMin']),
          high: numberOf(p['rangeMax']),
          minBin: 0,
          minSlope: 0,
          slopeAtZero: Math.LN2
        })
    }
  },
  laws: {
    coupling: [
      coupling({ numMasked: 2, conditioner: (x) => chain(scale(tf.exp(tf.sum(x, -1, true))), tanh) }),
      tf.mul(points, 0.5)
    ],
    'coupling by a mask': [
      coupling({
        mask: [false, true, false],
        conditioner: (x) => affine({ shift: network(2, 3)(x), logScale: network(2, 4)(x) })
      }),
      points
    ],
    'coupling of channels': [
      coupling({
        numMasked: 1,
        eventNdims: 3,
        conditioner: (x) => affine({ shift: network(2, 5)(x), logScale: network(2, 6)(x) })
      }),
      images
    ],
    additiveCoupling: [
      additiveCoupling({ numMasked: 1, conditioner: (x) => tf.concat([tf.sin(x), tf.square(x)], -1) }),
      points
    ],
    affineCoupling: [affineCoupling({ numMasked: 1, conditioner: (x) => tf.tanh(tf.mul(x, weights)) }), points],
    splineCoupling: [splineCoupling({ numMasked: 1, bins: 3, low: -2, high: 2, conditioner: network(16, 7) }), points],
    choosing: [
      coupling({
        mask: [true, false, false],
        conditioner: choosing(splineTransformer({ bins: 2, low: -2, high: 2 }), network(10, 8))
      }),
      points
    ],
    maskedCoupling: [
      maskedCoupling({
        mask: [true, false, true],
        conditioner: (x) => affine({ shift: tf.sum(x, -1, true), logScale: tf.sin(tf.sum(x, -1, true)) })
      }),
      points
    ],
    'checkerboard as a mask': [
      maskedCoupling({
        mask: checkerboard(2, 3, true),
        conditioner: (x) => {
          const total = tf.sum(x, [-3, -2, -1], true)
          return affine({ shift: tf.sin(total), logScale: tf.mul(tf.cos(total), 0.5) })
        }
      }),
      images
    ]
  }
}
