import * as tf from '@tensorflow/tfjs-core'
import {
  affine,
  exp,
  lambertTail,
  leakyRelu,
  learnableAffine,
  log,
  power,
  scale,
  shift,
  sigmoid,
  sinhArcsinh,
  softplus,
  tanh,
  yeoJohnson
} from '../../src/index'
import { numberOf, points, positive, row, learnableRow, type Rows } from './row'

export const elementwise: Rows = {
  golden: {
    Exp: { make: () => exp },
    Log: { make: () => log },
    Softplus: { make: () => softplus },
    Sigmoid: { make: () => sigmoid, ends: [1] },
    Tanh: { make: () => tanh, ends: [-1, 1] },
    Affine: { make: (p) => affine({ shift: numberOf(p['shift']), scale: numberOf(p['scale']) }) },
    Scale: { make: (p) => scale(numberOf(p['scale'])) },
    Shift: { make: (p) => shift(numberOf(p['shift'])) },
    LeakyReLU: { make: (p) => leakyRelu(numberOf(p['negativeSlope'])) },
    Power: { make: (p) => power(numberOf(p['power'])) }
  },
  laws: {
    exp: [exp, points],
    log: [log, positive],
    sigmoid: [sigmoid, points],
    tanh: [tanh, points],
    softplus: [softplus, points],
    leakyRelu: [leakyRelu(0.25), points],
    power: [power(-1.5), positive],
    scale: [scale(row), points],
    shift: [shift(row), points],
    affine: [affine({ shift: 1.5, scale: -0.5 }), points],
    'affine by log-scale': [affine({ shift: row, logScale: tf.div(row, 2) }), points],
    sinhArcsinh: [sinhArcsinh({ skewness: row, tailweight: 1.5 }), tf.mul(points, 0.5)],
    yeoJohnson: [yeoJohnson(1.5), points],
    'yeoJohnson of tensors': [yeoJohnson(tf.tensor1d([0, 2, -0.25])), points],
    lambertTail: [lambertTail(0.25), points],
    'leakyRelu of tensors': [leakyRelu(tf.abs(row)), points],
    'power of tensors': [power(row), positive]
  },
  learnables: {
    learnableAffine: learnableRow(learnableAffine({ shape: [3] }), points)
  }
}
