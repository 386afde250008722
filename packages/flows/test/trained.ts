// What the tests of learnt flows share: two-dimensional data that no Gaussian fits, and training on it.
import * as tf from '@tensorflow/tfjs-core'
import { jit } from '@bdl/compiler'
import { key, logdet, normal, scoped, split, uniform, type Tree } from '@bdl/core'
import { adam, trainSteps } from '@bdl/nn'

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
