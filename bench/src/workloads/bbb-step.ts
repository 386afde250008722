/**
 * Bayes by Backprop, as in python/peers.py: an MLP 784-400-400-10 with ReLU whose weights are independent normals, scale
 * through softplus; cross-entropy of one draw on a batch of 128 plus the KL divergence to N(0, 1) in closed form over 60000;
 * Adam, 1e-3. Every step has a key of its own, split over the leaves.
 */
import * as tf from '@tensorflow/tfjs-core'
import { key, mapTree, softplus, split, zipTrees, leaves, type Key } from '@bdl/core'
import { kl, normal } from '@bdl/distributions'
import { applyMlp, relu, softmaxCrossEntropy, type MlpParams } from '@bdl/nn'
import { draws } from './draws'
import { training } from './training'
import type { Workload } from './workload'

const ROWS_OF_ALL_DATA = 60000
const prior = normal(0, 1)
const network = applyMlp(relu)

type Posterior = { readonly mu: MlpParams; readonly rho: MlpParams }

type Batch = { readonly stepKey: Key; readonly x: tf.Tensor; readonly labels: tf.Tensor }

/** One key per leaf, weights before bias: the order in which peers.py hands them out. */
const keysOf = (stepKey: Key, layers: MlpParams): MlpParams => {
  const keys = split(stepKey, 2 * layers.length)
  return layers.map((_, i) => ({ w: keys[2 * i]!, b: keys[2 * i + 1]! }))
}

const loss = ({ mu, rho }: Posterior, { stepKey, x, labels }: Batch): tf.Tensor => {
  const scale = mapTree(softplus)(rho)
  const weights = zipTrees((m, s, k) => normal(m!, s!).sample(k!, []))(mu, scale, keysOf(stepKey, mu))
  const divergence = leaves(zipTrees((m, s) => tf.sum(kl(normal(m!, s!), prior)))(mu, scale)).reduce((a, b) =>
    tf.add(a, b)
  )
  const fit = tf.mean(softmaxCrossEntropy(network(weights, x), labels))
  return tf.add(fit, tf.div(divergence, ROWS_OF_ALL_DATA))
}

export const bbbStep: Workload = {
  name: 'bbb_step',
  repeats: 60,
  start: (options) => {
    const draw = draws()
    const mu = draw.mlp(784, 400, 400, 10)
    const x = draw.normal(128, 784)
    const labels = draw.integers(10, 128)
    const keys = split(key(0), 500)
    let steps = 0
    return training({
      ...options,
      name: 'bbb_step',
      params: { mu, rho: mapTree((leaf) => tf.fill(leaf.shape, -4))(mu) },
      loss,
      batch: () => ({ stepKey: keys[steps++ % keys.length]!, x, labels })
    })
  }
}
