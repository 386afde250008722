/** A problem small enough for tests: three flowers of four measurements, a hidden layer of three. */
import * as tf from '@tensorflow/tfjs-core'
import { foldIn, normal, scoped } from '@bdl/core'
import type { Key } from '@bdl/core'
import type { Dataset } from '@bdl/data'
import type { MlpParams } from '@bdl/nn'
import { problemOf } from '../src/weights/problem.js'
import type { Problem } from '../src/weights/problem.js'
import { quickSettings } from '../src/weights/settings.js'
import type { Settings } from '../src/weights/settings.js'

/** A fixed walk through (0, 1): a low-discrepancy sequence, so that no random numbers are needed. */
const fraction = (i: number, step: number): number => (i * step) % 1

const CENTRES = [
  [-1, 1, -1.2, -1],
  [0.2, -0.6, 0.3, 0.2],
  [0.9, -0.1, 1, 1.1]
] as const
const STEPS = [0.754877666, 0.569840291, 0.430159709, 0.324717957] as const

/** Rows of measurements and label, the classes in turn. */
export const flowerRows = (count: number): readonly (readonly number[])[] =>
  Array.from({ length: count }, (_, i) => {
    const label = i % 3
    const measures = STEPS.map((step, j) => CENTRES[label]![j]! + 1.4 * (fraction(i + 1, step) - 0.5))
    return [...measures.map((v) => Number(v.toFixed(3))), label]
  })

const datasetOf = (rows: readonly (readonly number[])[]): Dataset => ({
  name: 'flowers',
  features: { shape: [rows.length, 4], data: Float64Array.from(rows.flatMap((row) => row.slice(0, 4))) },
  labels: Int32Array.from(rows, (row) => row[4]!),
  classes: 3,
  featureNames: ['a', 'b', 'c', 'd']
})

export const tinyProblem = (hidden = 3): Problem => {
  const rows = flowerRows(90)
  return problemOf(
    { train: datasetOf(rows.slice(0, 48)), validation: datasetOf(rows.slice(48, 60)), test: datasetOf(rows.slice(60)) },
    { hidden, priorScale: 0.5, seed: 0 }
  )
}

/** Every stage, as short as it can be. */
export const tinySettings: Settings = {
  ...quickSettings,
  members: 4,
  hidden: 3,
  map: { steps: 20, learningRate: 0.02 },
  meanField: { steps: 20, samples: 2, learningRate: 0.01 },
  hmc: { warmup: 6, transitions: 8, thin: 1, leapfrogSteps: 4, approach: 10 },
  sghmc: { ...quickSettings.sghmc, batchSize: 16, cycles: 2, cycleLength: 40 },
  barriers: { pairs: 4, points: 3 },
  flow: {
    ...quickSettings.flow,
    gatedSteps: 4,
    metanetSteps: 4,
    plainSteps: 4,
    batch: 4,
    sampleSteps: 2,
    densitySteps: 2,
    probes: 2,
    generated: 8
  },
  repair: [1, 2],
  toy: { ...quickSettings.toy, transitions: 10, flowSteps: 10, samples: 64 }
}

/** Networks with weights from N(0, scale²): leaves [count, ...]. */
export const networksOf = ({ sizes }: Problem, key: Key, count: number, scale = 0.5): MlpParams =>
  sizes.slice(1).map((outputs, l) => ({
    w: drawn(key, 2 * l, [count, sizes[l]!, outputs], scale),
    b: drawn(key, 2 * l + 1, [count, outputs], scale)
  }))

const drawn = (key: Key, index: number, shape: readonly number[], scale: number): tf.Tensor =>
  scoped(() => tf.mul(normal(foldIn(key, index), shape), scale))
