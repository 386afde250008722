/**
 * The laws of a distribution over tensors, as checks that any test runner can run. Statistics use the key given, with
 * bounds of 5 standard errors. Reads tensors; not traceable.
 *
 * @example for (const { name, check } of distributionLaws(mine, key(0))) test(name, check)
 */
import * as tf from '@tensorflow/tfjs-core'
import { grad } from '@bdl/compiler'
import { scoped, sizeOfShape, split, toHostSync, type Key } from '@bdl/core'
import type { Distribution } from './distribution.js'

export interface Law {
  readonly name: string
  /** Throws an `Error` that says what differs. */
  readonly check: () => void
}

export interface DistributionLawOptions {
  /** Draws for the statistics; default 4000. */
  readonly draws?: number
  /** Of values and log-probabilities, absolute and relative; default 1e-4. */
  readonly tolerance?: number
}

const fail = (what: string): never => {
  throw new Error(what)
}

const expectShapeOf = (what: string, x: tf.Tensor, shape: readonly number[]): void => {
  if (x.shape.join() !== shape.join()) fail(`${what}: shape [${x.shape.join(', ')}], expected [${shape.join(', ')}]`)
}

const expectNear = (what: string, actual: tf.Tensor, expected: tf.Tensor, tolerance: number): void => {
  expectShapeOf(what, actual, expected.shape)
  const [a, e] = [toHostSync(actual).data, toHostSync(expected).data]
  const at = a.findIndex((v, i) => !(v === e[i] || Math.abs(v - e[i]!) <= tolerance * (1 + Math.abs(e[i]!))))
  if (at >= 0) fail(`${what}: entry ${at} is ${a[at]}, expected ${e[at]}`)
}

/** Each column of `rows` [draws, n]: its mean lies within 5 standard errors of what is expected. */
const expectMeans = (what: string, rows: tf.Tensor, expected: tf.Tensor): void => {
  const n = rows.shape[0]!
  const mean = tf.mean(rows, 0)
  const error = tf.sqrt(tf.div(tf.mean(tf.square(tf.sub(rows, mean)), 0), n))
  const distance = toHostSync(tf.abs(tf.sub(mean, expected))).data
  const allowed = toHostSync(error).data
  // rounding of a float32 mean of n terms comes on top
  const at = distance.findIndex((d, i) => !(d <= 5 * allowed[i]! + 1e-6 * n ** 0.5))
  if (at >= 0) fail(`${what}: entry ${at} is off by ${distance[at]}, ${distance[at]! / allowed[at]!} standard errors`)
}

const pairLaw = (d: Distribution, key: Key, tolerance: number): void => {
  const [x, logProb] = d.sampleAndLogProb(key, [3, 2])
  expectShapeOf('value', x, [3, 2, ...d.batchShape, ...d.eventShape])
  expectShapeOf('log-probability', logProb, [3, 2, ...d.batchShape])
  expectNear('log-probability of the pair', logProb, d.logProb(x), tolerance)
  expectNear('sample alone', d.sample(key, [3, 2]), x, tolerance)
  expectShapeOf('one draw', d.sample(key), [...d.batchShape, ...d.eventShape])
}

const momentsLaw = (d: Distribution, key: Key, draws: number): void => {
  const n = sizeOfShape([...d.batchShape, ...d.eventShape])
  const rows = tf.reshape(tf.cast(d.sample(key, [draws]), 'float32'), [draws, n])
  if (d.mean !== undefined) expectMeans('mean', rows, tf.reshape(d.mean(), [n]))
  if (d.mean !== undefined && d.variance !== undefined)
    expectMeans('variance', tf.square(tf.sub(rows, tf.reshape(d.mean(), [n]))), tf.reshape(d.variance(), [n]))
  if (d.entropy !== undefined) {
    const [, logProb] = d.sampleAndLogProb(key, [draws])
    const batch = sizeOfShape(d.batchShape)
    expectMeans('entropy', tf.neg(tf.reshape(logProb, [draws, batch])), tf.reshape(d.entropy(), [batch]))
  }
}

/** By Kolmogorov's tail 2 exp(-2 t^2), sqrt(n) D exceeds 2.7 once in 10^6 keys. */
const cdfLaw = (d: Distribution, key: Key, draws: number): void => {
  const batch = sizeOfShape(d.batchShape)
  const x = d.sample(key, [draws])
  if (d.cdf === undefined || x.dtype !== 'float32') return
  const columns = toHostSync(tf.transpose(tf.reshape(d.cdf(x), [draws, batch]))).data
  for (let b = 0; b < batch; b++) {
    const sorted = columns.slice(b * draws, (b + 1) * draws).sort()
    const worst = sorted.reduce((w, u, i) => Math.max(w, u - i / draws, (i + 1) / draws - u), 0)
    if (!(Math.sqrt(draws) * worst <= 2.7)) fail(`distribution function: sqrt(n) D = ${Math.sqrt(draws) * worst}`)
  }
}

const derivativesLaw = (d: Distribution, key: Key): void => {
  const x = d.sample(key, [4])
  if (x.dtype !== 'float32') return
  const slope = grad((v: tf.Tensor) => tf.sum(d.logProb(v)))
  const second = grad((v: tf.Tensor) => tf.sum(tf.square(slope(v))))
  for (const [what, y] of [['first', slope(x)] as const, ['second', second(x)] as const])
    if (!toHostSync(y).data.every(Number.isFinite)) fail(`${what} derivative is not finite`)
}

const leakLaw = (d: Distribution, key: Key): void => {
  const x = d.sample(key)
  const { mean, variance, mode, entropy } = d
  const calls = { sample: () => d.sample(key), logProb: () => d.logProb(x), mean, variance, mode, entropy }
  for (const [name, call] of Object.entries(calls)) {
    const before = tf.memory().numTensors
    if (call === undefined) continue
    call()
    const grown = tf.memory().numTensors - before
    if (grown !== 1) fail(`${name}: one tensor returned, live tensors grew by ${grown}`)
  }
}

/** The laws of `d`, a distribution over tensors, by draws from `key`. */
export const distributionLaws = (d: Distribution, key: Key, options: DistributionLawOptions = {}): readonly Law[] => {
  const { draws = 4000, tolerance = 1e-4 } = options
  const [keyPair, keyMoments, keyCdf, keySupport] = split(key, 4)
  const law = (name: string, check: () => void): Law => ({ name, check: () => scoped(() => check()) })
  return [
    law('shapes, and the pair agrees with logProb', () => pairLaw(d, keyPair, tolerance)),
    law('draws have the stated moments and entropy', () => momentsLaw(d, keyMoments, draws)),
    law('draws follow the distribution function', () => cdfLaw(d, keyCdf, draws)),
    law('draws lie in the support', () => {
      const inside = toHostSync(tf.all(d.support.contains(d.sample(keySupport, [draws])))).data[0]
      if (inside !== 1) fail('a draw lies outside the support')
    }),
    law('derivatives of logProb are finite, twice', () => derivativesLaw(d, keyPair)),
    law('nothing leaks', () => leakLaw(d, keyPair))
  ]
}
