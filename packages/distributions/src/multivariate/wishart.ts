// Random positive definite matrices.
import * as tf from '@tensorflow/tfjs-core'
import {
  cholesky,
  diagPart,
  digamma,
  expectEvery,
  logGamma,
  logMinusDigamma,
  matrixProduct,
  normal as standardNormal,
  scoped,
  setDiag,
  split,
  triangularSolve,
  tril,
  type Key
} from '@bdl/core'
import { positiveDefinite } from '../constraint.js'
import { distribution, type Distribution } from '../distribution.js'
import { broadcastShapeOf, filled, type Parameter } from '../parameters.js'
import { expectScaleTril, expectSquare, leadOf } from './checks.js'
import { logGammaKernel, logGammaPeak } from './gamma-ratio.js'
import { onlyInside } from './inside.js'

interface WishartFields {
  readonly name: 'wishart'
  /** Degrees of freedom, [...B]. */
  readonly df: Parameter
  /** L with L Lᵀ = V, [...B, n, n]. */
  readonly scaleTril: tf.Tensor
  /** (ν - i) / 2 for i = 0, ..., n - 1: concentrations of the gamma variables that the diagonal is made of, [...B, n]. */
  readonly concentrations: () => tf.Tensor
}

export interface Wishart extends Distribution, WishartFields {
  readonly name: 'wishart'
}

/** What densities, moments and draws need: sizes and parameters in full. */
interface Form {
  readonly size: number
  readonly batchShape: readonly number[]
  readonly concentrations: () => tf.Tensor
  readonly degrees: () => tf.Tensor
  readonly scaleTril: () => tf.Tensor
}

const eventAxes = (x: tf.Tensor): tf.Tensor => tf.reshape(x, [...x.shape, 1, 1])

/** i - n - 1 for i = 0, ..., n - 1 */
const steps = (n: number): tf.Tensor => tf.range(-n - 1, -1)

/** (n + 1) / 2 log|V| and the powers of 2 and pi of the normaliser. */
const volume = ({ size: n, scaleTril }: Form): tf.Tensor => {
  const constant = (n * (n + 1) * Math.LN2) / 2 + (n * (n - 1) * Math.log(Math.PI)) / 4
  return tf.add(tf.mul(tf.sum(tf.log(diagPart(scaleTril())), -1), n + 1), constant)
}

/**
 * From W = L⁻¹ chol(X): squares of its entries are chi-square variables, that of the diagonal twice a gamma variable s_i, so
 * the density is one of gammas, in which nothing cancels for many degrees of freedom.
 */
const density = (form: Form, s: tf.Tensor, logS: tf.Tensor, strictSquares: tf.Tensor): tf.Tensor => {
  const diagonal = tf.add(logGammaKernel(form.concentrations(), s), tf.mul(logS, tf.mul(steps(form.size), 0.5)))
  return tf.sub(tf.sum(diagonal, -1), tf.add(tf.mul(strictSquares, 0.5), volume(form)))
}

const logProbAt = (form: Form, x: tf.Tensor): tf.Tensor => {
  const isInside = positiveDefinite.contains(x)
  const safe = tf.where(eventAxes(isInside), x, tf.eye(form.size))
  const w = triangularSolve(form.scaleTril(), cholesky(safe))
  const diagonal = diagPart(w)
  const strict = tf.sum(tf.square(tril(w, -1)), [-2, -1])
  const logS = tf.sub(tf.mul(tf.log(diagonal), 2), Math.LN2)
  return onlyInside(isInside, density(form, tf.mul(tf.square(diagonal), 0.5), logS, strict))
}

/** Bartlett's decomposition: X = (L A)(L A)ᵀ with independent entries of the triangle A. */
const draw = (form: Form, key: Key, sampleShape: readonly number[]): readonly [x: tf.Tensor, logProb: tf.Tensor] => {
  const [keyDiagonal, keyStrict] = split(key)
  const shape = [...sampleShape, ...form.batchShape, form.size]
  const logS = logGamma(keyDiagonal, form.concentrations(), shape)
  const strict = tril(standardNormal(keyStrict, [...shape, form.size]), -1)
  const a = setDiag(strict, tf.exp(tf.mul(tf.add(logS, Math.LN2), 0.5)))
  const root = matrixProduct(form.scaleTril(), a)
  const x = matrixProduct(root, root, { transposeB: true })
  return [x, density(form, tf.exp(logS), logS, tf.sum(tf.square(strict), [-2, -1]))]
}

/** V */
const scaleOf = ({ scaleTril }: Form): tf.Tensor => matrixProduct(scaleTril(), scaleTril(), { transposeB: true })

const timesScale = (form: Form, count: tf.Tensor): tf.Tensor => tf.mul(scaleOf(form), eventAxes(count))

/** ν (V_ij^2 + V_ii V_jj) */
const varianceOf = (form: Form): tf.Tensor => {
  const v = scaleOf(form)
  const diagonal = diagPart(v)
  const products = tf.mul(tf.expandDims(diagonal, -1), tf.expandDims(diagonal, -2))
  return tf.mul(tf.add(tf.square(v), products), eventAxes(form.degrees()))
}

const modeOf = (form: Form): tf.Tensor => {
  const count = tf.sub(form.degrees(), form.size + 1)
  return timesScale(form, tf.where(tf.greaterEqual(count, 0), count, NaN))
}

const entropyOf = (form: Form): tf.Tensor => {
  const [a, n] = [form.concentrations(), form.size]
  const diagonal = tf.sub(
    tf.sub(tf.mul(a, logMinusDigamma(a)), logGammaPeak(a)),
    tf.mul(digamma(a), tf.mul(steps(n), 0.5))
  )
  return tf.add(tf.sum(diagonal, -1), tf.add(volume(form), (n * (n - 1)) / 4))
}

/**
 * Wishart(ν, V), V = L Lᵀ, over positive definite X [n, n]: the scatter of ν vectors N(0, V).
 *
 * log p(X) = (ν - n - 1) / 2 log|X| - tr(V⁻¹ X) / 2 - ν n log(2) / 2 - ν / 2 log|V| - log Γ_n(ν / 2), a density of the lower
 * triangle.
 * @param df ν > n - 1, a number or [...B]
 * @param scaleTril L, [...B, n, n], lower triangular with a positive diagonal
 * @error InvalidArgument if `df` is not above n - 1 or `scaleTril` no such triangle; ShapeMismatch if sizes do not fit. The
 *   mode is NaN below n + 1 degrees of freedom
 * @precision float32: densities stay right for many degrees of freedom; errors grow with the condition of X and V. Draws with
 *   few degrees of freedom are near-singular, and may be so to float32
 * @source Bartlett (1933), Proceedings of the Royal Society of Edinburgh 53; Muirhead (1982), Aspects of Multivariate
 *   Statistical Theory, 3.2
 * @example wishart(4, tf.eye(2)).mean() // => [[4, 0], [0, 4]]
 */
export const wishart = (df: Parameter, scaleTril: tf.Tensor): Wishart => {
  const fn = 'wishart'
  const n = expectSquare(fn, 'scaleTril', scaleTril)
  expectEvery(
    fn,
    'df',
    df,
    `finite numbers > ${n - 1}, one less than the rows of scaleTril`,
    (v) => v > n - 1 && v < Infinity
  )
  expectScaleTril(fn, 'scaleTril', scaleTril)
  const batchShape = broadcastShapeOf(fn, {
    df: typeof df === 'number' ? [] : df.shape,
    scaleTril: leadOf(scaleTril, 2)
  })
  const degrees = (): tf.Tensor => filled(df, batchShape)
  const form: Form = {
    size: n,
    batchShape,
    degrees,
    concentrations: () => tf.mul(tf.sub(tf.expandDims(degrees(), -1), tf.range(0, n)), 0.5),
    scaleTril: () => tril(scaleTril)
  }
  return distribution<tf.Tensor, WishartFields>({
    name: fn,
    df,
    scaleTril,
    concentrations: () => scoped(form.concentrations),
    batchShape,
    eventShape: [n, n],
    isReparameterised: true,
    support: positiveDefinite,
    logProb: (x) => logProbAt(form, x),
    sampleAndLogProb: (key, sampleShape) => draw(form, key, sampleShape),
    mean: () => timesScale(form, degrees()),
    variance: () => varianceOf(form),
    mode: () => modeOf(form),
    entropy: () => entropyOf(form)
  })
}
