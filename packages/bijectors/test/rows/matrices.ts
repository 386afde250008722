import * as tf from '@tensorflow/tfjs-core'
import { key, normal } from '@bdl/core'
import { choleskyOuterProduct, corrCholesky, exp, fillScaleTril, invert } from '../../src/index'
import { correlationChart, lowerTriangleChart, symmetricChart } from '../../src/testing'
import type { Rows } from './row'

const vectors = normal(key(5), [4, 6])
const factors = fillScaleTril().forward(vectors)

export const matrices: Rows = {
  golden: {
    FillScaleTriL: {
      // the shift of the diagonal is the default's
      make: (p) => fillScaleTril({ order: p['order'] === 'tfp' ? 'clockwise' : 'row-major' })
    },
    CholeskyOuterProduct: { make: () => choleskyOuterProduct }
  },
  laws: {
    fillScaleTril: [fillScaleTril(), vectors, { image: lowerTriangleChart(3) }],
    'fillScaleTril, clockwise, of exponentials': [
      fillScaleTril({ diagonal: exp, order: 'clockwise' }),
      vectors,
      { image: lowerTriangleChart(3) }
    ],
    choleskyOuterProduct: [
      choleskyOuterProduct,
      factors,
      { domain: lowerTriangleChart(3), image: symmetricChart(3), atol: 5e-4, rtol: 5e-4 }
    ],
    corrCholesky: [corrCholesky, tf.mul(vectors, 0.5), { image: correlationChart(4) }],
    'invert of corrCholesky': [
      invert(corrCholesky),
      corrCholesky.forward(tf.mul(vectors, 0.5)),
      { domain: correlationChart(4), atol: 1e-3, rtol: 1e-3 }
    ]
  }
}
