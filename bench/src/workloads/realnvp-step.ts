/**
 * RealNVP on 2-D data, as in python/peers.py: 8 affine couplings, alternating coordinate, each an MLP 1-64-64-2 with tanh,
 * log-scale through tanh; minus the mean log density of a batch of 256 under a standard normal base; Adam, 1e-3.
 */
import * as tf from '@tensorflow/tfjs-core'
import { jit, valueAndGrad } from '@bdl/compiler'
import { disposeTree, key, normal, ravel, scoped, split } from '@bdl/core'
import { realNvp, standardNormal } from '@bdl/flows'
import { adam, applyUpdates, lecunNormal, type MlpParams } from '@bdl/nn'
import type { Run, Workload } from './workload'

export const realNvpFlow = realNvp({ dimension: 2, couplings: 8, initialiser: lecunNormal, base: standardNormal(2) })

/** Training from `params` on the rows `x`, [n, 2]; both are borrowed until `dispose`. */
export const realNvpTraining = (params: readonly MlpParams[], x: tf.Tensor): Run => {
  const { vector, unravel } = ravel(params)
  const optimiser = adam({ learningRate: 1e-3 })
  const loss = (v: tf.Tensor): tf.Tensor => tf.neg(tf.mean(realNvpFlow.build(unravel(v)).logProb(x)))
  const step = jit(
    (v: tf.Tensor, state: ReturnType<typeof optimiser.init>) => {
      const [value, gradient] = valueAndGrad(loss)(v)
      const [updates, next] = optimiser.update(gradient, state, v)
      return { v: applyUpdates(v, updates), state: next, value }
    },
    { name: 'realnvp_step' }
  )
  let current = { v: vector, state: optimiser.init(vector) }
  return {
    step: async () => {
      const { value, ...next } = await step(current.v, current.state)
      const [number] = value.dataSync()
      disposeTree([current, value])
      current = next
      return number!
    },
    dispose: async () => {
      disposeTree(current)
      await step.dispose()
    }
  }
}

export const realNvpStep: Workload = {
  name: 'realnvp_step',
  start: () => {
    const [keyParams, keyData] = split(key(0))
    const params = scoped(() => realNvpFlow.init(keyParams))
    const x = normal(keyData, [256, 2])
    return realNvpTraining(params, x)
  }
}
