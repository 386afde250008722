/**
 * The Gaussian nearest to a set of draws: mean and shrunk covariance. The null arm that every generative model of weights
 * has to beat.
 */
import * as tf from '@tensorflow/tfjs-core'
import { jit } from '@bdl/compiler'
import { BdlError, disposeTree, fromHost, mapTree, ravelBatch, scoped, toHost } from '@bdl/core'
import type { HostArray, Tree } from '@bdl/core'
import type { Distribution } from '@bdl/distributions'
import { gaussianOnTree } from './gaussian-on-tree.js'
import { cholesky, invertLower, logDetOfCholesky } from './linear-algebra.js'

export type GaussianFit<P extends Tree> = {
  readonly posterior: Distribution<P>
  /** Of the raveled draws, float64: [dim]. */
  readonly mean: HostArray
  /** After shrinkage: [dim, dim]. */
  readonly covariance: HostArray
  /** λ in (1 − λ) S + λ m I. */
  readonly shrinkage: number
  /** Releases the tensors that the posterior holds. */
  readonly dispose: () => void
}

export type GaussianFitOptions = {
  /** λ in [0, 1]; by default Ledoit and Wolf's estimate of the best one. */
  readonly shrinkage?: number
  /** Only variances, no covariances. */
  readonly diagonal?: boolean
}

/** Moments of rows [n, dim] in float32 on the device: mean, S = (1/n) Σ d dᵀ, and Σ ‖d‖⁴ of the deviations d. */
const momentsOf = (rows: tf.Tensor): { mean: tf.Tensor; covariance: tf.Tensor; fourth: tf.Tensor } => {
  const n = rows.shape[0] ?? 1
  const mean = tf.mean(rows, 0)
  const deviations = tf.sub(rows, mean)
  return {
    mean,
    covariance: tf.div(tf.matMul(deviations, deviations, true, false), n),
    fourth: tf.sum(tf.square(tf.sum(tf.square(deviations), 1)))
  }
}

/**
 * Ledoit and Wolf's λ: how much of the distance of S from m I is noise.
 *
 * @param fourth Σ ‖d‖⁴ over the n deviations d
 * @source Ledoit & Wolf (2004), A well-conditioned estimator for large-dimensional covariance matrices, JMVA 88(2)
 */
export const ledoitWolfShrinkage = ({ shape, data }: HostArray, fourth: number, n: number): number => {
  const dim = shape[0] ?? 0
  let [trace, squares] = [0, 0]
  for (let i = 0; i < dim; i++) trace += data[i * dim + i]!
  for (const x of data) squares += x * x
  const distance = squares - (trace * trace) / dim
  const noise = (fourth / n - squares) / n
  return distance > 0 ? Math.min(1, Math.max(0, noise / distance)) : 1
}

/** Draws that are all the same have no Gaussian: said here, not when the first density is asked for. */
const expectSpread = ({ shape, data }: HostArray): void => {
  const dim = shape[0] ?? 0
  if (Array.from({ length: dim }, (_, i) => data[i * dim + i]!).some((variance) => variance > 0)) return
  throw new BdlError({
    code: 'InvalidArgument',
    fn: 'fitGaussian',
    argument: 'positions',
    expected: 'draws that vary, so that their covariance is positive definite',
    got: 'draws that are all the same'
  })
}

const shrunk = ({ shape, data }: HostArray, shrinkage: number, diagonal: boolean): HostArray => {
  const dim = shape[0] ?? 0
  const isDiagonal = (i: number) => i % (dim + 1) === 0
  const trace = data.reduce((sum, x, i) => (isDiagonal(i) ? sum + x : sum), 0)
  const out = data.map((x, i) => {
    if (isDiagonal(i)) return (1 - shrinkage) * x + (shrinkage * trace) / dim
    return diagonal ? 0 : (1 - shrinkage) * x
  })
  return { shape, data: out }
}

/** Computed when first asked for, then kept. */
const lazily = <A>(make: () => A): (() => A) => {
  let made: { readonly value: A } | undefined
  return () => (made ??= { value: make() }).value
}

/**
 * N(mean, covariance) on trees.
 *
 * The factors cost O(dim³) on the host each: they are made when the first draw, or the first density, asks for them, and
 * enter a trace as constants.
 *
 * @param factor the Cholesky factor of `covariance`
 */
export const fullGaussian = <P extends Tree>(
  name: string,
  like: P,
  mean: HostArray,
  covariance: HostArray,
  factor: () => HostArray = () => cholesky(covariance)
): { readonly posterior: Distribution<P>; readonly dispose: () => void } => {
  const lower = lazily(factor)
  const inverse = lazily(() => invertLower(lower()))
  const dim = mean.data.length
  const variances = Float64Array.from({ length: dim }, (_, i) => covariance.data[i * dim + i]!)
  const held = { loc: fromHost(mean), variance: fromHost({ shape: [dim], data: variances }) }
  const times = (rows: tf.Tensor, matrix: HostArray) =>
    scoped(() => tf.reshape(tf.matMul(tf.reshape(rows, [-1, dim]), fromHost(matrix), false, true), rows.shape))
  const posterior = gaussianOnTree(name, like, {
    loc: held.loc,
    colour: (noise) => times(noise, lower()),
    whiten: (deviation) => times(deviation, inverse()),
    logDetScale: () => tf.scalar(logDetOfCholesky(lower()) / 2),
    variance: () => tf.clone(held.variance)
  })
  return { posterior, dispose: () => disposeTree(held) }
}

/**
 * Fits N(mean, (1 − λ) S + λ m I) to draws of a tree; m is the mean variance, so that the fit is positive definite even with
 * fewer draws than dimensions.
 *
 * @param positions stacked draws: every leaf is [draws, ...]
 * @returns a distribution over trees; call `dispose` when it is no longer needed
 * @error InvalidArgument if there are fewer than 2 draws, `shrinkage` is outside [0, 1], or nothing varies
 * @precision S is summed in float32, factorised in float64
 * @source Ledoit & Wolf (2004), JMVA 88(2), 365-411
 * @example const { posterior } = await fitGaussian(samples.positions)
 */
export const fitGaussian = async <P extends Tree>(
  positions: P,
  { shrinkage, diagonal = false }: GaussianFitOptions = {}
): Promise<GaussianFit<P>> => {
  const { vector: rows } = ravelBatch(positions)
  const n = rows.shape[0] ?? 0
  if (n < 2 || !(shrinkage === undefined || (shrinkage >= 0 && shrinkage <= 1)))
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'fitGaussian',
      argument: n < 2 ? 'positions' : 'shrinkage',
      expected: n < 2 ? 'at least 2 draws' : 'a number in [0, 1]',
      got: String(n < 2 ? n : shrinkage)
    })
  const moments = jit(momentsOf, { name: 'fitGaussian' })
  const tensors = await moments(rows)
  const [mean, covariance, fourth] = await Promise.all([
    toHost(tensors.mean),
    toHost(tensors.covariance),
    toHost(tensors.fourth)
  ])
  await moments.dispose()
  disposeTree([rows, tensors])
  expectSpread(covariance)
  const lambda = shrinkage ?? (diagonal ? 0 : ledoitWolfShrinkage(covariance, fourth.data[0]!, n))
  const fitted = shrunk(covariance, lambda, diagonal)
  const like = mapTree((leaf) => tf.zeros(leaf.shape.slice(1)))(positions)
  const fit = fullGaussian(diagonal ? 'diagonalGaussian' : 'gaussian', like, mean, fitted)
  disposeTree(like)
  return { ...fit, mean, covariance: fitted, shrinkage: lambda }
}
