import * as tf from '@tensorflow/tfjs-core'
import { key, normal } from '@bdl/core'
import {
  householder,
  learnableHouseholder,
  learnableLuLinear,
  learnableScaleTril,
  linear as anyMatrix,
  luLinear,
  scaleTril
} from '../../src/index'
import { numbersOf, points, row, tensorOf, learnableRow, type Rows } from './row'

const matrix = tf.add(tf.mul(normal(key(3), [3, 3]), 0.4), tf.eye(3))
const matrices = tf.add(tf.mul(normal(key(4), [2, 3, 3]), 0.4), tf.eye(3))

export const linear: Rows = {
  golden: {
    ScaleTriL: { make: (p) => scaleTril({ scaleTril: tensorOf(p['scaleTril']), shift: tensorOf(p['shift']) }) },
    Householder: { make: (p) => householder({ vectors: tensorOf(p['vectors']) }) },
    LULinear: {
      make: (p) =>
        luLinear({
          lower: tensorOf(p['lower']),
          upper: tensorOf(p['upper']),
          permutation: numbersOf(p['permutation']),
          bias: tensorOf(p['bias'])
        })
    }
  },
  laws: {
    scaleTril: [scaleTril({ scaleTril: matrix, shift: row }), points],
    'scaleTril, a batch of matrices': [scaleTril({ scaleTril: matrices }), tf.stack([points, points, points])],
    householder: [householder({ vectors: matrix }), points],
    linear: [anyMatrix({ weight: matrix, bias: row }), points],
    'linear, a batch of matrices': [anyMatrix({ weight: matrices }), tf.stack([points, points, points])],
    luLinear: [luLinear({ lower: matrix, upper: tf.transpose(matrix), permutation: [2, 0, 1], bias: row }), points]
  },
  learnables: {
    learnableScaleTril: learnableRow(learnableScaleTril({ size: 3 }), points),
    learnableHouseholder: learnableRow(learnableHouseholder({ size: 3, count: 2 }), points),
    learnableLuLinear: learnableRow(learnableLuLinear({ size: 3, permutation: [1, 2, 0] }), points)
  }
}
