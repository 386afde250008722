// Divergences between families of vectors and matrices.
import * as tf from '@tensorflow/tfjs-core'
import { diagPart, matrixTranspose, triangularSolve, tril } from '@bdl/core'
import type { Distribution } from '../distribution.js'
import type { Dirichlet } from '../multivariate/dirichlet.js'
import type { MultivariateNormal } from '../multivariate/gaussian.js'
import type { MatrixNormal } from '../multivariate/matrix-normal.js'
import type { MultivariateNormalDiag } from '../multivariate/normal-diag.js'
import type { Wishart } from '../multivariate/wishart.js'
import { filled } from '../parameters.js'
import { lgammaGap, squareGap } from './remainders.js'
import type { KlRule } from './rule.js'

const isGaussian = (d: Distribution): d is MultivariateNormal => 'quadratic' in d && 'halfLogDet' in d && 'factor' in d
const isDiagonal = (d: Distribution): d is MultivariateNormalDiag =>
  d.name === 'multivariateNormalDiag' && isGaussian(d)
const isDirichlet = (d: Distribution): d is Dirichlet => d.name === 'dirichlet' && 'concentration' in d
const isWishart = (d: Distribution): d is Wishart => d.name === 'wishart' && 'scaleTril' in d && 'df' in d
const isMatrixNormal = (d: Distribution): d is MatrixNormal => d.name === 'matrixNormal' && 'rowScaleTril' in d

const sameEvent = (p: Distribution, q: Distribution): boolean => p.eventShape.join() === q.eventShape.join()

const scaleTerm = (ratio: tf.Tensor): tf.Tensor => squareGap(ratio, tf.sub(ratio, 1))

/** The sum over entries: of scales, and of distances in scales of q. */
const diagonalDiagonal: KlRule = (p, q) => {
  if (!isDiagonal(p) || !isDiagonal(q) || !sameEvent(p, q)) return undefined
  const [n] = p.eventShape
  const ratio = tf.div(filled(p.scale, [n!]), q.scale)
  const distance = tf.square(tf.div(tf.sub(p.loc, q.loc), q.scale))
  return tf.sum(tf.add(scaleTerm(ratio), tf.mul(distance, 0.5)), -1)
}

/** [...B, n, m] -> [m, ...B, n], B with axes of size 1 up to `rank` of them. */
const columnsOf = (x: tf.Tensor, rank: number): tf.Tensor => {
  const ones = Array.from({ length: Math.max(0, rank - (x.rank - 2)) }, () => 1)
  const whole = tf.reshape(x, [...ones, ...x.shape])
  return tf.transpose(whole, [whole.rank - 1, ...whole.shape.slice(0, -1).map((_, axis) => axis)])
}

/** (tr(Σq⁻¹ Σp) + (μq - μp)ᵀ Σq⁻¹ (μq - μp) - n + log|Σq| - log|Σp|) / 2, the trace by the columns of a factor of Σp. */
const gaussianGaussian: KlRule = (p, q) => {
  if (!isGaussian(p) || !isGaussian(q) || !sameEvent(p, q)) return undefined
  const [n] = p.eventShape
  const trace = tf.sum(q.quadratic(columnsOf(p.factor(), q.batchShape.length)), 0)
  const distance = q.quadratic(filled(tf.sub(q.loc, p.loc), [n!]))
  const spread = tf.mul(tf.sub(tf.add(trace, distance), n!), 0.5)
  return tf.add(spread, tf.sub(q.halfLogDet(), p.halfLogDet()))
}

/** Σ_i D(a_i, b_i) - D(Σ a, Σ b) with D the divergence of log Γ. */
const dirichletDirichlet: KlRule = (p, q) => {
  if (!isDirichlet(p) || !isDirichlet(q) || !sameEvent(p, q)) return undefined
  const [a, b] = [p.concentration, q.concentration]
  const entries = tf.sum(lgammaGap(a, b), -1)
  return tf.sub(entries, lgammaGap(tf.sum(a, -1), tf.sum(b, -1)))
}

/** Diagonal of Lq⁻¹ Lp, and the squares of what lies below it: of triangles, so that log-determinants and traces are sums. */
const relativeFactor = (p: tf.Tensor, q: tf.Tensor): readonly [diagonal: tf.Tensor, strictSquares: tf.Tensor] => {
  const w = triangularSolve(tril(q), tril(p))
  return [diagPart(w), tf.sum(tf.square(tril(w, -1)), [-2, -1])]
}

/** ν_p (tr(V_q⁻¹ V_p) - n) / 2 + ν_q (log|V_q| - log|V_p|) / 2 + Σ_i D(a_i, b_i), concentrations a of p and b of q. */
const wishartWishart: KlRule = (p, q) => {
  if (!isWishart(p) || !isWishart(q) || !sameEvent(p, q)) return undefined
  const [diagonal, strict] = relativeFactor(p.scaleTril, q.scaleTril)
  const scales = tf.add(tf.sum(scaleTerm(diagonal), -1), tf.mul(strict, 0.5))
  const logs = tf.mul(tf.sum(tf.log(diagonal), -1), tf.sub(p.df, q.df))
  const [a, b] = [p.concentrations(), q.concentrations()]
  return tf.add(tf.add(tf.mul(scales, p.df), logs), tf.sum(lgammaGap(a, b), -1))
}

/** As of vectors, with the covariance a Kronecker product: its trace is the product of traces. */
const matrixNormalMatrixNormal: KlRule = (p, q) => {
  if (!isMatrixNormal(p) || !isMatrixNormal(q) || !sameEvent(p, q)) return undefined
  const [m, n] = p.eventShape
  const [rows, strictRows] = relativeFactor(p.rowScaleTril, q.rowScaleTril)
  const [columns, strictColumns] = relativeFactor(p.columnScaleTril, q.columnScaleTril)
  const trace = (diagonal: tf.Tensor, strict: tf.Tensor): tf.Tensor => tf.add(tf.sum(tf.square(diagonal), -1), strict)
  const traces = tf.mul(trace(rows, strictRows), trace(columns, strictColumns))
  const delta = filled(tf.sub(p.loc, q.loc), [m!, n!])
  const left = triangularSolve(tril(q.rowScaleTril), delta)
  const distance = tf.sum(tf.square(triangularSolve(tril(q.columnScaleTril), matrixTranspose(left))), [-2, -1])
  const logs = tf.add(tf.mul(tf.sum(tf.log(rows), -1), n!), tf.mul(tf.sum(tf.log(columns), -1), m!))
  return tf.sub(tf.mul(tf.sub(tf.add(traces, distance), m! * n!), 0.5), logs)
}

export const multivariateRules: readonly KlRule[] = [
  diagonalDiagonal,
  gaussianGaussian,
  dirichletDirichlet,
  wishartWishart,
  matrixNormalMatrixNormal
]
