// The regression of the picture: noisy values of a sine wave on two intervals, and the posterior over small networks.
import * as tf from '@tensorflow/tfjs-core'
import { normal as gaussian } from '@bdl/core'
import { normal, normalTree } from '@bdl/distributions'
import { logJoint } from '@bdl/inference'
import { mlp, tanh } from '@bdl/nn'

const NOISE = 0.1

const between = (low, high, count) => Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1))

/** 32 rows of sin 2x with noise; nothing is measured between -0.7 and 0.7, nor beyond 2.2. */
export const measurements = (key) => {
  const xs = [...between(-2.2, -0.7, 16), ...between(0.7, 2.2, 16)]
  const x = tf.tensor2d(xs, [xs.length, 1])
  return { x, y: tf.add(tf.sin(tf.mul(x, 2)), tf.mul(gaussian(key, x.shape), NOISE)) }
}

export const network = mlp({ sizes: [1, 16, 16, 1], activation: tanh })

/** N(0, 1) over every weight, and the log density of weights given the data. */
export const posterior = (key, data) => {
  const prior = normalTree(network.init(key), 1)
  const logDensity = logJoint({
    logPrior: prior.logProb,
    logLikelihood: (weights, rows) => tf.sum(normal(network.build(weights)(rows.x), NOISE).logProb(rows.y)),
    data
  })
  return { prior, logDensity }
}
