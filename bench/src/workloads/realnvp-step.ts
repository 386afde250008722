/**
 * RealNVP on 2-D data, as in python/peers.py: 8 affine couplings, alternating coordinate, each an MLP 1-64-64-2 with tanh,
 * log-scale through tanh; minus the mean log density of a batch of 256 under a standard normal base; Adam, 1e-3.
 */
import * as tf from '@tensorflow/tfjs-core'
import { realNvp, standardNormal } from '@bdl/flows'
import { draws } from './draws'
import { training } from './training'
import type { Workload } from './workload'

const COUPLINGS = 8
const flow = realNvp({ dimension: 2, couplings: COUPLINGS, base: standardNormal(2) })

export const realNvpStep: Workload = {
  name: 'realnvp_step',
  repeats: 200,
  start: (options) => {
    const draw = draws()
    const params = Array.from({ length: COUPLINGS }, () => draw.mlp(1, 64, 64, 2))
    const x = draw.normal(256, 2)
    return training({
      ...options,
      name: 'realnvp_step',
      params,
      loss: (p: typeof params, rows: tf.Tensor) => tf.neg(tf.mean(flow.build(p).logProb(rows))),
      batch: () => x
    })
  }
}
