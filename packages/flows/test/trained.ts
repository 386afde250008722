// What the tests of learnt flows share: two-dimensional data that no Gaussian fits, and training on it.
import * as tf from '@tensorflow/tfjs-core'
import { jit } from '@bdl/compiler'
import { key, logdet, normal, scoped, split, uniform, type Key, type Learnable, type Tree } from '@bdl/core'
import { adam, cosineSchedule, trainSteps } from '@bdl/nn'

/** n points on two half circles that interlock, with noise of standard deviation 0.1. */
export const moons = (seed: number, n: number): tf.Tensor =>
  scoped(() => {
    const [keyAngle, keyNoise] = split(key(seed))
    const angle = tf.mul(uniform(keyAngle, [n]), Math.PI)
    const isSecond = tf.less(tf.range(0, n), n / 2)
    const x = tf.where(isSecond, tf.sub(1, tf.cos(angle)), tf.cos(angle))
    const y = tf.where(isSecond, tf.sub(0.5, tf.sin(angle)), tf.sin(angle))
    return tf.add(tf.stack([x, y], 1), tf.mul(normal(keyNoise, [n, 2]), 0.1))
  })

/** Two moons about the origin. */
export const centredMoons = (seed: number, n: number): tf.Tensor => scoped(() => tf.sub(moons(seed, n), [0.5, 0.25]))

/** Mean negative log-density of data [n, d] under the Gaussian of best fit, in nats: (d log(2 pi e) + log det(covariance)) / 2. */
export const gaussianNll = (data: tf.Tensor): number =>
  tf.tidy(() => {
    const [n, d] = data.shape as [number, number]
    const centred = tf.sub(data, tf.mean(data, 0))
    const logDet = logdet(tf.div(tf.matMul(centred, centred, true), n)).dataSync()[0]!
    return (d * Math.log(2 * Math.PI * Math.E) + logDet) / 2
  })

/** Parameters after so many steps of Adam on minibatches of 256. */
export const trained = async <P extends Tree>(
  init: P,
  nll: (params: P, batch: tf.Tensor) => tf.Tensor,
  data: tf.Tensor,
  { steps = 200, learningRate = 1e-2 } = {}
): Promise<P> => {
  const trainer = trainSteps({ loss: nll, optimiser: adam({ learningRate }), steps, batchSize: 256 })
  const run = jit(trainer.run)
  const [state] = await run(key(11), trainer.init(init), data)
  run.dispose()
  return state.params
}

/** A learnable regressed on data, under a rate that falls: of the moving average of its parameters. */
export const regressed = async <P extends Tree, A, B extends Tree>(
  { init, build }: Learnable<P, A>,
  loss: (params: P, batch: B, key: Key) => tf.Tensor,
  data: B,
  { steps, batchSize = 256 }: { readonly steps: number; readonly batchSize?: number }
): Promise<A> => {
  const optimiser = adam({ learningRate: cosineSchedule(5e-3, steps, 1e-4) })
  const trainer = trainSteps({ loss, optimiser, steps, batchSize, averageDecay: 0.98 })
  const [initKey, trainKey] = split(key(1))
  const run = jit(trainer.run)
  const [state] = await run(trainKey, trainer.init(init(initKey)), data)
  run.dispose()
  return build(state.average)
}
