// Laws about calls: shapes, the pair, single against many, none at all, derivatives, leaks.
import * as tf from '@tensorflow/tfjs-core'
import { grad } from '@bdl/compiler'
import type { Key } from '@bdl/core'
import type { Distribution } from '../distribution.js'
import { expectEntries, expectNear, expectShapeOf, fail } from './check.js'

/** Shapes; the pair agrees with `sample` and with `logProb`. */
export const pairLaw = (d: Distribution, key: Key, tolerance: number): void => {
  const [x, logProb] = d.sampleAndLogProb(key, [3, 2])
  expectShapeOf('value', x, [3, 2, ...d.batchShape, ...d.eventShape])
  expectShapeOf('log-probability', logProb, [3, 2, ...d.batchShape])
  expectNear('log-probability of the pair', logProb, d.logProb(x), tolerance)
  expectNear('sample alone', d.sample(key, [3, 2]), x, tolerance)
  expectShapeOf('one draw', d.sample(key), [...d.batchShape, ...d.eventShape])
}

/** Many values are the single ones, and no values give no log-probabilities. */
export const batchLaw = (d: Distribution, key: Key, tolerance: number): void => {
  const x = d.sample(key, [3])
  const singles = tf.unstack(x).map((v) => d.logProb(v))
  expectNear('log-probabilities one by one', tf.stack(singles), d.logProb(x), tolerance)
  const [none, logProb] = d.sampleAndLogProb(key, [0])
  expectShapeOf('no draws', none, [0, ...d.batchShape, ...d.eventShape])
  expectShapeOf('their log-probabilities', logProb, [0, ...d.batchShape])
  expectShapeOf('log-probabilities of nothing', d.logProb(tf.zeros(none.shape)), [0, ...d.batchShape])
}

/** Moments, mode, entropy and functions of values have the shapes of the contract. */
export const shapesLaw = (d: Distribution, key: Key): void => {
  const whole = [...d.batchShape, ...d.eventShape]
  for (const name of ['mean', 'variance', 'mode'] as const) {
    const value = d[name]?.()
    if (value !== undefined) expectShapeOf(name, value, whole)
  }
  if (d.entropy !== undefined) expectShapeOf('entropy', d.entropy(), d.batchShape)
  if (d.covariance !== undefined) expectShapeOf('covariance', d.covariance(), [...whole, d.eventShape.at(-1) ?? 1])
  if (d.cdf !== undefined) expectShapeOf('cdf', d.cdf(d.sample(key, [4])), [4, ...d.batchShape])
  if (d.icdf !== undefined) expectShapeOf('icdf', d.icdf(tf.fill([4, ...d.batchShape], 0.5)), [4, ...whole])
}

/** First and second derivatives of logProb at draws are finite. */
export const derivativesLaw = (d: Distribution, key: Key): void => {
  const x = d.sample(key, [4])
  if (x.dtype !== 'float32') return
  const slope = grad((v: tf.Tensor) => tf.sum(d.logProb(v)))
  const second = grad((v: tf.Tensor) => tf.sum(tf.square(slope(v))))
  expectEntries('first derivative', slope(x), Number.isFinite)
  expectEntries('second derivative', second(x), Number.isFinite)
}

/** Live tensors grow by what is returned, and by nothing else. */
export const leakLaw = (d: Distribution, key: Key): void => {
  const x = d.sample(key)
  const p = tf.fill([...d.batchShape], 0.5)
  const { mean, variance, mode, covariance, entropy, cdf, icdf } = d
  const calls = {
    sample: () => d.sample(key),
    logProb: () => d.logProb(x),
    contains: () => d.support.contains(x),
    ...{ mean, variance, mode, covariance, entropy },
    cdf: cdf && (() => cdf(x)),
    icdf: icdf && (() => icdf(p))
  }
  const grown = (call: () => unknown): number => {
    const before = tf.memory().numTensors
    call()
    return tf.memory().numTensors - before
  }
  for (const [name, call] of Object.entries(calls)) {
    const n = call === undefined ? 1 : grown(call)
    if (n !== 1) fail(`${name}: one tensor returned, live tensors grew by ${n}`)
  }
  const pair = grown(() => d.sampleAndLogProb(key))
  if (pair !== 2) fail(`sampleAndLogProb: two tensors returned, live tensors grew by ${pair}`)
}
