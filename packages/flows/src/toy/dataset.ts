/** What a two-dimensional data set is: a law that can be drawn from, and whose density is known. */
import * as tf from '@tensorflow/tfjs-core'
import { scoped, sizeOfShape, type Key } from '@bdl/core'
import { distribution, real, type Constraint, type Distribution } from '@bdl/distributions'
import { overRealRows } from '../real-rows.js'

export interface ToyDataset {
  readonly name: string
  /** As a person says it. */
  readonly title: string
  /** n points, [n, 2], float32; uses the key up. */
  readonly sample: (key: Key, n: number) => tf.Tensor
  /** The same law with its log density: what a model could reach at best is its mean over test points. */
  readonly distribution: Distribution
  /** [-window, window]^2 holds all but 1e-4 of the mass. */
  readonly window: number
}

export interface ToySpec {
  readonly name: string
  readonly title: string
  readonly window: number
  readonly sample: (key: Key, n: number) => tf.Tensor
  /** [n, 2] -> [n], nats. */
  readonly logProb: (x: tf.Tensor) => tf.Tensor
  /** Default all of the plane. */
  readonly support?: Constraint
}

/** Completes a specification: intermediates are released, and the law is a `Distribution`. */
export const toyDataset = ({ name, title, window, sample, logProb, support = real }: ToySpec): ToyDataset => {
  const draw = (key: Key, shape: readonly number[]): tf.Tensor =>
    tf.reshape(sample(key, sizeOfShape(shape)), [...shape, 2])
  const density = overRealRows(2, logProb)
  return Object.freeze({
    name,
    title,
    window,
    sample: (key: Key, n: number) => scoped(() => sample(key, n)),
    distribution: distribution<tf.Tensor>({
      name,
      batchShape: [],
      eventShape: [2],
      isReparameterised: false,
      support,
      logProb: density,
      sample: draw,
      sampleAndLogProb: (key, shape) => {
        const x = draw(key, shape)
        return [x, density(x)]
      }
    })
  })
}
