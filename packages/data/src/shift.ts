// Data that differ from a data set in a known way: turned images, and noise with the same pixel statistics.
import { BdlError, normal, scoped, split, toHostSync } from '@bdl/core'
import type { Key } from '@bdl/core'
import { featureCount, rowCount, withFeatures } from './dataset.js'
import type { Dataset } from './dataset.js'
import { hostPermutation } from './split.js'
import { featureStatistics } from './statistics.js'

// For each place of one turned image of h x w pixels, which place of the old one it shows.
const quarterTurn = (h: number, w: number, channels: number): Int32Array =>
  Int32Array.from({ length: h * w * channels }, (_, i) => {
    const [row, column] = [Math.floor(i / (h * channels)), Math.floor(i / channels) % h]
    return (column * w + (w - 1 - row)) * channels + (i % channels)
  })

const imageOf = (fn: string, dataset: Dataset): readonly [number, number, number] => {
  const [h, w, channels = 1] = dataset.imageShape ?? []
  if (h === undefined || w === undefined)
    throw new BdlError({
      code: 'InvalidArgument',
      fn,
      argument: 'dataset.imageShape',
      expected: '[height, width] or [height, width, channels]',
      got: String(dataset.imageShape)
    })
  return [h, w, channels]
}

const turnOnce = (dataset: Dataset): Dataset => {
  const [h, w, channels] = imageOf('rotate90', dataset)
  const from = quarterTurn(h, w, channels)
  const d = from.length
  const { data } = dataset.features
  const turned = data.map((_, i) => data[i - (i % d) + (from[i % d] ?? 0)] ?? 0)
  const imageShape = dataset.imageShape?.length === 3 ? [w, h, channels] : [w, h]
  return { ...withFeatures(turned)(dataset), imageShape }
}

/**
 * Turns every image by `turns` quarter turns counter-clockwise, as numpy.rot90 does; labels stay.
 *
 * @error InvalidArgument if the rows are not images or `turns` is not an integer
 * @example rotate90()(digits)
 */
export const rotate90 =
  (turns = 1) =>
  (dataset: Dataset): Dataset => {
    imageOf('rotate90', dataset)
    if (!Number.isInteger(turns))
      throw new BdlError({
        code: 'InvalidArgument',
        fn: 'rotate90',
        argument: 'turns',
        expected: 'an integer',
        got: String(turns)
      })
    return Array.from({ length: ((turns % 4) + 4) % 4 }).reduce<Dataset>(turnOnce, dataset)
  }

/**
 * Noise with the mean and standard deviation of every pixel: x ~ N(mean_j, sd_j^2), clipped to the range of the data.
 *
 * Neighbouring pixels are independent, so no image remains. Labels are kept and mean nothing. Clipping pulls moments in
 * where a pixel lies near the end of its range; `shufflePixels` keeps them exactly.
 */
export const pixelNoise =
  (key: Key) =>
  (dataset: Dataset): Dataset => {
    const { mean, sd } = featureStatistics(dataset)
    const d = featureCount(dataset)
    const values = dataset.features.data
    const low = values.reduce((a, b) => Math.min(a, b), Infinity)
    const high = values.reduce((a, b) => Math.max(a, b), -Infinity)
    const noise = scoped(() => toHostSync(normal(key, [rowCount(dataset), d]))).data
    const drawn = noise.map((z, i) => Math.min(high, Math.max(low, (mean[i % d] ?? 0) + (sd[i % d] ?? 0) * z)))
    return { ...withFeatures(drawn)(dataset), name: `${dataset.name}, pixel noise` }
  }

/**
 * Shuffles every pixel over the rows, each by its own permutation: all marginals stay exactly, all dependence goes.
 *
 * Labels are kept and mean nothing.
 */
export const shufflePixels =
  (key: Key) =>
  (dataset: Dataset): Dataset => {
    const [n, d] = [rowCount(dataset), featureCount(dataset)]
    const orders = scoped(() => split(key, d).map((pixelKey) => hostPermutation(pixelKey, n)))
    const { data } = dataset.features
    const shuffled = data.map((_, i) => data[(orders[i % d]?.[Math.floor(i / d)] ?? 0) * d + (i % d)] ?? 0)
    return { ...withFeatures(shuffled)(dataset), name: `${dataset.name}, shuffled pixels` }
  }
