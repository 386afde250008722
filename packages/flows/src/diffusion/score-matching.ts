/** Losses of which the score of noised data is the minimiser, in the shape that `trainSteps` takes. */
import * as tf from '@tensorflow/tfjs-core'
import { jvp, vmap } from '@bdl/compiler'
import { BdlError, expectInteger, rademacher, scoped, split, type Key, type Learnable, type Tree } from '@bdl/core'
import { perRow } from '../continuous/velocity.js'
import { noiseLevelTimes, uniformTimes, type TimeLaw } from './noise-level.js'
import { perturb, type Noising } from './noising.js'
import type { Score } from './score.js'

/**
 * What multiplies the squared error of the score at t: std^2, under which all noise levels count alike; g^2, under which the
 * loss bounds the negative log-likelihood; or a function of one's own.
 */
export type Weighting = 'variance' | 'likelihood' | ((t: tf.Tensor) => tf.Tensor)

/** What any loss of score matching chooses, whether or not its score has a context. */
export interface NoiseWeighting {
  readonly noising: Noising
  /** Default `variance`. */
  readonly weighting?: Weighting
  /**
   * How times are drawn; the loss is the same for all of them, its variance is not. Default `uniformTimes`, for likelihood
   * weighting `noiseLevelTimes`.
   */
  readonly times?: TimeLaw
}

export interface ScoreMatchingOptions<P extends Tree> extends NoiseWeighting {
  readonly score: Learnable<P, Score>
}

const expectRows = (fn: string, batch: tf.Tensor): readonly [n: number, d: number] => {
  const [n, d] = batch.shape
  if (batch.rank === 2 && n !== undefined && d !== undefined) return [n, d]
  throw new BdlError({
    code: 'ShapeMismatch',
    fn,
    argument: 'batch',
    expected: 'shape [n, d]',
    got: `[${batch.shape.join(', ')}]`
  })
}

/** Times of a batch, and the weight over its density at each. */
const plan = ({ noising, weighting = 'variance', times }: NoiseWeighting) => {
  const law = times ?? (weighting === 'likelihood' ? noiseLevelTimes(noising) : uniformTimes(noising))
  const weight = {
    variance: (t: tf.Tensor) => tf.square(noising.std(t)),
    likelihood: (t: tf.Tensor) => tf.square(noising.diffusion(t))
  }
  const weightOf = typeof weighting === 'function' ? weighting : weight[weighting]
  return (key: Key, n: number) => {
    const t = law.sample(key, n)
    return { t, weight: tf.div(weightOf(t), law.density(t)) }
  }
}

/** Noised rows of a batch [n, d], the noise in them, and what is wanted of their times. */
export type NoisedRows = Readonly<Record<'t' | 'weight' | 'x' | 'noise', tf.Tensor>>

/** Rows for a batch and a key. */
export const noisedRows = (fn: string, options: NoiseWeighting) => {
  const timesOf = plan(options)
  return (batch: tf.Tensor, key: Key): NoisedRows => {
    const [timeKey, noiseKey] = split(key)
    const { t, weight } = timesOf(timeKey, expectRows(fn, batch)[0])
    return { t, weight, ...perturb(options.noising, noiseKey, t, batch) }
  }
}

/** w |score - target|^2 / d over the density of the time, of each row: [n]. */
export const denoisingErrors = ({ std }: Noising, score: Score, { t, weight, x, noise }: NoisedRows): tf.Tensor => {
  const at = std(t)
  // std (score - target), of order one: the division is left to the weight, where it cancels.
  const error = tf.mean(tf.square(tf.add(tf.mul(perRow(at), score(t, x)), noise)), -1)
  return tf.mul(tf.div(weight, tf.square(at)), error)
}

/**
 * The integral over t in [tMin, 1] of w(t) E |score(t, x(t)) - grad log p(x(t) | x(0))|^2 / d, for a batch x(0) [n, d]: scalar.
 *
 * grad log p(x(t) | x(0)) = -e / std(t), e the noise in x(t). It is the integral of w E |score - grad log p(t, x)|^2 / d, up to
 * what does not depend on the score.
 * @error ShapeMismatch in use, if the batch is not [n, d]
 * @source Vincent 2011, doi:10.1162/NECO_a_00142; Song et al. 2021, arXiv:2011.13456, equation 7; likelihood weighting: Song
 *   et al. 2021, arXiv:2101.09258
 * @example
 * const loss = denoisingScoreMatching({ score: scoreMlp({ noising, dimension: 2 }), noising })
 * const trainer = trainSteps({ loss, optimiser: adam({ learningRate: 1e-3 }), steps: 100, batchSize: 128 })
 */
export const denoisingScoreMatching = <P extends Tree>({ score, ...options }: ScoreMatchingOptions<P>) => {
  const rowsOf = noisedRows('denoisingScoreMatching', options)
  return (params: P, batch: tf.Tensor, key: Key): tf.Tensor =>
    scoped(() => tf.mean(denoisingErrors(options.noising, score.build(params), rowsOf(batch, key))))
}

export interface ImplicitScoreMatchingOptions<P extends Tree> extends ScoreMatchingOptions<P> {
  /** Random directions of the trace, per row and step; default none: the trace is exact, with d derivatives. */
  readonly probes?: number
}

/** Directions of derivatives, [k, n, d]: signs, or all units. */
const directions = (key: Key, probes: number | undefined, n: number, d: number): tf.Tensor =>
  probes === undefined
    ? tf.add(tf.expandDims(tf.eye(d), 1), tf.zeros([d, n, d]))
    : tf.cast(rademacher(key, [probes, n, d]), 'float32')

/**
 * The integral over t in [tMin, 1] of w(t) E [2 tr(d score / dx) + |score|^2] / d: the same minimiser as denoising, without the
 * noise's own variance, for a derivative of the score. With `probes` the trace is sliced, e^T (d score / dx) e for signs e.
 * @error InvalidArgument if `probes` is not a positive integer; ShapeMismatch in use, if the batch is not [n, d]
 * @precision its value at the minimiser is -w E |score|^2, not 0: near the data, where scores are large, it is hard to estimate
 * @source Hyvarinen 2005, JMLR 6, 695-709; Song et al. 2019 (sliced, with |score|^2 in full), arXiv:1905.07088
 * @example implicitScoreMatching({ score: scoreMlp({ noising, dimension: 2 }), noising, probes: 1 })
 */
export const implicitScoreMatching = <P extends Tree>(options: ImplicitScoreMatchingOptions<P>) => {
  const { score, probes } = options
  if (probes !== undefined) expectInteger('implicitScoreMatching', { probes }, 1)
  const rowsOf = noisedRows('implicitScoreMatching', options)
  return (params: P, batch: tf.Tensor, key: Key): tf.Tensor =>
    scoped(() => {
      const [rowsKey, probeKey] = split(key)
      const [n, d] = expectRows('implicitScoreMatching', batch)
      const { t, weight, x } = rowsOf(batch, rowsKey)
      const at = (y: tf.Tensor): tf.Tensor => score.build(params)(t, y)
      const along = (e: tf.Tensor): tf.Tensor => tf.sum(tf.mul(jvp(at, x, e)[1], e), -1)
      const each = vmap(along)(directions(probeKey, probes, n, d))
      const trace = probes === undefined ? tf.sum(each, 0) : tf.mean(each, 0)
      const value = tf.add(tf.mul(trace, 2), tf.sum(tf.square(at(x)), -1))
      return tf.div(tf.mean(tf.mul(weight, value)), d)
    })
}
