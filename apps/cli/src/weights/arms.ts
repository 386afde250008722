/** Stage 3: the generators that are compared. Every arm is trained on some form of the same draws and judged alike. */
import * as tf from '@tensorflow/tfjs-core'
import { jit } from '@bdl/compiler'
import { fromHost, scoped, toHost } from '@bdl/core'
import type { HostArray, Key } from '@bdl/core'
import { fitGaussian } from '@bdl/inference'
import type { GaussianFit } from '@bdl/inference'
import { standardisationOf } from '@bdl/metanet'
import type { FieldParams } from '@bdl/metanet'
import type { MlpParams } from '@bdl/nn'
import type { Watch } from './job.js'

import type { BaseField } from './fields/field.js'
import { diagonalField, fullField, spectrumOfCovariance, spectrumOfRows } from './fields/gaussian.js'
import type { Spectrum } from './fields/gaussian.js'
import { gatedField } from './fields/gated.js'
import { metanetField } from './fields/metanet.js'
import { trainField } from './fields/train.js'
import type { TrainedField } from './fields/train.js'
import { blocksOf, sliceOf, toRows, unravelFor } from './networks.js'
import type { Draws } from './posterior.js'
import type { Problem } from './problem.js'
import type { Settings } from './settings.js'

/** Draws of one form, split by chain: whoever judges has never trained. */
export interface Collection {
  /** [n, d] each. */
  readonly train: tf.Tensor
  readonly heldOut: tf.Tensor
  readonly trainPositions: MlpParams
}

export const splitByChain = (positions: MlpParams, draws: Draws, share: number): Collection => {
  const trainChains = Math.max(1, Math.floor(draws.chains * share))
  const n = trainChains * draws.drawsPerChain
  const total = draws.chains * draws.drawsPerChain
  return scoped(() => {
    const rows = toRows(positions)
    return {
      train: tf.slice(rows, [0, 0], [n, -1]),
      heldOut: tf.slice(rows, [n, 0], [total - n, -1]),
      trainPositions: sliceOf(positions, 0, n)
    }
  })
}

/** A Gaussian fitted to a collection, and the moments that fields start from. */
export interface GaussianArm {
  readonly fit: GaussianFit<MlpParams>
  readonly mean: tf.Tensor
  /** Of the fitted covariance: seconds of work, on a thread of its own. */
  readonly spectrum: (signal: AbortSignal) => Promise<Spectrum>
}

export const fitGaussianArm = async ({ trainPositions, train }: Collection): Promise<GaussianArm> => {
  const fit = await fitGaussian(trainPositions)
  const [n, d] = train.shape as [number, number]
  const mean = fromHost(fit.mean)
  const centred = async (): Promise<HostArray> => {
    const rows = scoped(() => tf.sub(train, mean))
    const host = await toHost(rows)
    rows.dispose()
    return host
  }
  const spectrum = async (signal: AbortSignal): Promise<Spectrum> =>
    n < d ? spectrumOfRows(await centred(), fit.shrinkage, signal) : spectrumOfCovariance(fit.covariance, signal)
  return { fit, mean, spectrum }
}

const diagonalOf = ({ train }: Collection, sourceScale: number): BaseField => {
  const { mean, variance } = scoped(() => tf.moments(train, 0))
  return diagonalField(mean, variance, sourceScale)
}

/** Moments of the blocks, the same for all units of a layer: a base that no permutation of units changes. */
const pooledDiagonalOf = ({ trainPositions }: Collection, problem: Problem): BaseField => {
  const moments = scoped(() =>
    trainPositions.flatMap(({ w, b }, l) => {
      const isFirst = l === 0
      // input units (rows of the first matrix) and output units (last biases, columns of the last matrix) keep their own
      const [meanB, varianceB] = momentsOver(b, isFirst ? [0, 1] : [0])
      const [meanW, varianceW] = momentsOver(w, isFirst ? [0, 2] : [0, 1])
      return [
        [meanB, varianceB],
        [meanW, varianceW]
      ] as const
    })
  )
  const flat = (which: 0 | 1): tf.Tensor =>
    scoped(() => tf.concat(moments.map((pair) => tf.reshape(pair[which], [-1]))))
  return diagonalField(flat(0), flat(1), problem.priorScale)
}

/** Mean and variance over `axes` of a stack, spread back over the other axes: shape of one entry. */
const momentsOver = (stack: tf.Tensor, axes: number[]): readonly [mean: tf.Tensor, variance: tf.Tensor] => {
  const { mean, variance } = tf.moments(stack, axes, true)
  const one = [1, ...stack.shape.slice(1)]
  const shape = stack.shape.slice(1)
  return [tf.reshape(tf.broadcastTo(mean, one), shape), tf.reshape(tf.broadcastTo(variance, one), shape)]
}

export interface ArmInputs extends Watch {
  readonly problem: Problem
  readonly settings: Settings
  readonly collection: Collection
  readonly key: Key
}

const METANET_RATE = 3e-3

const logLikelihoodOf = (problem: Problem): ((x: tf.Tensor) => tf.Tensor) => {
  const unravel = unravelFor(problem.sizes)
  return (x) => problem.logLikelihood(unravel(x), problem.train)
}

const common = ({ problem, settings, collection, key, onProgress, signal }: ArmInputs) => ({
  targets: collection.train,
  heldOut: tf.slice(collection.heldOut, [0, 0], [Math.min(256, collection.heldOut.shape[0]!), -1]),
  sourceScale: problem.priorScale,
  batch: settings.flow.batch,
  key,
  onProgress,
  signal
})

/** The graph metanet: on weights alone, or with the data gradient; embedded units for canonical weights, none for raw. */
export const trainMetanet = (
  inputs: ArmInputs,
  options: { readonly name: string; readonly seesData: boolean; readonly isAligned: boolean; readonly steps: number }
): Promise<TrainedField<FieldParams>> => {
  const { problem, collection } = inputs
  const base = options.isAligned ? diagonalOf(collection, problem.priorScale) : pooledDiagonalOf(collection, problem)
  const field = metanetField(options.name, base, {
    sizes: problem.sizes,
    standardisation: standardisationOf(collection.trainPositions),
    unitEmbeddings: options.isAligned ? 'all' : 'ends',
    ...(options.seesData ? { logLikelihood: logLikelihoodOf(problem) } : {})
  })
  return trainField({ ...common(inputs), field, steps: options.steps, learningRate: METANET_RATE })
}

/** The full Gaussian's field with a gated data gradient. */
export const trainGated = async (
  inputs: ArmInputs,
  gaussian: GaussianArm,
  spectrum: Promise<Spectrum>
): Promise<TrainedField<MlpParams>> => {
  const { problem, settings } = inputs
  const base = fullField(gaussian.mean, await spectrum, problem.priorScale)
  const field = gatedField(base, {
    blocks: blocksOf(problem.sizes),
    centre: gaussian.mean,
    logLikelihood: logLikelihoodOf(problem)
  })
  return trainField({
    ...common(inputs),
    field,
    steps: settings.flow.gatedSteps,
    batch: 2 * settings.flow.batch,
    learningRate: METANET_RATE
  })
}

/** Σ of variances of generated networks over those of the training networks: 1 where the spread is kept. */
export const dispersion = (generated: tf.Tensor, train: tf.Tensor): number =>
  scoped(() => {
    const total = (rows: tf.Tensor): tf.Tensor => tf.sum(tf.moments(rows, 0).variance)
    return tf.div(total(generated), total(train)).dataSync()[0]!
  })

/** Distance of each row to the nearest training row. */
const nearestDistances = (rows: tf.Tensor, train: tf.Tensor): tf.Tensor => {
  const products = tf.matMul(rows, train, false, true)
  const norms = tf.add(tf.sum(tf.square(rows), 1, true), tf.sum(tf.square(train), 1))
  return tf.sqrt(tf.maximum(tf.min(tf.sub(norms, tf.mul(products, 2)), 1), 0))
}

/** Median distance to the nearest training network, generated over held-out: well below 1 means copies. */
export const nearestRatio = async (generated: tf.Tensor, { train, heldOut }: Collection): Promise<number> => {
  const distances = jit(nearestDistances, { name: 'nearestDistances' })
  const median = async (rows: tf.Tensor): Promise<number> => {
    const result = await distances(rows, train)
    const sorted = Array.from(await result.data()).sort((a, b) => a - b)
    result.dispose()
    return sorted[Math.floor(sorted.length / 2)]!
  }
  const few = tf.slice(heldOut, [0, 0], [Math.min(256, heldOut.shape[0]!), -1])
  const ratio = (await median(generated)) / (await median(few))
  few.dispose()
  await distances.dispose()
  return ratio
}
