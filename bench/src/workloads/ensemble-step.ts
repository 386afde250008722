/**
 * A deep ensemble, as in python/peers.py: 64 members of an MLP 64-16-10 with ReLU, each with a batch of 128 rows of its own;
 * the sum over members of their mean cross-entropies; Adam, 1e-3; all in one call.
 */
import * as tf from '@tensorflow/tfjs-core'
import { vmap } from '@bdl/compiler'
import { scoped, stackTrees } from '@bdl/core'
import { applyMlp, relu, softmaxCrossEntropy, type MlpParams } from '@bdl/nn'
import { draws } from './draws'
import { training } from './training'
import type { Workload } from './workload'

const MEMBERS = 64
const network = applyMlp(relu)

type Batch = { readonly x: tf.Tensor; readonly labels: tf.Tensor }

const memberLoss = (params: MlpParams, { x, labels }: Batch): tf.Tensor =>
  tf.mean(softmaxCrossEntropy(network(params, x), labels))

export const ensembleStep: Workload = {
  name: 'ensemble_step',
  repeats: 200,
  start: (options) => {
    const draw = draws()
    const params = scoped(() => stackTrees(Array.from({ length: MEMBERS }, () => draw.mlp(64, 16, 10))))
    const x = draw.normal(MEMBERS, 128, 64)
    const labels = draw.integers(10, MEMBERS, 128)
    return training({
      ...options,
      name: 'ensemble_step',
      params,
      loss: (p: MlpParams, batch: Batch) => tf.sum(vmap(memberLoss)(p, batch)),
      batch: () => ({ x, labels })
    })
  }
}
