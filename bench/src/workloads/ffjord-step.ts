/**
 * FFJORD on 2-D data, as in python/peers.py: a field MLP 3-64-64-2 with tanh, time appended, exact trace; 20 fixed steps of the
 * classical Runge-Kutta method from data at 0 to a standard normal base at 1, gradients by the backward solve; minus the mean
 * log density of a batch of 256; Adam, 1e-3.
 */
import * as tf from '@tensorflow/tfjs-core'
import { cnf, exactTrace, standardNormal, velocityMlp } from '@bdl/flows'
import { tanh, type MlpParams } from '@bdl/nn'
import { fixedSteps, rk4 } from '@bdl/ode'
import { draws } from './draws'
import { training } from './training'
import type { Workload } from './workload'

const flow = cnf({
  field: velocityMlp({ dimension: 2, hidden: [64, 64], activation: tanh, frequencies: 0 }),
  base: standardNormal(2),
  t0: 1, // of the base: peers.py solves from data at 0
  t1: 0,
  trace: exactTrace(),
  solver: rk4,
  control: fixedSteps(20),
  adjoint: 'backsolve'
})

export const ffjordStep: Workload = {
  name: 'ffjord_step',
  repeats: 20,
  start: (options) => {
    const draw = draws()
    const params = draw.mlp(3, 64, 64, 2)
    const x = draw.normal(256, 2)
    return training({
      ...options,
      name: 'ffjord_step',
      params,
      loss: (p: MlpParams, rows: tf.Tensor) => tf.neg(tf.mean(flow.build(p).logProb(rows))),
      batch: () => x
    })
  }
}
