import * as tf from '@tensorflow/tfjs-core'
import { key, normal } from '@bdl/core'
import {
  invert,
  learnablePlanar,
  learnableRadial,
  learnableSylvester,
  orthonormal,
  planar,
  radial,
  reflected,
  sylvester
} from '../../src/index'
import { learnableRow, numberOf, points, row, tensorOf, type Rows } from './row'

const [w, u] = [tf.tensor1d([0.8, -0.5, 0.3]), tf.tensor1d([-2, 1, 0.5])]
const upper = (seed: number, m: number): tf.Tensor => tf.mul(tf.tanh(normal(key(seed), [m, m])), 0.9)
const folded = planar({ w, u, bias: 0.4 })
const pushed = radial({ centre: tf.mul(row, 0.2), alpha: 0.7, beta: -2 })
const bent = (q: tf.Tensor, m: number) => sylvester({ q, r1: upper(3, m), r2: upper(4, m), bias: normal(key(5), [m]) })

export const planars: Rows = {
  golden: {
    Planar: { make: (p) => planar({ w: tensorOf(p['w']), u: tensorOf(p['u']), bias: numberOf(p['b']) }) },
    Radial: {
      make: (p) => radial({ centre: tensorOf(p['z0']), alpha: numberOf(p['alpha']), beta: numberOf(p['beta']) })
    },
    Sylvester: {
      make: (p) =>
        sylvester({ q: tensorOf(p['Q']), r1: tensorOf(p['R1']), r2: tensorOf(p['R2']), bias: tensorOf(p['b']) })
    }
  },
  laws: {
    planar: [folded, points],
    'planar backwards': [invert(folded), points],
    radial: [pushed, points],
    'radial backwards': [invert(pushed), points],
    'radial that expands': [radial({ centre: tf.zeros([3]), alpha: tf.scalar(2), beta: 3 }), points],
    sylvester: [bent(tf.eye(3), 3), points],
    'sylvester backwards': [invert(bent(tf.eye(3), 3)), points],
    'orthonormal columns of a sylvester map': [bent(orthonormal(normal(key(6), [3, 2])), 2), points],
    'reflected columns of a sylvester map': [bent(reflected(normal(key(7), [2, 3]), 2), 2), points]
  },
  learnables: {
    learnablePlanar: learnableRow(learnablePlanar({ size: 3 }), points),
    learnableRadial: learnableRow(learnableRadial({ size: 3 }), points),
    learnableSylvester: learnableRow(learnableSylvester({ size: 3, columns: 2 }), points),
    'learnableSylvester by QR': learnableRow(learnableSylvester({ size: 3, by: 'qr' }), points)
  }
}
