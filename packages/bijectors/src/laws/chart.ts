// Coordinates of events that have fewer degrees of freedom than entries: the log-determinant is between them.
import * as tf from '@tensorflow/tfjs-core'
import { sizeOfShape } from '@bdl/core'

export interface Chart {
  /** [k, ...E] -> [k, n] */
  readonly coordinates: (events: tf.Tensor) => tf.Tensor
  /** [k, n] -> [k, ...E] */
  readonly point: (coordinates: tf.Tensor) => tf.Tensor
}

/** All entries, in row-major order: what holds unless another chart is named. */
export const everyEntry = (event: readonly number[]): Chart => ({
  coordinates: (events) => tf.reshape(events, [events.shape[0] ?? 0, sizeOfShape(event)]),
  point: (coordinates) => tf.reshape(coordinates, [coordinates.shape[0] ?? 0, ...event])
})

/** Points of the simplex by all entries but the last. */
export const simplexChart: Chart = {
  coordinates: (events) => tf.slice(events, [0, 0], [-1, (events.shape[1] ?? 1) - 1]),
  point: (coordinates) => tf.concat([coordinates, tf.sub(1, tf.sum(coordinates, -1, true))], -1)
}

const trianglePlaces = (n: number): readonly (readonly [number, number])[] =>
  Array.from({ length: n }, (_, i) => Array.from({ length: i + 1 }, (__, j) => [i, j] as const)).flat()

/** Matrices by the entries of `places`; entries that `source` gives -1 are 0. */
const matrixChart = (
  n: number,
  places: readonly (readonly [number, number])[],
  source: (i: number, j: number) => number
): Chart => ({
  coordinates: (events) =>
    tf.gather(
      tf.reshape(events, [events.shape[0] ?? 0, n * n]),
      tf.tensor1d(
        places.map(([i, j]) => i * n + j),
        'int32'
      ),
      1
    ),
  point: (coordinates) => {
    const k = coordinates.shape[0] ?? 0
    const from = Array.from({ length: n * n }, (_, at) => source(Math.floor(at / n), at % n))
    const padded = tf.concat([coordinates, tf.zeros([k, 1])], 1)
    const indices = from.map((at) => (at < 0 ? places.length : at))
    return tf.reshape(tf.gather(padded, tf.tensor1d(indices, 'int32'), 1), [k, n, n])
  }
})

/** Lower triangular n x n matrices by their n (n + 1) / 2 entries. */
export const lowerTriangleChart = (n: number): Chart =>
  matrixChart(n, trianglePlaces(n), (i, j) => (j > i ? -1 : (i * (i + 1)) / 2 + j))

/** Symmetric n x n matrices by their lower triangle. */
export const symmetricChart = (n: number): Chart =>
  matrixChart(n, trianglePlaces(n), (i, j) => (Math.max(i, j) * (Math.max(i, j) + 1)) / 2 + Math.min(i, j))

/** Cholesky factors of n x n correlation matrices (rows of length 1, positive diagonal) by what is below the diagonal. */
export const correlationChart = (n: number): Chart => {
  const places = trianglePlaces(n).filter(([i, j]) => j < i)
  const below = matrixChart(n, places, (i, j) => (j < i ? (i * (i - 1)) / 2 + j : -1))
  return {
    coordinates: below.coordinates,
    point: (coordinates) => {
      const strict = below.point(coordinates)
      const diagonal = tf.sqrt(tf.sub(1, tf.sum(tf.square(strict), -1, true)))
      return tf.add(strict, tf.mul(diagonal, tf.eye(n)))
    }
  }
}
