// Random correlation matrices, by their Cholesky factors.
import * as tf from '@tensorflow/tfjs-core'
import {
  diagonal,
  diagPart,
  digamma,
  expectInteger,
  logitBeta,
  logSigmoid,
  normal as standardNormal,
  split,
  tril,
  type Key
} from '@bdl/core'
import { correlationCholesky } from '../constraint.js'
import { distribution, type Distribution } from '../distribution.js'
import { batchShapeOf, expectPositiveParameter, filled, type Parameter } from '../parameters.js'
import { logGammaRatio } from './gamma-ratio.js'
import { onlyInside } from './inside.js'

interface LkjFields {
  readonly name: 'lkjCholesky'
  /** Rows of the matrix. */
  readonly dimension: number
  /** η, [...B] */
  readonly concentration: Parameter
}

export interface LkjCholesky extends Distribution, LkjFields {
  readonly name: 'lkjCholesky'
}

/**
 * Row k (from 0) of L is a point of the half-ball of k dimensions, the diagonal what is left: its square is a beta variable of
 * concentrations a_k = η + (d - 1 - k) / 2 and k / 2, its direction uniform. So the rows are independent.
 */
interface Rows {
  /** k / 2, k = 1, ..., d - 1: [d - 1]. */
  readonly halves: tf.Tensor
  /** a_k, [...B, d - 1]. */
  readonly a: tf.Tensor
}

const rowsOf = (eta: tf.Tensor, d: number): Rows => {
  const halves = tf.mul(tf.range(1, d), 0.5)
  return { halves, a: tf.add(tf.expandDims(eta, -1), tf.sub((d - 1) / 2, halves)) }
}

/** Σ_k (a_k - 1) log L_kk^2 less the logarithm of ∫ (1 - |x|^2)^(a - 1) dx over the ball, π^(k/2) Γ(a) / Γ(a + k/2). */
const density = ({ halves, a }: Rows, logSquares: tf.Tensor): tf.Tensor => {
  const normaliser = tf.sub(logGammaRatio(a, halves), tf.mul(halves, Math.log(Math.PI)))
  return tf.sum(tf.add(tf.mul(tf.sub(a, 1), logSquares), normaliser), -1)
}

/** log L_kk^2 of the rows from 1 on, [..., d - 1]; zeros where x is no factor. */
const logSquaresAt = (x: tf.Tensor, isInside: tf.Tensor): tf.Tensor => {
  const own = diagPart(x)
  const rest = tf.slice(own, [...own.shape.slice(0, -1).map(() => 0), 1], [...own.shape.slice(0, -1), -1])
  return tf.mul(tf.log(tf.where(tf.expandDims(isInside, -1), rest, 1)), 2)
}

/** A row and a column of zeros before a matrix [..., n, n], with 1 where they meet. */
const bordered = (x: tf.Tensor): tf.Tensor => {
  const none = x.shape.slice(0, -2).map((): [number, number] => [0, 0])
  const first = tf.pad(tf.ones([...x.shape.slice(0, -2), 1, 1]), [
    ...none,
    [0, x.shape[x.rank - 1]!],
    [0, x.shape[x.rank - 1]!]
  ])
  return tf.add(tf.pad(x, [...none, [1, 0], [1, 0]]), first)
}

/** Below the first row: lengths times directions, one column to the left of the diagonal. */
const assemble = (directions: tf.Tensor, lengths: tf.Tensor, diagonals: tf.Tensor): tf.Tensor => {
  const none = directions.shape.slice(0, -2).map((): [number, number] => [0, 0])
  const strict = tf.pad(tf.mul(directions, tf.expandDims(lengths, -1)), [...none, [1, 0], [0, 1]])
  return tf.add(strict, bordered(diagonal(diagonals)))
}

/** The onion method, all rows at once. */
const draw = (rows: Rows, key: Key, shape: readonly number[]): readonly [l: tf.Tensor, logProb: tf.Tensor] => {
  const [keyLength, keyDirection] = split(key)
  const n = rows.halves.size
  const logit = logitBeta(keyLength, rows.halves, rows.a, [...shape, n])
  const [logLong, logRest] = [logSigmoid(logit), logSigmoid(tf.neg(logit))]
  const noise = tril(standardNormal(keyDirection, [...shape, n, n]))
  const directions = tf.div(noise, tf.sqrt(tf.sum(tf.square(noise), -1, true)))
  const [lengths, diagonals] = [logLong, logRest].map((log) => tf.exp(tf.mul(log, 0.5)))
  return [assemble(directions, lengths!, diagonals!), density(rows, logRest)]
}

/** E L_kk: a ratio of gamma functions; entries below the diagonal are symmetric about 0. */
const meanDiagonal = ({ halves, a }: Rows): tf.Tensor =>
  tf.exp(tf.sub(logGammaRatio(a, 0.5), logGammaRatio(tf.add(a, halves), 0.5)))

/** E x_kj^2 = E|x_k|^2 / k below the diagonal, E L_kk^2 - (E L_kk)^2 on it. */
const varianceOf = (rows: Rows): tf.Tensor => {
  const { halves, a } = rows
  const sum = tf.add(a, halves)
  const n = halves.size
  const below = tf.mul(tril(tf.ones([n, n])), tf.expandDims(tf.div(0.5, sum), -1))
  const own = tf.sub(tf.div(a, sum), tf.square(meanDiagonal(rows)))
  const none = below.shape.slice(0, -2).map((): [number, number] => [0, 0])
  return tf.add(tf.pad(below, [...none, [1, 0], [0, 1]]), tf.pad(diagonal(own), [...none, [1, 0], [1, 0]]))
}

/**
 * LKJ(η) over correlation matrices L Lᵀ, by their Cholesky factors L [d, d]: |L Lᵀ|^(η - 1), uniform for η = 1.
 *
 * log p(L) = Σ_k (d - 1 - k + 2 (η - 1)) log L_kk + constant, k from 0: the density of what lies below the diagonal. Each
 * correlation is 2 x - 1 with x of Beta(b, b), b = η + (d - 2) / 2.
 * @param dimension d >= 2
 * @param concentration η > 0, a number or [...B]
 * @error InvalidArgument if `dimension` is no integer >= 2 or `concentration` not finite and positive. The mode is NaN for η < 1,
 *   where the density is unbounded
 * @precision float32: also for large η; draws are rows of length 1 to a few ulp
 * @source Lewandowski, Kurowicka & Joe (2009), Generating random correlation matrices based on vines and extended onion method,
 *   Journal of Multivariate Analysis 100(9), 1989-2001; Stan Functions Reference, lkj_corr_cholesky
 * @example lkjCholesky(2, 1).logProb(tf.eye(2)) // => -0.6931: correlations are uniform on [-1, 1]
 */
export const lkjCholesky = (dimension: number, concentration: Parameter): LkjCholesky => {
  const fn = 'lkjCholesky'
  expectInteger(fn, { dimension }, 2)
  expectPositiveParameter(fn, 'concentration', concentration)
  const batchShape = batchShapeOf(fn, { concentration })
  const eta = (): tf.Tensor => filled(concentration, batchShape)
  const rows = (): Rows => rowsOf(eta(), dimension)
  return distribution<tf.Tensor, LkjFields>({
    name: fn,
    dimension,
    concentration,
    batchShape,
    eventShape: [dimension, dimension],
    isReparameterised: true,
    support: correlationCholesky,
    logProb: (x) => {
      const isInside = correlationCholesky.contains(x)
      return onlyInside(isInside, density(rows(), logSquaresAt(x, isInside)))
    },
    sampleAndLogProb: (key, sampleShape) => draw(rows(), key, [...sampleShape, ...batchShape]),
    mean: () => bordered(diagonal(meanDiagonal(rows()))),
    variance: () => varianceOf(rows()),
    mode: () => {
      const isBounded = tf.greaterEqual(eta(), 1)
      return tf.where(tf.reshape(isBounded, [...batchShape, 1, 1]), tf.eye(dimension), NaN)
    },
    entropy: () => {
      const { halves, a } = rows()
      return tf.neg(density({ halves, a }, tf.sub(digamma(a), digamma(tf.add(a, halves)))))
    }
  })
}
