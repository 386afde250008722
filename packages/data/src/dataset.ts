// A labelled data set on the host, and what can be done to one without knowing where it came from.
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, fromHost } from '@bdl/core'
import type { HostArray } from '@bdl/core'

/** A classification data set on the host: row i of `features` belongs to entry i of `labels`. */
export interface Dataset {
  /** Where it came from, for messages and reports. */
  readonly name: string
  /** [n, d], row-major. */
  readonly features: HostArray
  /** [n], each in 0..classes-1. */
  readonly labels: Int32Array
  /** Number of classes. */
  readonly classes: number
  /** [d]. */
  readonly featureNames: readonly string[]
  /** [height, width] or [height, width, channels], if a row is an image. */
  readonly imageShape?: readonly number[]
}

/** Number of rows. */
export const rowCount = (dataset: Dataset): number => dataset.labels.length

/** Number of features. */
export const featureCount = (dataset: Dataset): number => dataset.features.shape[1] ?? 0

/** The same data set with other features of the same shape. */
export const withFeatures =
  (data: Float64Array) =>
  (dataset: Dataset): Dataset => ({ ...dataset, features: { shape: dataset.features.shape, data } })

/**
 * The rows at `indices`, in that order; a row may be taken more than once.
 *
 * @error InvalidArgument if an index is not that of a row
 */
export const takeRows =
  (indices: ArrayLike<number>) =>
  (dataset: Dataset): Dataset => {
    const [n, d] = [rowCount(dataset), featureCount(dataset)]
    const data = new Float64Array(indices.length * d)
    const labels = new Int32Array(indices.length)
    for (let i = 0; i < indices.length; i++) {
      const row = indices[i] ?? -1
      const label = dataset.labels[row]
      if (label === undefined)
        throw new BdlError({
          code: 'InvalidArgument',
          fn: 'takeRows',
          argument: `indices[${i}]`,
          expected: `a row from 0 to ${n - 1}`,
          got: String(row)
        })
      data.set(dataset.features.data.subarray(row * d, (row + 1) * d), i * d)
      labels[i] = label
    }
    return { ...dataset, features: { shape: [indices.length, d], data }, labels }
  }

/** Multiplies every feature by `factor`: `scaleFeatures(1 / 16)` brings the digits to [0, 1]. */
export const scaleFeatures =
  (factor: number) =>
  (dataset: Dataset): Dataset =>
    withFeatures(dataset.features.data.map((v) => v * factor))(dataset)

/**
 * The data set as tensors: `x` float32 [n, d], `y` int32 [n]. The caller owns both.
 *
 * @precision features are rounded to float32
 */
export const toTensors = (dataset: Dataset): { readonly x: tf.Tensor; readonly y: tf.Tensor } => ({
  x: fromHost(dataset.features),
  y: tf.tensor1d(dataset.labels, 'int32')
})
