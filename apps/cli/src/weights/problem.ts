/** The statistical problem: a data set in parts, a network, a prior, and the log joint density of its weights. */
import * as tf from '@tensorflow/tfjs-core'
import { key, leaves, scoped } from '@bdl/core'
import type { Dataset } from '@bdl/data'
import { pixelNoise, rotate90, shufflePixels, toTensors } from '@bdl/data'
import type { LogDensity } from '@bdl/inference'
import { applyMlp, relu } from '@bdl/nn'
import type { MlpParams } from '@bdl/nn'

/** Rows as tensors; `oneHot` is [n, classes], so that a log likelihood is one product and one sum. */
export type Rows = { readonly x: tf.Tensor; readonly oneHot: tf.Tensor }

export interface Part extends Rows {
  readonly labels: Int32Array
}

export interface Shifted {
  readonly name: string
  readonly x: tf.Tensor
}

export interface Problem {
  readonly name: string
  /** Widths from input to output. */
  readonly sizes: readonly number[]
  readonly classes: number
  /** Number of weights and biases. */
  readonly dim: number
  readonly priorScale: number
  readonly train: Part
  readonly validation: Part
  readonly test: Part
  /** Inputs unlike the training data. */
  readonly shifted: readonly Shifted[]
  /** Logits [n, classes]. */
  readonly apply: (params: MlpParams, x: tf.Tensor) => tf.Tensor
  /** Σ over rows of log p(y | x, w), nats. */
  readonly logLikelihood: (params: MlpParams, rows: Rows) => tf.Tensor
  /** −‖w‖²/(2σ²): the prior without its constant. */
  readonly logPrior: LogDensity<MlpParams>
  /** Unnormalised log posterior on the training rows, without the prior's constant. */
  readonly logJoint: LogDensity<MlpParams>
}

export interface Parts {
  readonly train: Dataset
  readonly validation: Dataset
  readonly test: Dataset
}

const partOf = (dataset: Dataset): Part => {
  const { x, y } = toTensors(dataset)
  const oneHot = tf.oneHot(y, dataset.classes)
  const hot = tf.cast(oneHot, 'float32')
  tf.dispose([y, oneHot])
  return { x, oneHot: hot, labels: dataset.labels }
}

const shiftedParts = ({ train, test }: Parts, seed: number): readonly Shifted[] => {
  const inputs = (dataset: Dataset): tf.Tensor => {
    const { x, y } = toTensors(dataset)
    y.dispose()
    return x
  }
  const noiseKey = key(seed + 7919)
  // noise with the pixel statistics of the training data, as many rows as the test set
  const noise = {
    name: 'noise of the same statistics',
    x: inputs(withRows(pixelNoise(noiseKey)(train), test.labels.length))
  }
  const other = test.imageShape
    ? { name: 'rotated by 90°', x: inputs(rotate90()(test)) }
    : { name: 'shuffled columns', x: inputs(shufflePixels(noiseKey)(test)) }
  noiseKey.dispose()
  return [other, noise]
}

const withRows = (dataset: Dataset, rows: number): Dataset => {
  const width = dataset.features.shape[1]!
  const count = Math.min(rows, dataset.labels.length)
  return {
    ...dataset,
    features: { shape: [count, width], data: dataset.features.data.slice(0, count * width) },
    labels: dataset.labels.slice(0, count)
  }
}

/** σ log √(2π) per weight: what turns the log joint of this module into one with a normalised prior. */
export const priorConstant = ({ dim, priorScale }: Problem): number =>
  -dim * (Math.log(priorScale) + 0.5 * Math.log(2 * Math.PI))

/** A ReLU network with one hidden layer under an isotropic Gaussian prior. Features must already be scaled. */
export const problemOf = (
  parts: Parts,
  options: { readonly hidden: number; readonly priorScale: number; readonly seed: number }
): Problem => {
  const { hidden, priorScale, seed } = options
  const [train, validation, test] = [partOf(parts.train), partOf(parts.validation), partOf(parts.test)]
  const { classes, name } = parts.train
  const sizes = [train.x.shape[1]!, hidden, classes]
  const apply = applyMlp(relu)
  const logLikelihood = (params: MlpParams, { x, oneHot }: Rows): tf.Tensor =>
    scoped(() => tf.sum(tf.mul(oneHot, tf.logSoftmax(apply(params, x)))))
  const logPrior = (params: MlpParams): tf.Tensor =>
    scoped(() => {
      const squares = leaves(params).map((leaf) => tf.sum(tf.square(leaf)))
      return tf.mul(
        squares.reduce((a, b) => tf.add(a, b)),
        -0.5 / priorScale ** 2
      )
    })
  return {
    name,
    sizes,
    classes,
    dim: sizes[0]! * hidden + hidden + hidden * classes + classes,
    priorScale,
    train,
    validation,
    test,
    shifted: shiftedParts(parts, seed),
    apply,
    logLikelihood,
    logPrior,
    logJoint: (params) => scoped(() => tf.add(logLikelihood(params, train), logPrior(params)))
  }
}
