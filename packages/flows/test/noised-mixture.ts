// A mixture of isotropic normals as data of a diffusion model: its law and score are known at every time.
import * as tf from '@tensorflow/tfjs-core'
import { categorical, logsumexp, normal, scoped, split, type Key } from '@bdl/core'
import {
  isotropicNormal,
  subVariancePreserving,
  varianceExploding,
  variancePreserving,
  type Noising,
  type Score
} from '../src/index'

/** The process of EDM, std proportional to the time (Karras et al. 2022): a record, without a formula for its times. */
export const linearNoise: Noising = {
  name: 'linearNoise',
  scale: (t) => tf.onesLike(t),
  std: (t) => tf.mul(t, 8),
  drift: (t) => tf.zerosLike(t),
  diffusion: (t) => tf.mul(tf.sqrt(tf.mul(t, 2)), 8),
  prior: (dimension) => isotropicNormal(dimension, 8),
  tMin: 2e-3
}

/** The package's processes, and one that it has not. */
export const processes = [
  ['variancePreserving', variancePreserving()],
  ['subVariancePreserving', subVariancePreserving()],
  ['varianceExploding', varianceExploding({ sigmaMax: 10 })],
  ['std = 8 t, a process of one`s own', linearNoise]
] as const

export interface NoisedMixture {
  readonly dimension: number
  readonly score: Score
  /** Of x [n, d] at a scalar t, [n]. */
  readonly logProb: (t: number, x: tf.Tensor) => tf.Tensor
  /** Of the k-th entry at a scalar t. */
  readonly cdf: (t: number, k: number) => (x: number) => number
  /** Data, [n, d]. */
  readonly sample: (key: Key, n: number) => tf.Tensor
}

/** Two normals in the plane. */
export const two = {
  weights: [0.3, 0.7],
  means: [[-1, 0.5], [1.5, -0.5]], // prettier-ignore
  scales: [0.3, 0.6]
}

export interface MixtureOptions {
  readonly weights: readonly number[]
  readonly means: readonly (readonly number[])[]
  readonly scales: readonly number[]
}

const column = (t: tf.Tensor): tf.Tensor => (t.rank === 0 ? t : tf.expandDims(t, -1))

/** P(Z <= z), by the error function of Abramowitz & Stegun 7.1.26: to 1e-7. */
const normalCdf = (z: number): number => {
  const u = 1 / (1 + (0.3275911 * Math.abs(z)) / Math.SQRT2)
  const coefficients = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592]
  const tail = 0.5 * u * coefficients.reduce((sum, c) => sum * u + c, 0) * Math.exp((-z * z) / 2)
  return z < 0 ? tail : 1 - tail
}

export const noisedMixture = (noising: Noising, { weights, means, scales }: MixtureOptions): NoisedMixture => {
  const dimension = means[0]!.length
  const logWeights = () => tf.log(tf.tensor1d([...weights]))
  /** Log densities of the components times their weights [n, K], differences to their means [n, K, d], variances [.., K]. */
  const parts = (t: tf.Tensor, x: tf.Tensor) => {
    const scale = noising.scale(t)
    const centres = tf.mul(column(column(scale)), tf.tensor2d(means.map((m) => [...m])))
    const variance = tf.add(
      tf.square(tf.mul(column(scale), tf.tensor1d([...scales]))),
      tf.square(column(noising.std(t)))
    )
    const off = tf.sub(centres, tf.expandDims(x, 1))
    const energy = tf.div(tf.sum(tf.square(off), -1), tf.mul(variance, 2))
    const normaliser = tf.mul(tf.log(tf.mul(variance, 2 * Math.PI)), dimension / 2)
    return { log: tf.sub(tf.sub(logWeights(), energy), normaliser), off, variance }
  }
  return {
    dimension,
    score: (t, x) =>
      scoped(() => {
        const { log, off, variance } = parts(t, x)
        const share = tf.div(tf.softmax(log), variance)
        return tf.sum(tf.mul(tf.expandDims(share, -1), off), 1)
      }),
    logProb: (t, x) => scoped(() => logsumexp(parts(tf.scalar(t), x).log)),
    cdf: (t, k) => {
      const [scale] = noising.scale(tf.scalar(t)).dataSync()
      const [std] = noising.std(tf.scalar(t)).dataSync()
      return (x) =>
        weights.reduce(
          (sum, w, i) => sum + w * normalCdf((x - scale! * means[i]![k]!) / Math.hypot(scale! * scales[i]!, std!)),
          0
        )
    },
    sample: (key, n) =>
      scoped(() => {
        const [pickKey, noiseKey] = split(key)
        const which = categorical(pickKey, tf.add(logWeights(), tf.zeros([n, weights.length])))
        const noise = tf.mul(normal(noiseKey, [n, dimension]), column(tf.gather(tf.tensor1d([...scales]), which)))
        return tf.add(tf.gather(tf.tensor2d(means.map((m) => [...m])), which), noise)
      })
  }
}
