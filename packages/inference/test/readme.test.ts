// The example of the README, end to end: a Bayesian network by HMC, judged in function space.
import * as tf from '@tensorflow/tfjs-core'
import { vmap } from '@bdl/compiler'
import { key, normal, split, splitStack, toHost } from '@bdl/core'
import { normalTree } from '@bdl/distributions'
import { mlp, softmaxCrossEntropy, tanh } from '@bdl/nn'
import { functionSpaceRhat, hmc, logJoint, predictive, runChains, samplesOf, warmUpHmc } from '../src/index'
import { expect, test } from 'vitest'

test('a Bayesian network in twenty lines', async () => {
  const [keyX, keyInit, keyWarm, keyRun] = split(key(0), 4)
  const x = normal(keyX, [100, 2])
  const y = tf.cast(tf.less(tf.sum(tf.square(x), 1), 1.4), 'int32') // inside a circle or not

  const net = mlp({ sizes: [2, 8, 2], activation: tanh })
  const prior = normalTree(net.init(keyInit), 1) // a distribution over weights
  const logDensity = logJoint({
    logPrior: prior.logProb,
    logLikelihood: (weights, data) => tf.neg(tf.sum(softmaxCrossEntropy(net.build(weights)(data.x), data.y))),
    data: { x, y }
  })

  const starts = vmap(net.init)(splitStack(keyInit, 16)) // 16 chains: one leading axis
  const warm = await warmUpHmc({ logDensity, key: keyWarm, positions: starts, transitions: 100, steps: 20 })
  const kernel = hmc(logDensity, { stepSize: warm.stepSize, steps: 20 })
  const run = await runChains({ kernel, key: keyRun, positions: warm.positions, steps: 200, thin: 2 })

  const { positions } = samplesOf('hmc', run) // leaves [16 · 100, ...]
  const { members, mean } = await predictive((weights, inputs) => net.build(weights)(inputs), positions, x)
  const perChain = tf.reshape(members, [16, 100, 100, 2])
  const mixing = functionSpaceRhat(await toHost(perChain))
  expect(mixing.max).toBeLessThan(1.1)
  expect(mean.shape).toEqual([100, 2])
  const isRight = tf.equal(tf.argMax(mean, 1), y)
  expect(tf.mean(tf.cast(isRight, 'float32')).dataSync()[0]).toBeGreaterThan(0.9)
})
