/**
 * Hamiltonian Monte Carlo on a Bayesian neural network, as in python/peers.py: an MLP 64-16-10 with ReLU, prior N(0, 1),
 * 1000 rows; 10 leapfrog steps of 1e-3 without jitter, unit metric; one chain, 100 transitions a call.
 */
import * as tf from '@tensorflow/tfjs-core'
import { jit, scan } from '@bdl/compiler'
import { dotTrees, key, scoped, split, splitStack, disposeTree, type Key } from '@bdl/core'
import { hmc, logJoint, type HmcState } from '@bdl/inference'
import { applyMlp, relu, softmaxCrossEntropy, type MlpParams } from '@bdl/nn'
import { draws } from './draws'
import type { Workload } from './workload'

const network = applyMlp(relu)

/** Weights before bias in every layer: the order in which peers.py ravels them, and so in which momenta are drawn. */
type Position = readonly (readonly [w: tf.Tensor, b: tf.Tensor])[]

const layersOf = (position: Position): MlpParams => position.map(([w, b]) => ({ w, b }))

const logDensityOf = (x: tf.Tensor, labels: tf.Tensor) =>
  logJoint<Position, { x: tf.Tensor; labels: tf.Tensor }>({
    logPrior: (position) => tf.mul(-0.5, dotTrees(position, position)),
    logLikelihood: (position, data) =>
      tf.neg(tf.sum(softmaxCrossEntropy(network(layersOf(position), data.x), data.labels))),
    data: { x, labels }
  })

/** So many transitions a call. */
export const hmcBnnOf = (transitions: number): Workload => ({
  name: 'hmc_bnn',
  repeats: 8,
  perCall: transitions,
  start: (options) => {
    const draw = draws()
    const position: Position = draw.mlp(64, 16, 10).map(({ w, b }) => [w, b])
    const x = draw.normal(1000, 64)
    const labels = draw.integers(10, 1000)
    const kernel = hmc(logDensityOf(x, labels), { stepSize: 1e-3, steps: 10, jitter: 0 })
    const chain = jit(
      (state: HmcState<Position>, callKey: Key) =>
        scan(
          (at: HmcState<Position>, k: Key) => [kernel.step(k, at)[0], []] as const,
          state,
          splitStack(callKey, transitions)
        )[0],
      { name: 'hmc_bnn', ...(options?.engine && { engine: options.engine }) }
    )
    const keys = split(key(0), 50)
    let calls = 0
    let current = scoped(() => kernel.init(position))
    return {
      step: async () => {
        const next = await chain(current, keys[calls++ % keys.length]!)
        disposeTree(current)
        current = next
        return current.logDensity.dataSync()[0]!
      },
      position: () => current.position,
      stats: chain.stats,
      dispose: async () => {
        disposeTree(current)
        await chain.dispose()
      }
    }
  }
})

export const hmcBnn = hmcBnnOf(100)
