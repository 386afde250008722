import * as tf from '@tensorflow/tfjs-core'
import { key, normal } from '@bdl/core'
import { additiveCoupling, affineCoupling, chain, coupling, scale, tanh } from '../../src/index'
import { mlpOf, numberOf, points, type Rows } from './row'

const weights = normal(key(1), [4])

export const couplings: Rows = {
  golden: {
    AdditiveCoupling: {
      make: (p) => additiveCoupling({ numMasked: numberOf(p['numMasked']), conditioner: mlpOf(p['mlp']) })
    },
    AffineCoupling: {
      make: (p) => affineCoupling({ numMasked: numberOf(p['numMasked']), conditioner: mlpOf(p['mlp']) })
    }
  },
  laws: {
    coupling: [
      coupling({ numMasked: 2, conditioner: (x) => chain(scale(tf.exp(tf.sum(x, -1, true))), tanh) }),
      tf.mul(points, 0.5)
    ],
    additiveCoupling: [
      additiveCoupling({ numMasked: 1, conditioner: (x) => tf.concat([tf.sin(x), tf.square(x)], -1) }),
      points
    ],
    affineCoupling: [affineCoupling({ numMasked: 1, conditioner: (x) => tf.tanh(tf.mul(x, weights)) }), points]
  }
}
